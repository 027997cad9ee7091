"""Searching a log, among the lines that the filter shows."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Any, ClassVar

from studio_tui.errors import SpoolError
from studio_tui.presentation.format import plural
from studio_tui.presentation.logs.lines import CHARACTER_LIMIT
from studio_tui.presentation.logs.search import SearchPattern, SearchPatternError
from studio_tui.service.logs.store.matches import LineMatches
from studio_tui.tui.frame.commands import Command
from studio_tui.tui.logs.view.line_filter import LineFilter
from studio_tui.tui.logs.view.reader import Reader, WorkGroup
from studio_tui.tui.logs.view.viewport import Row
from studio_tui.tui.widgets.prompt import SEARCH

_TURN = 256
"""Matches processed before control returns to the event loop; takes a few milliseconds."""
_STAYED = {
    1: "– no match below, n again goes to the first",
    -1: "– no match above, N again goes to the last",
}
"""The words after a step, down if 1, that only wrapping around could make."""


class LogSearch:
    """Controller of the search in a log view."""

    def __init__(self, view: Reader, lines: LineFilter, work: WorkGroup) -> None:
        """Make a controller that searches the shown `lines`."""
        self._view = view
        self._lines = lines
        self._work = work
        self.wanted: SearchPattern | None = None
        self.hits: LineMatches | None = None
        """The matching lines."""
        self._found = ""
        """Where the current match is, or why the search did not move, in words."""
        self._stayed_step = 0
        """The step that did not move, as there are matches in the other direction only; else 0."""
        self._found_from: tuple[int | None, Row | None] | None = None
        """The reader's place after the last step; `None` until it has been made."""
        self._steps: deque[int] = deque()
        """Queued steps to matches."""
        self._is_finding = False
        self._is_first = False
        """Whether a new search has not been to a match yet."""

    def begin(self) -> None:
        """Reset the search for another log."""
        self._work.cancel()
        self.wanted = self.hits = self._view.pane.wanted = None
        self._forget_step()
        self._steps = deque()
        self._is_finding = False

    def _forget_step(self) -> None:
        self._found = ""
        self._stayed_step = 0

    @property
    def _place(self) -> tuple[int | None, Row | None]:
        """The current line and where the reader has scrolled to; new lines do not change it."""
        pane = self._view.pane
        window = None if self._view.following else pane.window
        return pane.current, window.top if window else None

    def _forget_step_elsewhere(self) -> None:
        """Forget the last step if the reader has been elsewhere since, by other keys."""
        if self._found_from not in {None, self._place}:
            self._forget_step()

    def want(self, wanted: SearchPattern) -> None:
        """Start a search."""
        self._forget_step()
        self.wanted = self._view.pane.wanted = wanted
        self.seek()

    def seek(self) -> None:
        """Restart the search among the available lines."""
        store, pattern = self._view.store, self.wanted
        self.hits = (
            LineMatches(store, pattern.starts, within=self._lines.scope(), ahead=self._lines.ahead)
            if store and pattern
            else None
        )

    def end(self) -> bool:
        """End the search; return whether there was one."""
        self._work.cancel()
        if self.wanted is None:
            return False
        self.wanted = self.hits = self._view.pane.wanted = None
        self._forget_step()
        self._view.pane.current = None
        self._view.settle()
        return True

    # --- results ---------------------------------------------------------------------------------

    async def matching(self, hits: LineMatches) -> AsyncIterator[int]:
        """Yield the starts of matching lines that are shown, in order.

        Raises:
            SpoolError: the log cannot be read back.
        """
        chosen = self._lines.hits
        end = self._view.store.size if self._view.store else 0
        offset = passed = 0
        while (start := await hits.nearest(offset, backwards=False)) is not None:
            if start >= end:
                break
            if chosen is None or hits is chosen or chosen.holds(start):
                yield start
            offset = start + 1
            passed += 1
            if passed % _TURN == 0:
                await asyncio.sleep(0)

    def ticks(self, rows: int) -> frozenset[int]:
        """Return the rows of the scroll bar that contain matches."""
        return self.hits.occupied_parts(rows) if self.hits else frozenset()

    @property
    def problem(self) -> str:
        """The problem of the search; empty if it is valid."""
        return self.wanted.problem if self.wanted else ""

    def words(self) -> str:
        """Return the search and its matches in words; empty without a search."""
        if self.hits is None or self.wanted is None:
            return ""
        self._forget_step_elsewhere()
        total, current = self.hits.total, self._view.pane.current_in_sight
        if not self.hits.is_complete:
            count = f"{total:,} so far, searching…"
        elif current is not None and self.hits.holds(current):
            count = f"{self.hits.rank(current) + 1:,} of {total:,}"
        elif total:
            count = plural(total, "matching line")
        elif self.wanted.beyond:
            count = f"found only after the {CHARACTER_LIMIT:,} characters shown of a line"
        else:
            count = "no match" if self._view.is_all_here else "no match so far"
            if self.wanted.is_like_expression:
                count += "; ~ before it makes it an expression"
        # A filter hides some of them, and n goes only to the others.
        where = "in the whole log" if self._lines.typed and total else ""
        return " ".join(filter(None, (f"/{self.wanted.typed}", count, where, self._found)))

    # --- the prompt ------------------------------------------------------------------------------

    def light(self, typed: str) -> None:
        """Highlight the search being typed, if it is valid."""
        try:
            self._view.pane.wanted = SearchPattern(typed) if typed else self.wanted
        except SearchPatternError:
            self._view.pane.wanted = None

    def light_found(self) -> None:
        """Highlight the current search instead of the one being typed."""
        self._view.pane.wanted = self.wanted

    def submit(self, typed: str) -> str | None:
        """Start a search, or repeat the last one if empty; return the error if invalid."""
        if typed:
            try:
                self.want(SearchPattern(typed))
            except SearchPatternError as error:
                return str(error)
        self.light_found()
        if self.wanted:
            self._is_first = bool(typed)
            self.find(1)
        return None

    # --- navigation ------------------------------------------------------------------------------

    @property
    def is_wanted(self) -> bool:
        """Whether there is a search."""
        return self.wanted is not None

    def find(self, step: int) -> None:
        """Go to the next or previous match, after the queued steps."""
        self._steps.append(step)
        if not self._is_finding:
            self._is_finding = True
            self._work.run(self._find, "search the log")

    async def _find(self) -> None:
        try:
            while self._steps:
                await self._find_one(self._steps.popleft())
        except SpoolError as error:
            self._view.show_message(str(error))
        finally:
            self._is_finding = False
            self._steps.clear()

    async def _find_one(self, step: int) -> None:
        """Show the nearest match.

        A new search begins with the current line, if it is in sight, else with the first that is.
        If it finds nothing below, it goes up instead: at the end of a log, where one reads
        the news, the last match is wanted and not the first. A step beyond the last match stays
        there, and wraps around only if it is repeated, so that the reader does not lose the place.
        """
        is_first, self._is_first = self._is_first, False
        self._forget_step_elsewhere()
        stayed_step = self._stayed_step
        self._forget_step()
        store, hits, pane = self._view.store, self.hits, self._view.pane
        if store is None or hits is None or pane.window is None:
            return
        current = pane.current_in_sight
        if current is None:
            offset = pane.window.top.start
        elif is_first:
            offset = current
        else:
            offset = store.line_end(current) + 1 if step > 0 else current
        where = ""
        start = await self._lines.nearest_shown(hits, offset, backwards=step < 0)
        if start is None and is_first:
            start = await self._lines.nearest_shown(hits, offset, backwards=True)
            where = "– none below"
        elif start is None:
            other_end = store.size + 1 if step < 0 else 0
            start = await self._lines.nearest_shown(hits, other_end, backwards=step < 0)
            where = "from the end" if step < 0 else "from the start"
            if start not in {None, current} and stayed_step != step:
                start, where, self._stayed_step = None, _STAYED[step], step
        if start is None:
            self._found = where if self._stayed_step else ""
            self._found_from = self._place
            self._view.settle()
        elif store is self._view.store:
            self._found, self._found_from = where, None
            self._view.go(start)
            self._found_from = self._place

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "logs.search",
            "slash",
            "search",
            "Search the log",
            lambda self: self._view.ask(SEARCH),
            lambda self: self._view.why_no_log(),
            display="/",
        ),
        Command(
            "logs.next",
            "n",
            "next match",
            "Go to the next match",
            lambda search: search.find(1),
            applies=lambda search: search.is_wanted,
        ),
        Command(
            "logs.previous",
            "N",
            "previous match",
            "Go to the previous match",
            lambda search: search.find(-1),
            applies=lambda search: search.is_wanted,
        ),
    )
