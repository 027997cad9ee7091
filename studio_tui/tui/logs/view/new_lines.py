"""The number of lines that arrived since the reader stopped following."""

from collections.abc import Sequence

from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.matches import LineMatches
from studio_tui.tui.logs.view.viewport import Row


class NewLines:
    """Counts the lines below the visible ones that have not been visible yet."""

    def __init__(self) -> None:
        self.seen = 0
        """Lines that were visible, or had arrived when the reader stopped following."""
        self._counted: object = None
        """The store or the matches that were counted."""
        self._are_found = False
        """Whether all earlier matches of the filter were found, which are not new lines."""

    def begin(self) -> None:
        """Start counting for another log."""
        self._counted, self.seen = None, 0

    def count(
        self,
        store: LogStore,
        shown: LineMatches | None,
        rows: Sequence[Row],
        *,
        following: bool,
    ) -> int:
        """Return how many lines below these rows are new; of `shown` only, unless it is `None`."""
        total = store.lines if shown is None else shown.total
        counted = store if shown is None else shown
        if following or counted is not self._counted:
            is_return = self._counted is None and not following
            self.seen = self.seen if is_return else total
            self._counted, self._are_found = counted, shown is None
        if shown is not None and not self._are_found:
            self.seen, self._are_found = total, shown.is_complete
        if rows and rows[-1].start < store.size:
            last = rows[-1].start
            before = (store.number_of(last) or 0) if shown is None else shown.rank(last)
            self.seen = max(self.seen, before + 1)
        return max(0, total - self.seen)
