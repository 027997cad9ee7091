"""Hiding lines of a log: those that a filter excludes, and those overwritten by later ones."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, NamedTuple

from studio_tui.errors import SpoolError
from studio_tui.presentation.format import plural
from studio_tui.presentation.logs.levels import LogLevel
from studio_tui.presentation.logs.live_rows import UP, final_lines
from studio_tui.presentation.logs.search import LevelPattern, SearchPattern, SearchPatternError
from studio_tui.service.logs.store.filtered import FilteredLines
from studio_tui.service.logs.store.matches import Find, LineMatches
from studio_tui.tui.frame.commands import Command
from studio_tui.tui.logs.view.reader import Reader, WorkGroup
from studio_tui.tui.logs.view.viewport import Row
from studio_tui.tui.widgets.prompt import FILTER

_PROBLEMS = "!"
"""The filter text that shows only errors and warnings."""
_SEARCHED = 64 * 1024
"""Bytes of visible text that are searched for nested progress bars."""
_REDRAWN = 16 * 1024
"""Bytes after a row within which it is redrawn, if at all."""


class _WayBack(NamedTuple):
    """The place before lines were hidden."""

    top: int
    """Start of the first visible line."""
    current: int | None
    """Start of the current line."""


class LineFilter:
    """Controller of the lines that a log view shows."""

    def __init__(self, view: Reader, work: WorkGroup, *, scope_changed: Callable[[], None]) -> None:
        """Make a controller; `scope_changed` is called if other lines become available."""
        self._view = view
        self._work = work
        self._scope_changed = scope_changed
        self._forget()

    def _forget(self) -> None:
        self.typed = ""
        """The filter as typed; `!` alone for errors and warnings only."""
        self.chosen: FilteredLines | None = None
        """The shown lines; `None` for all."""
        self._pattern: SearchPattern | None = None
        """The pattern of the filter; `None` for errors and warnings, and without a filter."""
        self._within: Find | None = None
        self._folds = False
        """Whether lines that later ones overwrite are hidden."""
        self.hiding: frozenset[str] = frozenset()
        """The conditions that hide lines: the filter, the choice of jobs."""
        self._way_back: _WayBack | None = None
        """The place before lines were hidden; `None` while following, and once the reader moves."""

    def begin(self) -> None:
        """Reset the filter for another log."""
        self._forget()
        self._view.pane.folds = False

    def stay(self) -> None:
        """Keep the present place when lines are shown again, as the reader has moved."""
        self._way_back = None

    def starts(self) -> set[int]:
        """Return the starts of the lines to return to."""
        return set() if self._way_back is None else {self._way_back.top}

    def relocate(self, moved: Mapping[int, int]) -> None:
        """Update the starts of these lines."""
        way_back = self._way_back
        if way_back is not None:
            top, current = moved.get(way_back.top), way_back.current
            current = None if current is None else moved.get(current)
            self._way_back = None if top is None else _WayBack(top, current)

    @property
    def hits(self) -> LineMatches | None:
        """The matches of the filter; `None` for all lines."""
        return self.chosen.hits if self.chosen else None

    @property
    def problem(self) -> str:
        """The problem of the filter; empty if it is valid."""
        return self._pattern.problem if self._pattern else ""

    def words(self) -> str:
        """Return the filter and its matches in words; empty without a filter."""
        hits = self.hits
        if hits is None:
            return ""
        more = "" if hits.is_complete else " so far, searching…"
        what = "errors and warnings" if self.typed == _PROBLEMS else f"& {self.typed}"
        if self.typed:
            return f"{what}: {plural(hits.total, 'line')}{more}, esc shows all"
        return f"{hits.total:,}{more}" if more else ""

    def shows(self, start: int) -> bool:
        """Return whether the line at `start` is shown."""
        return self.chosen is None or self.chosen.hits.holds(start)

    def in_sight(self) -> list[int]:
        """Return the starts of the visible lines, from the top."""
        size = self._view.store.size if self._view.store else 0
        starts = dict.fromkeys(row.start for row in self._view.pane.in_sight)
        return [start for start in starts if start < size and self.shows(start)]

    async def nearest_shown(self, hits: LineMatches, offset: int, *, backwards: bool) -> int | None:
        """Return the nearest match that is shown.

        Raises:
            SpoolError: the log cannot be read back.
        """
        while True:
            start = await hits.nearest(offset, backwards=backwards)
            if start is None or self.shows(start):
                return start
            offset = start if backwards else start + 1

    def go(self, start: int, words: Callable[[int], str], *, backwards: bool = False) -> None:
        """Go to a line, or to the first shown one after it; if there is none, the last before it.

        If `backwards`, it is the last one before it, else the first after it. `words` returns what
        to say about the line gone to.
        """
        if self.shows(start):
            self._view.go(start)
            self._view.show_message(words(start))
        else:
            self._work.run(partial(self._go_near, start, words, backwards), "go to a line")

    async def _go_near(self, start: int, words: Callable[[int], str], backwards: bool) -> None:
        hits, view = self.hits, self._view
        if hits is None:
            return
        try:
            near = await hits.nearest(start, backwards=backwards)
            if near is None:
                near = await hits.nearest(start, backwards=not backwards)
        except SpoolError as error:
            view.show_message(str(error))
            return
        if near is None:
            view.show_message("no line is shown")
        elif hits is self.hits:
            view.go(near)
            view.show_message(f"nearest line shown{more}" if (more := words(near)) else "")

    # --- the available lines ---------------------------------------------------------------------

    def scope(self) -> Find | None:
        """Return the function that finds the lines available to filter and search; `None` for
        all."""
        within = self._within
        if not self._folds:
            return within
        tag = self._view.store.tag if self._view.store else 0

        def shown(lines: bytes) -> Sequence[int]:
            last = final_lines(lines, tag)
            return last if within is None else _both(within(lines), last)

        return shown

    @property
    def ahead(self) -> int:
        """Bytes beyond the lines that decide whether they are shown."""
        return _REDRAWN if self._folds else 0

    def show_within(self, within: Find | None) -> None:
        """Make only lines that `within` finds available; all if `None`.

        It is called with lines that include the store's tags.
        """
        if within is None and self._within is None:
            return
        self._within = within
        self._scope_changed()
        self.choose(self.typed)

    def fold(self, *, folds: bool) -> None:
        """Hide lines that later ones overwrite, or show them."""
        if folds is not self._folds:
            self._folds = self._view.pane.folds = folds
            self._scope_changed()
            self.choose(self.typed)

    def fold_bars(self, rows: Sequence[Row]) -> None:
        """Hide overwritten lines as soon as the rows contain nested progress bars."""
        store = self._view.store
        if self._folds or self._view.pane.form.states or not rows or store is None:
            return
        first = rows[0].start
        end = store.line_end(rows[-1].start)
        if UP.search(store.read(first, min(_SEARCHED, end - first))):
            self.fold(folds=True)

    # --- the filter ------------------------------------------------------------------------------

    def choose(self, typed: str) -> None:
        """Apply a filter, keeping the current line if it is visible, else the first visible one.

        Raises:
            SearchPatternError: the filter is invalid.
        """
        view, store = self._view, self._view.store
        if store is None:
            return
        shown = self.scope()
        pattern = SearchPattern(typed.removeprefix("!")) if typed.removeprefix("!") else None
        if typed == _PROBLEMS:
            find = LevelPattern(LogLevel.WARNING).starts
            hits: LineMatches | None = LineMatches(store, find, within=shown, ahead=self.ahead)
        elif pattern:
            is_negated = typed.startswith("!")
            hits = LineMatches(
                store, pattern.starts, negated=is_negated, within=shown, ahead=self.ahead
            )
        elif shown:
            hits = LineMatches(store, _nothing, negated=True, within=shown, ahead=self.ahead)
        else:
            hits = None
        before, self.hiding = self.hiding, self._what_hides(typed)
        self.typed, self._pattern = typed, pattern
        self.chosen = FilteredLines(store, hits) if hits else None
        window, anchor = view.pane.window, view.pane.current_in_sight
        top = window.top.start if window and view.pane.in_sight else store.size
        if self.hiding - before and self._valid_way_back is None:
            self._way_back = None if view.following else _WayBack(top, view.pane.current)
        if anchor is None:
            anchor = top if (way_back := self._valid_way_back) is None else way_back.top
        view.pane.choose(self.chosen, anchor)
        if view.following and window:
            window.to_end()
        if before - self.hiding:
            self._come_back()
        view.settle()

    @property
    def _valid_way_back(self) -> _WayBack | None:
        """The place before lines were hidden; `None` if another line was chosen since."""
        way_back = self._way_back
        return way_back if way_back and way_back.current == self._view.pane.current else None

    def _what_hides(self, typed: str) -> frozenset[str]:
        hiding = {"filter": bool(typed), "jobs": self._within is not None}
        return frozenset(what for what, hides in hiding.items() if hides)

    def _come_back(self) -> None:
        """Return to the place before lines were hidden."""
        way_back, window = self._valid_way_back, self._view.pane.window
        if way_back is not None and window:
            window.to(way_back.top)
        if not self.hiding:
            self._way_back = None

    def end(self) -> None:
        """Remove the filter."""
        if self.typed:
            self.choose("")

    def submit(self, typed: str) -> str | None:
        """Apply a filter; return the error if it is invalid."""
        try:
            self.choose(typed)
        except SearchPatternError as error:
            return str(error)
        return None

    def ask(self) -> None:
        """Ask for a filter."""
        self._view.ask(FILTER, "" if self.typed == _PROBLEMS else self.typed)

    def toggle_problems(self) -> None:
        """Toggle the filter for errors and warnings."""
        self.choose("" if self.typed == _PROBLEMS else _PROBLEMS)

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "logs.filter",
            "ampersand",
            "filter",
            "Show only lines with some words, or with !words hide them",
            ask,
            lambda self: self._view.why_no_log(),
            display="&",
        ),
        Command(
            "logs.problems",
            "exclamation_mark",
            "problems",
            "Show only errors and warnings, or all lines again",
            toggle_problems,
            display="!",
        ),
    )


def _both(some: Sequence[int], others: Sequence[int]) -> Sequence[int]:
    return sorted(set(some) & set(others))


def _nothing(_lines: bytes) -> Sequence[int]:
    """Find no line; negated, this finds every line."""
    return ()
