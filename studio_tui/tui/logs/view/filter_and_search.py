"""Connects the filter and the search of a log, which share the search through the log."""

from studio_tui.service.logs.store.matches import LineMatches
from studio_tui.tui.logs.view.background import ForegroundSearch
from studio_tui.tui.logs.view.line_filter import LineFilter
from studio_tui.tui.logs.view.reader import Reader, WorkGroup
from studio_tui.tui.logs.view.search import LogSearch


class FilterAndSearch:
    """The filter and the search of a log view, restarted and ended together."""

    def __init__(self, view: Reader, going: WorkGroup, searching: WorkGroup) -> None:
        """Make both; `going` runs the steps to a match, `searching` the search through the log."""
        self.filter = LineFilter(view, going, scope_changed=self._scope_changed)
        self.search = LogSearch(view, self.filter, going)
        self._view = view
        self._running_search = ForegroundSearch(
            view, searching, self._hits, progressed=self._show_progress
        )

    def begin(self) -> None:
        """Reset filter and search for another log."""
        self.search.begin()
        self.filter.begin()
        self._running_search.stop()

    def repeat(self) -> None:
        """Apply the same filter and search to another store of the same log."""
        pattern, typed = self.search.pattern, self.filter.typed
        self.begin()
        if pattern is not None:
            self.search.start(pattern)
        if typed:
            self.filter.choose(typed)

    def go_on(self) -> None:
        """Go on searching the log if matches of the filter or the search are incomplete."""
        self._running_search.go_on()

    @property
    def is_active(self) -> bool:
        return self.search.is_active or bool(self.filter.typed)

    def end(self) -> None:
        """End the filter; without one, the search."""
        if self.filter.typed:
            self.filter.end()
        else:
            self.search.end()

    def words(self) -> str:
        """Return a text about filter, search and their matches; empty if there is neither."""
        problem = self.search.problem or self.filter.problem
        return problem or " · ".join(filter(None, (self.filter.words(), self.search.words())))

    def _scope_changed(self) -> None:
        self.search.restart()

    def _hits(self) -> list[LineMatches]:
        """Return the matches of filter and search, the most urgent first."""
        return [hits for hits in (self.filter.hits, self.search.hits) if hits is not None]

    def _show_progress(self) -> None:
        window = self._view.pane.window
        if window is not None and self.filter.chosen is not None:
            window.fill()
        self._view.settle()
