"""Hiding lines of a log: those that a filter excludes, and those overwritten by later ones."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from typing import Any, ClassVar

from studio_tui.presentation.format import plural
from studio_tui.presentation.logs.levels import LogLevel
from studio_tui.presentation.logs.live_rows import REDRAWN, UP, final_lines
from studio_tui.presentation.logs.search import SearchPattern, level_starts
from studio_tui.service.logs.store.filtered import FilteredLines
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.matches import Find, LineMatches
from studio_tui.tui.frame.commands import Command
from studio_tui.tui.logs.view.controller import ViewController
from studio_tui.tui.logs.view.search import limit_note
from studio_tui.tui.logs.view.spot import Spot
from studio_tui.tui.logs.view.viewport import Row
from studio_tui.tui.widgets.prompt import FILTER

_PROBLEMS = "!"
"""The filter text that shows only errors and warnings."""
_SO_FAR = " so far, searching…"
_TRIED_AT_ONCE = 256
"""Matches tried before control returns to the event loop; takes a few milliseconds."""
_SEARCHED = 64 * 1024
"""Bytes of visible text that are searched for nested progress bars."""


class LineFilter(ViewController):
    """Controller of the lines that a log view shows.

    In a merged log, only lines of the shown jobs are available. Lines that are overwritten later
    are available only while progress bars are shown with all their states. Of the available lines,
    those that pass the filter are shown.
    """

    typed = ""
    """The filter as typed; `!` alone for errors and warnings only."""
    replaced = ""
    """The filter that `toggle_problems` replaced, and `go_back` restores."""
    chosen: FilteredLines | None = None
    """The lines to show; `None` for all."""
    _pattern: SearchPattern | None = None
    """The pattern of the filter; `None` for errors and warnings, and without a filter."""
    _within: Find | None = None
    """Finds the lines of the shown jobs; `None` for all jobs."""
    hiding: frozenset[str] = frozenset()
    """Which conditions hide lines: `filter`, `jobs`, both or neither."""
    _place_before: Spot | None = None
    """The place before lines were hidden; `None` if the view followed or the user moved."""

    def begin(self) -> None:
        """Show all lines of another log."""
        self.typed = self.replaced = ""
        self.chosen = self._pattern = self._within = self._place_before = None
        self.hiding = frozenset()
        self._view.pane.folds = False

    def forget_place(self) -> None:
        self._place_before = None

    def place_to_track(self) -> set[int]:
        """Return the line starts in the place to return to."""
        return self._place_before.starts() if self._place_before else set()

    def relocate(self, moved: Callable[[int], int | None]) -> None:
        """Update the place to return to; `moved` is as in `Spot.moved`."""
        if self._place_before is not None:
            self._place_before = self._place_before.moved(moved)

    @property
    def matches(self) -> LineMatches | None:
        """The lines to show, as matches; `None` for all lines."""
        return self.chosen.matches if self.chosen else None

    @property
    def problem(self) -> str:
        return self._pattern.problem if self._pattern else ""

    def words(self) -> str:
        """Return a text about the filter and its matches; without one, on the available lines."""
        matches = self.matches
        if matches is None:
            return ""
        if self.typed:
            what = "errors and warnings" if self.typed == _PROBLEMS else f"& {self.typed}"
            behind = f"& {self._before}" if self._before else "all"
            return f"{what}: {self.count()}, esc shows {behind}"
        if not matches.is_complete:
            return f"{matches.total:,}{_SO_FAR}"
        if matches.total:
            return ""
        return f"these jobs have no lines{self._view.so_far}"

    def count(self) -> str:
        """Return the number of lines that are shown; empty without a filter."""
        if self.matches is None or not self.typed:
            return ""
        so_far = "" if self.matches.is_complete else _SO_FAR
        limits = limit_note(self.matches, self._pattern)
        return f"{plural(self.matches.total, 'line')}{so_far}{limits}"

    def shows(self, start: int) -> bool:
        return self.chosen is None or start in self.chosen.matches

    def visible_starts(self) -> list[int]:
        size = self._view.store.size if self._view.store else 0
        starts = dict.fromkeys(row.start for row in self._view.pane.in_sight)
        return [start for start in starts if start < size and self.shows(start)]

    async def nearest_shown(
        self, matches: LineMatches, offset: int, *, backwards: bool
    ) -> int | None:
        """Return the first of `matches` at or after `offset` that is shown.

        If `backwards`, return the last one before `offset`; `None` if there is none.

        Raises:
            SpoolError: the log cannot be read back.
        """
        tried = 0
        while True:
            start = await matches.nearest(offset, backwards=backwards)
            if start is None or self.shows(start):
                return start
            offset = start if backwards else start + 1
            tried += 1
            if tried % _TRIED_AT_ONCE == 0:
                await asyncio.sleep(0)

    async def shown(self, matches: LineMatches) -> AsyncIterator[int]:
        """Yield the starts of the lines in `matches` that are shown, in order.

        Raises:
            SpoolError: the log cannot be read back.
        """
        end = self._view.store.size if self._view.store else 0
        start = await self.nearest_shown(matches, 0, backwards=False)
        while start is not None and start < end:
            yield start
            start = await self.nearest_shown(matches, start + 1, backwards=False)

    def go(self, start: int, words: Callable[[int], str], *, backwards: bool = False) -> None:
        """Go to the line at `start`; if it is hidden, to the first shown line after it.

        If no line is shown after it, go to the last shown line before it. With `backwards`, try the
        lines before it first. `words` returns the message about the line that is reached; if that
        is not the line at `start`, the message follows `nearest line shown`.
        """
        if self.shows(start):
            self._view.go(start)
            self._view.show_message(words(start))
        else:
            self._going.run(partial(self._go_near, start, words, backwards), "go to a line")

    async def _go_near(self, start: int, words: Callable[[int], str], backwards: bool) -> None:
        matches, view = self.matches, self._view
        if matches is None:
            return
        near = await matches.nearest(start, backwards=backwards)
        if near is None:
            near = await matches.nearest(start, backwards=not backwards)
        if near is None:
            view.show_message("no line is shown")
        elif matches is self.matches:
            view.go(near)
            view.show_message(f"nearest line shown{more}" if (more := words(near)) else "")

    # --- the available lines ---------------------------------------------------------------------

    def scope(self) -> Find | None:
        """Return the function that finds the available lines; `None` if all are available."""
        within = self._within
        if not self._view.pane.folds:
            return within
        tag = self._view.store.tag_length if self._view.store else 0

        def available(lines: bytes) -> Sequence[int]:
            not_overwritten = final_lines(lines, tag)
            if within is None:
                return not_overwritten
            return sorted(set(within(lines)) & set(not_overwritten))

        return available

    @property
    def ahead(self) -> int:
        """Bytes after a block of lines that are needed to decide which of them are available."""
        return REDRAWN if self._view.pane.folds else 0

    def show_within(self, within: Find | None) -> None:
        """Make only the lines available that `within` finds; with `None`, the lines of all jobs.

        `within` is called with lines that include the store's tags.
        """
        if within is None and self._within is None:
            return
        self._within = within
        self._view.search.restart()
        self.choose(self.typed)

    def fold(self, *, folds: bool) -> None:
        """Hide lines that later ones overwrite, or make them available again."""
        if folds is not self._view.pane.folds:
            self._view.pane.folds = folds
            self._view.search.restart()
            self.choose(self.typed)

    def fold_bars(self, rows: Sequence[Row]) -> None:
        """Hide overwritten lines as soon as the rows contain nested progress bars."""
        store, pane = self._view.store, self._view.pane
        if pane.folds or pane.states or not rows or store is None:
            return
        first = rows[0].start
        end = store.line_end(rows[-1].start)
        if UP.search(store.read(first, min(_SEARCHED, end - first))):
            self.fold(folds=True)

    # --- the filter ------------------------------------------------------------------------------

    def choose(self, typed: str) -> None:
        """Apply a filter; the current line, or the nearest one shown, stays in its row.

        Raises:
            SearchPatternError: the filter is invalid.
        """
        view, store = self._view, self._view.store
        if store is None:
            return
        text = typed.removeprefix("!")
        pattern = SearchPattern(text) if text else None
        matches = self._lines_to_show(store, typed, pattern)
        hiding_before, self.hiding = self.hiding, self._conditions(typed)
        self.typed, self._pattern = typed, pattern
        self.chosen = FilteredLines(store, matches) if matches else None
        window = view.pane.window
        cursor = view.pane.cursor
        if not view.following and self._valid_place_before is None and cursor is not None:
            view.pane.current = cursor
        anchor = view.pane.current
        top = window.top.start if window and view.pane.in_sight else store.size
        if self.hiding - hiding_before and self._valid_place_before is None:
            self._place_before = None if view.following else self._spot()
        view.pane.choose(self.chosen, top if anchor is None else anchor)
        if view.following and window:
            window.to_end()
        if hiding_before - self.hiding:
            self._return_to_place()
        view.settle()

    def _lines_to_show(
        self, store: LogStore, typed: str, pattern: SearchPattern | None
    ) -> LineMatches | None:
        """Return the available lines that pass a filter; `None` if these are all lines."""
        available = self.scope()
        find: Find
        if typed == _PROBLEMS:
            find, is_negated = partial(level_starts, LogLevel.WARNING), False
        elif pattern:
            find, is_negated = pattern.starts, typed.startswith("!")
        elif available:
            find, is_negated = _nothing, True
        else:
            return None
        return LineMatches(store, find, negated=is_negated, within=available, ahead=self.ahead)

    @property
    def _valid_place_before(self) -> Spot | None:
        """The place before lines were hidden; `None` if another line became current since."""
        place = self._place_before
        return place if place and place.current == self._view.pane.current else None

    def _conditions(self, typed: str) -> frozenset[str]:
        conditions = {"filter": bool(typed), "jobs": self._within is not None}
        return frozenset(name for name, hides in conditions.items() if hides)

    def _return_to_place(self) -> None:
        if (place := self._valid_place_before) is not None:
            self._return_to(place)
        if not self.hiding:
            self._place_before = None

    def ask(self) -> None:
        self._view.ask(FILTER, "" if self.typed == _PROBLEMS else self.typed)

    @property
    def _before(self) -> str:
        """The filter to go back to; empty for none."""
        return self.replaced if self.typed == _PROBLEMS else ""

    def go_back(self) -> None:
        """Bring the filter back that `!` has replaced; without one, show all lines."""
        self.choose(self._before)

    def toggle_problems(self) -> None:
        if self.typed == _PROBLEMS:
            self.go_back()
        else:
            self.replaced = self.typed
            self.choose(_PROBLEMS)

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "logs.filter",
            "ampersand",
            "filter",
            "Show only lines with some words, or with !words hide them",
            ask,
            lambda self: self._view.why_no_log(),
        ),
        Command(
            "logs.problems",
            "exclamation_mark",
            "problems",
            "Show only errors and warnings; again brings your own filter back",
            toggle_problems,
        ),
    )


def _nothing(_lines: bytes) -> Sequence[int]:
    """Find no line, so that the negated matches are all lines."""
    return ()
