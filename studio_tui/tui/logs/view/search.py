"""The search of a log: its matches, and the keys that go from one to the next."""

from functools import partial
from typing import Any, ClassVar, NamedTuple

from studio_tui.presentation.format import plural
from studio_tui.presentation.logs.lines import CHARACTER_LIMIT
from studio_tui.presentation.logs.search import SearchPattern
from studio_tui.service.logs.store.log_store import LINE_LIMIT
from studio_tui.service.logs.store.matches import LineMatches
from studio_tui.tui.frame.commands import Command
from studio_tui.tui.logs.view.controller import MatchSteps
from studio_tui.tui.logs.view.spot import Spot
from studio_tui.tui.widgets.prompt import SEARCH


def limit_note(matches: LineMatches, pattern: SearchPattern | None) -> str:
    """Return a note on parts of long lines that were not searched, or match but are not shown."""
    if matches.has_cut_lines:
        return f"; long lines are searched only up to {LINE_LIMIT // 1024} KiB"
    if pattern and pattern.hidden_match_count and not matches.total:
        return f"; the only matches are hidden, after {CHARACTER_LIMIT:,} characters of a line"
    return ""


class Origin(NamedTuple):
    """Where a new search starts."""

    start: int
    """Start of the line from which the first match is searched for."""
    spot: Spot
    """The place to which the view returns without a match."""


class LogSearch(MatchSteps):
    name = "match"
    pattern: SearchPattern | None = None
    """The pattern that is searched for; `None` without a search."""

    def start(self, wanted: SearchPattern | None) -> None:
        """Search for a pattern, without going to a match; `None` ends the search."""
        self._going.cancel()
        self.pattern = self._view.pane.highlighted = wanted
        self.restart()

    def restart(self) -> None:
        """Search the available lines; to be called again if others become available."""
        store, lines, pattern = self._view.store, self._view.filter, self.pattern
        self.matches = (
            LineMatches(store, pattern.starts, within=lines.scope(), ahead=lines.ahead)
            if store and pattern
            else None
        )

    # --- results ---------------------------------------------------------------------------------

    @property
    def problem(self) -> str:
        return self.pattern.problem if self.pattern else ""

    def words(self) -> str:
        """Return a text about the search and its matches; empty without a search."""
        return f"/{self.pattern.typed} {self.count()}" if self.pattern else ""

    def count(self) -> str:
        """Return a text about the matches; empty without a search."""
        if self.matches is None or self.pattern is None:
            return ""
        total = self.matches.total
        # While following, the words would change to and fro with each line that arrives.
        current = None if self._view.following else self._view.pane.cursor
        if not self.matches.is_complete:
            count = f"{total:,} so far, searching…"
        elif current is not None and current in self.matches:
            count = f"{self.matches.count_before(current) + 1:,} of {total:,}"
        elif total:
            count = plural(total, "matching line")
        else:
            count = f"no match{self._view.so_far}"
            if self.pattern.is_like_expression:
                count += "; begin with ~ to search for an expression"
        # A filter may hide some of these matches, and n goes only to the others.
        where = " in the whole log" if self._view.filter.typed and total else ""
        return f"{count}{where}{limit_note(self.matches, self.pattern)}"

    # --- navigation ------------------------------------------------------------------------------

    @property
    def is_active(self) -> bool:
        return self.pattern is not None

    @property
    def origin(self) -> Origin:
        """Where a new search starts: the current line, or while following the first visible one."""
        pane, window = self._view.pane, self._view.pane.window
        start = None if self._view.following else pane.cursor
        if start is None:
            start = window.top.start if window else 0
        return Origin(start, self._spot())

    def find_first(self, pattern: SearchPattern, origin: Origin) -> None:
        self.start(pattern)
        self._go(1, origin)

    def find(self, step: int) -> None:
        """Go to the next match, or the previous one if `step` is -1, once earlier steps end."""
        self._go(step)

    def _go(self, step: int, origin: Origin | None = None) -> None:
        self._going.run_next(partial(self._find, step, origin), "search the log")

    async def _find(self, step: int, origin: Origin | None) -> None:
        """Make one step to a match.

        The first step of a search goes to the first match from the current line on; while the view
        follows, from the first visible line on. If there is none, it goes to the last match before:
        at the end of a log, the user expects the latest match.

        Later steps go to the next match. If there is none, they wrap around to the other end of the
        log.
        """
        store, matches, pane = self._view.store, self.matches, self._view.pane
        if store is None or matches is None or pane.window is None:
            return
        current = pane.cursor
        if origin is not None:
            offset = origin.start
        elif current is None:
            offset = pane.window.top.start
        else:
            offset = store.line_end(current) + 1 if step > 0 else current
        if origin is None:
            start, note = await self._next(matches, offset, step)
        elif (start := await self._nearest(matches, offset, step)) is not None:
            note = ""
        else:
            start, note = await self._nearest(matches, offset, -1), "no match below"
        if start is not None:
            self._view.go(start)
            self._show_until_changed(note)
        elif origin is not None:
            self._return_to(origin.spot)
        self._view.settle()

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "logs.search",
            "slash",
            "search",
            "Search the log",
            lambda self: self._view.ask(SEARCH),
            lambda self: self._view.why_no_log(),
        ),
        Command(
            "logs.next",
            "n",
            "next match",
            "Go to the next match",
            lambda search: search.find(1),
            applies=lambda search: search.is_active,
        ),
        Command(
            "logs.previous",
            "N",
            "previous match",
            "Go to the previous match",
            lambda search: search.find(-1),
            applies=lambda search: search.is_active,
        ),
    )
