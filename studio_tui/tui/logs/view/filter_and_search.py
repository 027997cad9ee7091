"""The filter and the search of a log, which share the prompt and the worker that finds matches."""

from collections.abc import Callable
from typing import NamedTuple

from studio_tui import clock
from studio_tui.presentation.logs.search import SearchPattern, SearchPatternError
from studio_tui.service.logs.store.matches import LineMatches
from studio_tui.tui.logs.view.controller import ViewController
from studio_tui.tui.logs.view.line_filter import LineFilter
from studio_tui.tui.logs.view.search import LogSearch, Origin
from studio_tui.tui.widgets.prompt import SEARCH, PromptKind

_REPORT_EVERY = 0.1
"""Seconds between updates of the progress."""


class _Before(NamedTuple):
    """The state before a text is typed, to which the view returns if the prompt is left."""

    filter: str
    pattern: SearchPattern | None
    origin: Origin


class FilterAndSearch(ViewController):
    """The filter and the search of a log view, which are applied while they are typed."""

    _before: _Before | None = None
    """The state before anything was typed; `None` if nothing is being typed."""
    _counted: LineFilter | LogSearch | None = None
    """Counts the matches of the text that is being typed; `None` if it is empty or invalid."""

    def begin(self) -> None:
        """Reset filter and search for another log."""
        self._before = None
        self._view.search.start(None)
        self._view.filter.begin()
        self._work.cancel()

    def reapply(self, moved: Callable[[int], int]) -> None:
        """Apply the same filter and search to the view's new store, which is of the same log.

        `moved` returns the start of a line in the new store, given its start in the previous one.
        """
        pattern, typed, before = self._view.search.pattern, self._view.filter.typed, self._before
        replaced = self._view.filter.replaced
        self.begin()
        self._before, self._view.filter.replaced = before, replaced
        self.relocate(moved)
        if pattern is not None:
            self._view.search.start(pattern)
        if typed:
            self._view.filter.choose(typed)

    @property
    def is_active(self) -> bool:
        return self._view.search.is_active or bool(self._view.filter.typed)

    def end(self) -> None:
        """Go back from the filter; without one, end the search."""
        if self._view.filter.typed:
            self._view.filter.go_back()
        else:
            self._view.search.start(None)

    def words(self) -> str:
        """Return a text about filter, search and their matches; empty if there is neither."""
        return self._problem or " · ".join(
            filter(None, (self._view.filter.words(), self._view.search.words()))
        )

    # --- the prompt ------------------------------------------------------------------------------

    def show_typed(self, kind: PromptKind, typed: str) -> None:
        """Go to the first match of a search, or apply a filter.

        If the text is invalid, return to the state before anything was typed.
        """
        self._before = self._before or self._state
        self._counted = None
        try:
            self._apply(kind, typed, self._before)
        except SearchPatternError:
            self._undo(self._before)
        else:
            if typed:
                self._counted = self._view.search if kind is SEARCH else self._view.filter

    def count(self) -> str:
        """Return the number of matches of the typed text, or a problem; empty if it is invalid."""
        if self._before is None:
            return ""
        return self._problem or (self._counted.count() if self._counted else "")

    @property
    def _problem(self) -> str:
        return self._view.search.problem or self._view.filter.problem

    def cancel(self) -> None:
        """Return to the state before anything was typed."""
        if self._before is not None:
            self._undo(self._before)
        self._before = None

    def submit(self, kind: PromptKind, typed: str) -> str | None:
        """Start a search and go to its first match, or apply a filter; return the error, if any.

        An empty search goes to the next match of the current one.
        """
        try:
            self._apply(kind, typed, self._before or self._state)
        except SearchPatternError as error:
            return str(error)
        self._before = None
        if kind is SEARCH and not typed and self._view.search.is_active:
            self._view.search.find(1)
        return None

    @property
    def _state(self) -> _Before:
        return _Before(self._view.filter.typed, self._view.search.pattern, self._view.search.origin)

    def _apply(self, kind: PromptKind, typed: str, before: _Before) -> None:
        if kind is SEARCH and typed:
            self._view.search.find_first(SearchPattern(typed), before.origin)
        elif kind is SEARCH:
            self._undo(before)
        elif typed != self._view.filter.typed:
            self._undo(before)
            self._view.filter.choose(typed)

    def _undo(self, before: _Before) -> None:
        if self._view.search.pattern is not before.pattern:
            self._view.search.start(before.pattern)
        if self._view.filter.typed != before.filter:
            self._view.pane.current = before.origin.spot.current
            self._view.filter.choose(before.filter)
        self._return_to(before.origin.spot)

    def places_to_track(self) -> set[int]:
        """Return the line starts in the places to return to."""
        if self._before is None:
            return self._view.filter.place_to_track()
        start, spot = self._before.origin
        return self._view.filter.place_to_track() | {start, *spot.starts()}

    def relocate(self, moved: Callable[[int], int | None]) -> None:
        """Update the places to return to; `moved` is as in `Spot.moved`."""
        self._view.filter.relocate(moved)
        if self._before is not None:
            start, spot = self._before.origin
            origin = Origin(moved(start) or 0, spot.moved(moved))
            self._before = self._before._replace(origin=origin)

    # --- the worker that finds matches -----------------------------------------------------------

    def go_on(self) -> None:
        """Search the log without pauses until the matches of filter and search are complete."""
        if self._incomplete():
            self._work.run_if_idle(self._find_matches, "search the log")

    async def _find_matches(self) -> None:
        reported_at = clock.monotonic()
        while True:
            if clock.monotonic() - reported_at > _REPORT_EVERY or not self._incomplete():
                reported_at = clock.monotonic()
                self._show_progress()
            # The report may have led to other matches, if it showed the first progress bars.
            if not (incomplete := self._incomplete()):
                return
            await incomplete[0].search_next()

    def _incomplete(self) -> list[LineMatches]:
        """Return the matches that the user is waiting for, the most urgent first."""
        both = (self._view.filter.matches, self._view.search.matches)
        return [matches for matches in both if matches is not None and not matches.is_complete]

    def _show_progress(self) -> None:
        window = self._view.pane.window
        if window is not None and self._view.filter.chosen is not None:
            window.fill()
        self._view.settle()
