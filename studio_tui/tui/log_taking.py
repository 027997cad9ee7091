"""Taking a log's text away: to the clipboard, to a file, to a pager."""

import os
import shutil
from collections.abc import AsyncIterator, Iterable
from typing import TYPE_CHECKING

from textual import work
from textual.app import SuspendNotSupported
from textual.binding import Binding, BindingType

from studio_tui.api.models import Job
from studio_tui.errors import SpoolError
from studio_tui.presentation.format import plural, size
from studio_tui.presentation.jobs import SHORT_ID
from studio_tui.service.log_store import LogStore
from studio_tui.text import safe_line
from studio_tui.tui.clipboard import copy
from studio_tui.tui.log_saving import Pieces, drawn, file_name, whole
from studio_tui.tui.pager import (
    Page,
    PagerError,
    Place,
    clean_copy,
    command,
    environment,
    is_less,
    is_reordered,
    pager_words,
    private_file,
    run,
)
from studio_tui.tui.screens.save import Offer, SaveLog
from studio_tui.tui.widgets.log_view import LogView

if TYPE_CHECKING:
    from textual.screen import Screen

    Base = Screen[None]
else:
    Base = object

TAKING_KEYS: list[BindingType] = [
    Binding("ctrl+s", "save", "save", id="logs.save",
            tooltip="Save what is in sight, what matches or all of it to a file"),
    Binding("v", "pager", "pager", show=False, id="logs.pager",
            tooltip="Read the log in your own pager, $PAGER or less, from here"),
]  # fmt: skip


class LogTaking(Base):
    """Mixin of a screen that shows one job's log."""

    view: LogView

    def job_at_hand(self) -> Job | None:
        """Return the job whose log this is."""
        raise NotImplementedError  # the screen knows

    def whole_log(self) -> LogStore | None:
        """Return the log of which the view may show but a part."""
        return self.view.store

    async def on_log_selecting_copy_asked(self, message: LogView.CopyAsked) -> None:
        """Copy the lines that the user selected."""
        shown = None if message.lines == 1 else plural(message.lines, "line")
        await copy(self.app, message.text, shown)

    @work(name="save", group="save")
    async def action_save(self) -> None:
        """Ask what to save and where, and say what was saved."""
        job = self.job_at_hand()
        name = file_name(job.name or "" if job else "", job.id[:SHORT_ID] if job else "")
        saved = await self.app.push_screen_wait(SaveLog(self._offers(), f"./{name}"))
        if saved is not None:
            lines = "1 line" if saved.lines == 1 else f"{saved.lines:,} lines"
            self.app.notify(
                f"{lines}, {size(saved.size)}, in {safe_line(str(saved.path))}",
                title="Saved",
                markup=False,
            )

    @work(name="pager", group="pager")
    async def action_pager(self) -> None:
        """Lend the terminal to the user's pager, and say why when that cannot be."""
        store = self.view.store
        if store is None:
            return
        try:
            await self._page(store, pager_words(os.environ, shutil.which))
        except SuspendNotSupported:
            problem = "There is no terminal here that could be lent to a pager."
        except OSError as error:
            problem = f"No copy can be made for the pager: {error.strerror}."
        except (PagerError, SpoolError) as error:
            problem = str(error)
        else:
            return
        self.app.notify(problem, severity="warning", markup=False)

    async def _page(self, store: LogStore, words: list[str]) -> None:
        """Show the log to a pager where it lies, else a copy that is safe for any."""
        window = self.view.pane.window
        start = window.top.start if window else 0
        if is_less(words) and not await is_reordered(store):
            await self._lend(words, Page(store.path, Place(store.number_of(start), start)))
            return
        with private_file() as (path, file):
            place = await clean_copy(store, start, file)
            await self._lend(words, Page(path, place))

    async def _lend(self, words: list[str], page: Page) -> None:
        # Nothing is painted meanwhile, but the log is followed on. No error may leave the block,
        # as Textual would not take the terminal back then.
        with self.app.batch_update(), self.app.suspend():
            problem = await run(command(words, page), environment(words, os.environ))
        if problem:
            raise PagerError(problem)

    def _offers(self) -> list[Offer]:
        """Return what can be saved now, the likeliest first."""
        view = self.view
        offers = []
        if view.is_selecting:
            offers.append(Offer("the selected lines", lambda: self._drawn(view.selected())))
        if view.is_seeking:
            what = "match" if view.wanted else "the filter shows"
            offers.append(
                Offer(f"the lines that {what}", lambda: drawn(view.matching(), view.pane.text_at))
            )
        if (store := self.whole_log()) is not None:
            offers.append(Offer("the whole log, byte for byte", lambda: whole(store)))
        offers.append(Offer("what is in sight", lambda: self._drawn(view.in_sight())))
        return offers

    def _drawn(self, starts: Iterable[int]) -> Pieces:
        async def each() -> AsyncIterator[int]:
            for start in starts:
                yield start

        return drawn(each(), self.view.pane.text_at)
