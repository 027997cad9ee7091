"""Looking for lines: what filter, search and the looking in the background are together."""

from studio_tui.service.logs.store.matches import LineMatches
from studio_tui.tui.logs.view.background import LookingOn
from studio_tui.tui.logs.view.line_filter import LineFilter
from studio_tui.tui.logs.view.reader import Reader, WorkGroup
from studio_tui.tui.logs.view.search import LogSearch


class Seeking:
    """Puts filter and search together, which choose from the same lines."""

    def __init__(self, view: Reader, going: WorkGroup, looking: WorkGroup) -> None:
        """Take what goes to lines that are found, and what looks for them."""
        self.filter = LineFilter(view, scope_changed=self._scope_changed)
        self.search = LogSearch(view, self.filter, going)
        self._view = view
        self._looking = LookingOn(view, looking, self._hits, progressed=self._show_progress)

    def begin(self) -> None:
        """Look for nothing yet in another log."""
        self.search.begin()
        self.filter.begin()
        self._looking.begin()

    def again(self) -> None:
        """Look for the same in another store of the same log."""
        wanted, typed = self.search.wanted, self.filter.typed
        self.begin()
        if wanted is not None:
            self.search.want(wanted)
        if typed:
            self.filter.choose(typed)

    def go_on(self) -> None:
        """Look on in the background where there is something to be looked at."""
        self._looking.go_on()

    @property
    def is_under_way(self) -> bool:
        """Whether the reader looks for something, or left lines out."""
        return self.search.is_wanted or bool(self.filter.typed)

    def end(self) -> None:
        """End the filter, whose line says that escape shows all, else the search."""
        if self.filter.typed:
            self.filter.end()
        else:
            self.search.end()

    def words(self) -> str:
        """Return what is left out and what is found, in words; empty for nothing."""
        problem = self.search.problem or self.filter.problem
        return problem or " · ".join(filter(None, (self.filter.words(), self.search.words())))

    def _scope_changed(self) -> None:
        self.search.seek()

    def _hits(self) -> list[LineMatches]:
        """Return everything that is being looked for, what the reader waits for first."""
        return [hits for hits in (self.filter.hits, self.search.hits) if hits is not None]

    def _show_progress(self) -> None:
        window = self._view.pane.window
        if window is not None and self.filter.chosen is not None:
            window.fill()
        self._view.settle()
