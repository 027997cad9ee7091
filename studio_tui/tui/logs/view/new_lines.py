"""The number of lines that have arrived and have not been visible yet."""

from collections.abc import Sequence

from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.matches import LineMatches
from studio_tui.tui.logs.view.viewport import Row


class NewLines:
    """Counts the lines below the visible ones that have never been visible.

    Lines that arrive while the view follows the end count as seen. So do lines of a merged log that
    did not arrive live, as all of them are loaded again whenever it is opened.
    """

    def __init__(self) -> None:
        self.seen = 0
        """Number of lines, from the first line, that are not new; with a filter, of shown lines."""
        self._counted: object = None
        """The store or the matches whose lines were counted last; `None` for a new log."""
        self._has_all_old_matches = False
        """Whether the lines that a new filter shows are counted; until then none of them is new."""

    def begin(self) -> None:
        self._counted, self.seen = None, 0

    def count(
        self,
        store: LogStore,
        shown: LineMatches | None,
        rows: Sequence[Row],
        *,
        following: bool,
    ) -> int:
        """Return how many lines below `rows` are new; with a filter, only those `shown` count."""
        total = store.lines if shown is None else shown.total
        counted = store if shown is None else shown
        if following or counted is not self._counted:
            # At a place that was restored in a new log, `seen` was restored with it.
            is_restored = self._counted is None and not following
            self.seen = self.seen if is_restored else total
            self._counted, self._has_all_old_matches = counted, shown is None
        if shown is not None and not self._has_all_old_matches:
            self.seen, self._has_all_old_matches = total, shown.is_complete
        if rows and rows[-1].start < store.size:
            last = rows[-1].start
            lines_above = (
                (store.number_of(last) or 0) if shown is None else shown.count_before(last)
            )
            self.seen = max(self.seen, lines_above + 1)
            if store.tag_length:
                self._skip_loaded(store, shown, last, total)
        return max(0, total - self.seen)

    def _skip_loaded(
        self, store: LogStore, shown: LineMatches | None, last: int, total: int
    ) -> None:
        live = store.arrivals.next_live(last)
        if live is None:
            self.seen = total
        else:
            loaded = (store.number_of(live) or 0) if shown is None else shown.count_before(live)
            self.seen = max(self.seen, loaded)
