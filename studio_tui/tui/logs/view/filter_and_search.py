"""Connects the filter and the search of a log, which share the search through the log."""

from studio_tui import clock
from studio_tui.errors import SpoolError
from studio_tui.service.logs.store.matches import LineMatches
from studio_tui.tui.logs.view.line_filter import LineFilter
from studio_tui.tui.logs.view.reader import Reader, WorkGroup
from studio_tui.tui.logs.view.search import LogSearch

_REPORT_EVERY = 0.1
"""Seconds between updates of the progress."""


class FilterAndSearch:
    """The filter and the search of a log view, restarted and ended together."""

    def __init__(self, view: Reader, going: WorkGroup, searching: WorkGroup) -> None:
        """Make both; `going` runs the steps to a match, `searching` the search through the log."""
        self.filter = LineFilter(view, going, scope_changed=self._scope_changed)
        self.search = LogSearch(view, self.filter, going)
        self._view = view
        self._searching = searching
        self._is_searching = False

    def _scope_changed(self) -> None:
        self.search.restart()

    def begin(self) -> None:
        """Reset filter and search for another log."""
        self.search.begin()
        self.filter.begin()
        self._searching.cancel()
        self._is_searching = False

    def repeat(self) -> None:
        """Apply the same filter and search to another store of the same log."""
        pattern, typed = self.search.pattern, self.filter.typed
        self.begin()
        if pattern is not None:
            self.search.start(pattern)
        if typed:
            self.filter.choose(typed)

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

    def go_on(self) -> None:
        """Search the log, or go on, at full speed if matches of filter or search are incomplete."""
        if not self._is_searching and self._incomplete():
            self._is_searching = True
            self._searching.run(self._search, "search the log")

    async def _search(self) -> None:
        try:
            reported_at = clock.monotonic()
            while incomplete := self._incomplete():
                await incomplete[0].search_next()
                if clock.monotonic() - reported_at > _REPORT_EVERY:
                    reported_at = clock.monotonic()
                    self._show_progress()
        except SpoolError as error:
            self._view.show_message(str(error))
        finally:
            self._is_searching = False
        self._show_progress()

    def _incomplete(self) -> list[LineMatches]:
        """Return the matches that the reader is waiting for, the most urgent first."""
        both = (self.filter.hits, self.search.hits)
        return [hits for hits in both if hits is not None and not hits.is_complete]

    def _show_progress(self) -> None:
        window = self._view.pane.window
        if window is not None and self.filter.chosen is not None:
            window.fill()
        self._view.settle()
