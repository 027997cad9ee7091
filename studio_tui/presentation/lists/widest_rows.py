"""The rows of a list with the longest texts, so that columns have room for them at once."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Generic, TypeVar

from studio_tui.presentation.lists.kinds import Kind, ListColumn

T = TypeVar("T")


class WidestRows(Generic[T]):
    """For each column that fits its contents, the row with the longest text or time so far."""

    def __init__(self, kind: Kind[T]) -> None:
        self._sizes = [size for column in kind.columns if (size := _size_of(column)) is not None]
        self._widest = [(0.0, "")] * len(self._sizes)
        """The greatest size and the id of its row, for each of `_sizes`."""

    @property
    def ids(self) -> frozenset[str]:
        """The ids of these rows; some may have left the list, and one may be empty."""
        return frozenset(row_id for _, row_id in self._widest)

    def note(self, rows: Iterable[tuple[str, T]], now: datetime) -> None:
        """Compare new or changed rows with these; each row comes with its id."""
        for row_id, row in rows:
            for index, size_of in enumerate(self._sizes):
                if (size := size_of(row, now)) > self._widest[index][0]:
                    self._widest[index] = size, row_id


def _size_of(column: ListColumn[Any, T, Any]) -> Callable[[T, datetime], float] | None:
    """Return a function that is greater for longer cells of a column; `None` if unknown."""
    text, seconds = column.text, column.seconds
    if not column.layout.fits:
        return None
    if text is not None:
        return lambda row, now: len(text(row))
    return None if seconds is None else lambda row, now: seconds(row, now) or 0.0
