"""Taking a log's text away: to the clipboard, to a file, to a pager."""

from collections.abc import AsyncIterator, Iterable
from typing import TYPE_CHECKING

from textual import work
from textual.binding import Binding, BindingType

from studio_tui.api.models import Job
from studio_tui.presentation.format import plural, size
from studio_tui.presentation.jobs import SHORT_ID
from studio_tui.text import safe_line
from studio_tui.tui.clipboard import copy
from studio_tui.tui.log_saving import Pieces, drawn, file_name, whole
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
]  # fmt: skip


class LogTaking(Base):
    """Mixin of a screen that shows one job's log."""

    view: LogView

    def job_at_hand(self) -> Job | None:
        """Return the job whose log this is."""
        raise NotImplementedError  # the screen knows

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
        if (store := view.store) is not None:
            offers.append(Offer("the whole log, byte for byte", lambda: whole(store)))
        offers.append(Offer("what is in sight", lambda: self._drawn(view.in_sight())))
        return offers

    def _drawn(self, starts: Iterable[int]) -> Pieces:
        async def each() -> AsyncIterator[int]:
            for start in starts:
                yield start

        return drawn(each(), self.view.pane.text_at)
