"""How many lines of a log came since the reader stood still."""

from collections.abc import Sequence

from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.matches import LineMatches
from studio_tui.tui.logs.view.viewport import Row


class NewLines:
    """Counts the lines below those in sight that the reader has not had in sight."""

    def __init__(self) -> None:
        self.seen = 0
        """Lines that the reader has had in sight, or that were there when they stood still."""
        self._counted: object = None
        """Which lines were counted."""
        self._are_found = False
        """Whether those of a filter that were there before have been found: they are not new."""

    def begin(self) -> None:
        """Count the lines of another log."""
        self._counted, self.seen = None, 0

    def count(
        self,
        store: LogStore,
        shown: LineMatches | None,
        rows: Sequence[Row],
        *,
        following: bool,
    ) -> int:
        """Return how many are new below these rows; of the lines shown only, `None` being all."""
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
