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
        self._all = [LONGEST] * len(columns)
        self._ever = [
            LONGEST
            if not column.fits
            else _deciding(column)
            if column.reserves is Reserves.ALWAYS
            else 0
            for column in columns
        ]
        self._has_rows = False
        self.forget()

    @property
    def widths(self) -> tuple[int, ...] | None:
        """The width of each column, in cells; `None` if there were no rows yet."""
        return tuple(self._all) if self._has_rows else None

    @property
    def widest(self) -> tuple[int, ...]:
        """The largest width that each column has ever had, as far as it decides which are shown."""
        return tuple(self._ever)

    def recall(self, ever: Sequence[int]) -> None:
        """Take over what another table's columns had; ignored if there are not as many."""
        if len(ever) == len(self._ever):
            pairs = zip(self._ever, ever, strict=True)
            self._ever = [max(own, min(other, LONGEST)) for own, other in pairs]

    def inherit(self, before: "Contents") -> None:
        """Take over the widths of columns with the same keys; ignored if they have others."""
        if [each.key for each in before.columns] == [each.key for each in self.columns]:
            self.recall(before.widest)
            if before.widths is not None:
                self.restore(before.widths)

    def restore(self, widths: Sequence[int]) -> None:
        """Widen columns to the widths of another table; ignored if there are not as many."""
        if len(widths) == len(self._all):
            self._has_rows = True
            for index in self._measured:
                self._all[index] = max(self._all[index], min(widths[index], LONGEST))

    def forget(self) -> None:
        """Reset the widths, for example if the table has another width."""
        self._has_rows = False
        for index in self._measured:
            column = self.columns[index]
            self._all[index] = column.wants if column.reserves is Reserves.ALWAYS else 0

    def grow(self, rows: Iterable[Cells]) -> bool:
        """Widen columns to fit `rows`; return whether any became wider."""
        grown, is_first = False, not self._has_rows
        widths = self._all
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
                self._ever[index] = max(self._ever[index], seen)
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
