"""Exporting a log's text: to the clipboard, a file or a pager."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from tempfile import NamedTemporaryFile
from typing import IO, Any, ClassVar

from studio_tui.errors import SpoolError
from studio_tui.presentation.format import plural
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.matches import LineMatches
from studio_tui.tui.frame.commands import Command, Host
from studio_tui.tui.frame.saving import Pieces, line_pieces, log_pieces
from studio_tui.tui.logs.save_dialog import Offer, save_as
from studio_tui.tui.logs.view.log_view import LogView
from studio_tui.tui.logs.view.spot import line_starts, starts_upwards
from studio_tui.tui.terminal.lending import ProgramError, run_on_terminal, terminal_lent
from studio_tui.tui.terminal.pager import clean_copy, pager_command, pager_words

_PAGED_LINES = 20_000
"""Maximum number of lines of a merged log that a pager gets before the first visible line.

From the first visible line on, the pager gets up to the same number.
"""


_Choice = tuple[str, Callable[[], Pieces]]
"""What is saved, in words, and a function that returns its bytes."""


class LogExport:
    def __init__(
        self,
        host: Host,
        view: LogView,
        default_name: Callable[[], str],
        *,
        whole_log: LogStore | None = None,
        text: Callable[[int], str] | None = None,
    ) -> None:
        """Make a controller; `default_name` returns a default file name.

        `whole_log` is needed if the view may show only the end of the log. `text` returns what is
        saved for the line at an offset, by default the displayed text.
        """
        self._host = host
        self._view = view
        self._default_name = default_name
        self._known_log = whole_log
        self._text = text or view.pane.text_at

    @property
    def _whole_log(self) -> LogStore | None:
        return self._known_log or self._view.store

    def why_nothing_to_save(self) -> str | None:
        if why_not := self._view.why_no_log():
            return why_not
        if self._whole_log is None or self._whole_log.size:
            return None
        return f"The log has no lines{self._view.so_far}"

    async def save(self) -> None:
        await save_as(self._host, self._offers())

    async def page(self) -> None:
        """Open the log in the user's pager; if that is impossible, show why."""
        store = self._view.store
        if store is None:
            return
        try:
            await self._page(store, pager_words(os.environ, shutil.which))
        except OSError as error:
            problem = f"No copy can be created for the pager: {error.strerror}."
        except (ProgramError, SpoolError) as error:
            problem = str(error)
        else:
            return
        self._host.notify_user(problem, "warning")

    async def _page(self, store: LogStore, words: list[str]) -> None:
        """Open a copy of the log in the pager; `words` is the pager's command.

        The copy has the text around the first visible line without control codes; of a merged log,
        the displayed lines.
        """
        window = self._view.pane.window
        start = window.top.start if window else 0
        with NamedTemporaryFile(suffix=".log") as file:  # only its owner can read it
            write = self._write_displayed if store.tag_length else clean_copy
            line = await write(store, start, file)
            with terminal_lent(self._host.app, "a pager"):
                await run_on_terminal(pager_command(words, file.name, line), os.environ)

    async def _write_displayed(self, store: LogStore, start: int, file: IO[bytes]) -> int:
        """Write the lines around the one at `start` as displayed; return how many are before it."""
        *below, first = islice(starts_upwards(store, start), _PAGED_LINES + 1)
        starts = islice(line_starts(store, first), len(below) + _PAGED_LINES)
        async for piece in self._line_pieces(starts):
            file.write(piece)
            await asyncio.sleep(0)
        file.flush()
        return len(below)

    def _offers(self) -> list[Offer]:
        """Return the choices for saving, the most likely first."""
        path = f"./{self._default_name()}"
        return [Offer(words, pieces, path) for words, pieces in self._choices()]

    def _choices(self) -> Iterator[_Choice]:
        view, store = self._view, self._whole_log
        lines_shown = view.filter.matches
        if view.selection.is_selecting:
            yield "the selected lines", lambda: self._line_pieces(view.selection.starts())
        if view.filter.hiding:
            what = "that the filter shows" if view.filter.typed else "of the jobs that are shown"
            yield from self._matching_choice(lines_shown, what)
        if store is not None and store.tag_length:
            yield "all lines, with their jobs", lambda: self._line_pieces(line_starts(store))
        elif store is not None:
            yield "the whole log, byte for byte", lambda: log_pieces(store)
        if not view.filter.hiding:
            what = "without those that progress bars overwrote"
            yield from self._matching_choice(lines_shown, what)
        yield from self._matching_choice(view.search.matches, "that match the search")
        yield "the visible lines", lambda: self._line_pieces(view.filter.visible_starts())

    def _matching_choice(self, matches: LineMatches | None, what: str) -> Iterator[_Choice]:
        """Yield a choice for saving the matching lines; none if it is certain that none match."""
        if matches is not None and (matches.total or not matches.is_complete):
            amount = plural(matches.total, "line") if matches.is_complete else "lines"
            if matches is self._view.search.matches and self._view.filter.matches is not None:
                amount = "shown lines"  # matches are counted in the whole log
            yield f"the {amount} {what}", partial(self._matching_pieces, matches)

    def _matching_pieces(self, matches: LineMatches) -> Pieces:
        return line_pieces(self._view.filter.shown(matches), self._text)

    def _line_pieces(self, starts: Iterable[int]) -> Pieces:
        async def all_starts() -> AsyncIterator[int]:
            for start in starts:
                yield start

        return line_pieces(all_starts(), self._text)

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "logs.save",
            "ctrl+s",
            "save",
            "Save the visible lines, the matches or the whole log to a file",
            save,
            why_nothing_to_save,
        ),
        Command(
            "logs.pager",
            "v",
            "pager",
            "Read the log in your own pager, $PAGER or less, from here",
            page,
            lambda self: self._view.why_no_log(),
        ),
    )
