"""How wide what stands in each column of a table is, so that no column takes room in vain.

Widths grow as soon as something longer comes in sight, and go back only when the table is laid out
anew: while one reads, columns stand still. A column in which nothing is left is given up.
"""

from collections.abc import Iterable, Sequence

from rich.cells import cell_len

from studio_tui.presentation.cells import Cell, Pieces
from studio_tui.presentation.columns import Column
from studio_tui.presentation.format import UNKNOWN
from studio_tui.tui.widgets.table_painter import Cells

LONGEST = 200
"""Cells beyond which a text is not measured."""


class Contents:
    """The widest text seen in each column, in cells; 0 where nothing is said."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = columns
        self._measured = [index for index, column in enumerate(columns) if column.fits]
        self._all = [LONGEST] * len(columns)
        self.forget()

    @property
    def widths(self) -> tuple[int, ...]:
        """The cells of each column."""
        return tuple(self._all)

    def forget(self) -> None:
        """Begin anew, as when other rows are shown."""
        for index in self._measured:
            self._all[index] = 0

    def grow(self, rows: Iterable[Cells]) -> bool:
        """Make room for what rows say; return whether there was less."""
        grown = False
        widths = self._all
        for cells in rows:
            for index in self._measured:
                cell = cells[index]
                # Most texts are no longer than those before, in whatever cells.
                if isinstance(cell, Pieces) or len(cell.text) * 2 > widths[index]:
                    length = _length(cell)
                    if length > widths[index]:
                        widths[index] = length
                        grown = True
        return grown

    def drop_empty(self, rows: Iterable[Cells]) -> bool:
        """Give up columns of which `rows` say nothing; return whether there was one."""
        held = [index for index in self._measured if self._all[index]]
        for cells in rows:
            if not held:
                return False
            held = [index for index in held if not _length(cells[index])]
        for index in held:
            self._all[index] = 0
        return bool(held)


def _length(cell: Cell | Pieces) -> int:
    """Return the cells of a text; 0 for one that only says that nothing is known."""
    if isinstance(cell, Pieces):
        return min(LONGEST, sum(cell_len(part.text) for part in cell.parts))
    text = cell.text
    if not text or text == UNKNOWN:
        return 0
    return min(LONGEST, len(text) if text.isascii() else cell_len(text))
