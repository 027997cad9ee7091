"""The widths of texts in each column of a table, so that no column is wider than needed.

Widths grow when a longer text becomes visible, and shrink only when the table is laid out again, so
that columns do not move while the user reads. Which columns there are does not depend on what has
left: a column that never had a text has no place, and one that had keeps it.
"""

from collections.abc import Iterable, Sequence

from rich.cells import cell_len

from studio_tui.presentation.cells import Cell, Pieces
from studio_tui.presentation.columns import Column
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
            LONGEST if not column.fits else _deciding(column) if column.always else 0
            for column in columns
        ]
        self.forget()

    @property
    def widths(self) -> tuple[int, ...]:
        """The width of each column, in cells."""
        return tuple(self._all)

    @property
    def ever(self) -> tuple[int, ...]:
        """The largest width that each column has ever had, as far as it decides which are shown."""
        return tuple(self._ever)

    def recall(self, ever: Sequence[int]) -> None:
        """Take over what another table's columns had; ignored if there are not as many."""
        if len(ever) == len(self._ever):
            pairs = zip(self._ever, ever, strict=True)
            self._ever = [max(own, min(other, LONGEST)) for own, other in pairs]

    def forget(self) -> None:
        """Reset the widths, for example if other rows are shown."""
        for index in self._measured:
            column = self.columns[index]
            self._all[index] = column.wants if column.always else 0

    def grow(self, rows: Iterable[Cells]) -> bool:
        """Widen columns to fit `rows`; return whether any became wider."""
        grown = False
        widths = self._all
        for cells in rows:
            for index in self._measured:
                cell = cells[index]
                # Skip most texts cheaply: a character is at most two cells wide.
                if isinstance(cell, Pieces) or len(cell.text) * 2 > widths[index]:
                    length = _length(cell)
                    if length > widths[index]:
                        widths[index] = length
                        grown = True
        if grown:
            for index in self._measured:
                seen = min(widths[index], _deciding(self.columns[index]))
                self._ever[index] = max(self._ever[index], seen)
        return grown


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
