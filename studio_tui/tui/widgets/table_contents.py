"""The widths of texts in each column of a table, so that no column is wider than needed.

Widths grow when a longer text becomes visible, and shrink only when the table is laid out for
another width, so that columns stay while rows come and go or are filtered and sorted. Which columns
there are does not depend on what has left: a column that never had a text has no place, and one
that had keeps it.
"""

from collections.abc import Iterable, Sequence

from rich.cells import cell_len

from studio_tui.presentation.cells import Cell, Pieces
from studio_tui.presentation.columns import Column, Reserves
from studio_tui.presentation.format import UNKNOWN
from studio_tui.tui.widgets.table_painter import Cells

LONGEST = 200
"""Cells beyond which the width of a text is not measured."""


class Contents:
    """The widest text seen in each column, in cells; 0 for an empty column."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = columns
        self._measured = [index for index, column in enumerate(columns) if column.fits]
        self._widths = [LONGEST] * len(columns)
        self._all_time = [LONGEST] * len(columns)
        for index in self._measured:
            is_reserved = columns[index].reserves is Reserves.ALWAYS
            self._all_time[index] = _deciding(columns[index]) if is_reserved else 0
        self._has_rows = False
        self.reset()

    @property
    def widths(self) -> tuple[int, ...] | None:
        """The width of each column, in cells; `None` if there were no rows yet."""
        return tuple(self._widths) if self._has_rows else None

    @property
    def all_time(self) -> tuple[int, ...]:
        """The largest width that each column has had, as far as it decides which are shown.

        It is not reset with the widths.
        """
        return tuple(self._all_time)

    def recall(self, all_time: Sequence[int]) -> None:
        """Widen the all-time widths to another table's; ignored if there are not as many."""
        if len(all_time) == len(self._all_time):
            pairs = zip(self._all_time, all_time, strict=True)
            self._all_time = [max(own, min(other, LONGEST)) for own, other in pairs]

    def inherit(self, before: "Contents") -> None:
        """Take over the widths of columns with the same keys; ignored if they have others."""
        if [each.key for each in before.columns] == [each.key for each in self.columns]:
            self.recall(before.all_time)
            if before.widths is not None:
                self.restore(before.widths)

    def restore(self, widths: Sequence[int]) -> None:
        """Widen columns to the widths of another table; ignored if there are not as many."""
        if len(widths) == len(self._widths):
            self._has_rows = True
            for index in self._measured:
                self._widths[index] = max(self._widths[index], min(widths[index], LONGEST))

    def reset(self) -> None:
        """Reset the widths, for example if the table has another width."""
        self._has_rows = False
        for index in self._measured:
            column = self.columns[index]
            self._widths[index] = column.wants if column.reserves is Reserves.ALWAYS else 0

    def grow(self, rows: Iterable[Cells]) -> bool:
        """Widen columns to fit `rows`; return whether any became wider."""
        grown, is_first = False, not self._has_rows
        widths = self._widths
        for cells in rows:
            self._has_rows = True
            for index in self._measured:
                cell = cells[index]
                # Skip most texts cheaply: a character is at most two cells wide.
                if isinstance(cell, Pieces) or len(cell.text) * 2 > widths[index]:
                    length = _length(cell)
                    if length > widths[index]:
                        reserves = self.columns[index].reserves
                        widths[index] = LONGEST if reserves is Reserves.FROM_FIRST else length
                        grown = True
        if grown:
            for index in self._measured:
                seen = min(widths[index], _deciding(self.columns[index]))
                self._all_time[index] = max(self._all_time[index], seen)
        return grown or (is_first and self._has_rows)


def _deciding(column: Column) -> int:
    """Return the width up to which the contents of a column decide about it and others."""
    return max(column.width, column.wants, column.likes)


def _length(cell: Cell | Pieces) -> int:
    """Return the width of a text; 0 if it is empty or only marks an unknown value."""
    if isinstance(cell, Pieces):
        return min(LONGEST, sum(cell_len(part.text) for part in cell.parts))
    text = cell.text
    if not text or text == UNKNOWN:
        return 0
    return min(LONGEST, len(text) if text.isascii() else cell_len(text))
