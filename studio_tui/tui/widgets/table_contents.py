"""The widths of texts in each column of a table, so that no column is wider than needed.

Widths grow when a longer text becomes visible, and shrink only when the table gets another width,
other columns, or is made `wide` or not. A column without texts is left out only until it has had
one.
"""

from collections.abc import Iterable, Sequence

from rich.cells import cell_len

from studio_tui.presentation.cells import Cell, Pieces
from studio_tui.presentation.columns import Column, Reserves
from studio_tui.presentation.format import UNKNOWN
from studio_tui.tui.widgets.table_painter import Cells

LONGEST = 200
"""Cells that are measured at most; a longer text counts as this long."""


class Contents:
    """The width of the widest text seen in each column, in cells; 0 for an empty column."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = columns
        self._measured = [index for index, column in enumerate(columns) if column.fits]
        """Indices of the columns that fit their contents; others count as `LONGEST`."""
        self._widths = [LONGEST] * len(columns)
        self._all_time = [LONGEST] * len(columns)
        for index in self._measured:
            is_reserved = columns[index].reserves is Reserves.ALWAYS
            self._all_time[index] = _deciding_width(columns[index]) if is_reserved else 0
        self._has_rows = False
        self.reset()

    @property
    def widths(self) -> tuple[int, ...] | None:
        """The width of each column's widest text since `reset`; `None` if there were no rows."""
        return tuple(self._widths) if self._has_rows else None

    @property
    def all_time(self) -> tuple[int, ...]:
        """The width of each column's widest text ever, as far as it decides what is shown."""
        return tuple(self._all_time)

    def widen_all_time(self, all_time: Sequence[int]) -> None:
        """Widen `all_time` to that of another table, unless that has more or fewer columns."""
        if len(all_time) == len(self._all_time):
            pairs = zip(self._all_time, all_time, strict=True)
            self._all_time = [max(own, min(other, LONGEST)) for own, other in pairs]

    def inherit(self, before: "Contents") -> None:
        """Take over the widths of `before` if its columns have the same keys."""
        if [column.key for column in before.columns] == [column.key for column in self.columns]:
            self.widen_all_time(before.all_time)
            if before.widths is not None:
                self.widen(before.widths)

    def widen(self, widths: Sequence[int]) -> None:
        """Widen `widths` to those of another table, unless that has more or fewer columns."""
        if len(widths) == len(self._widths):
            self._has_rows = True
            for index in self._measured:
                self._widths[index] = max(self._widths[index], min(widths[index], LONGEST))

    def reset(self) -> None:
        """Forget `widths`, but not `all_time`."""
        self._has_rows = False
        for index in self._measured:
            column = self.columns[index]
            self._widths[index] = column.wanted_width if column.reserves is Reserves.ALWAYS else 0

    def grow(self, rows: Iterable[Cells]) -> bool:
        """Widen columns to fit `rows`; return whether `widths` have changed."""
        is_wider, had_rows = False, self._has_rows
        widths = self._widths
        for cells in rows:
            self._has_rows = True
            for index in self._measured:
                cell = cells[index]
                # Skip most texts cheaply: a character is at most two cells wide.
                if isinstance(cell, Pieces) or len(cell.text) * 2 > widths[index]:
                    text_width = _text_width(cell)
                    if text_width > widths[index]:
                        reserves = self.columns[index].reserves
                        widths[index] = LONGEST if reserves is Reserves.ONCE_FILLED else text_width
                        is_wider = True
        if is_wider:
            for index in self._measured:
                deciding_width = min(widths[index], _deciding_width(self.columns[index]))
                self._all_time[index] = max(self._all_time[index], deciding_width)
        return is_wider or (self._has_rows and not had_rows)


def _deciding_width(column: Column) -> int:
    """Return the width up to which a column's texts decide which columns are shown."""
    return max(column.width, column.wanted_width, column.preferred_width)


def _text_width(cell: Cell | Pieces) -> int:
    """Return the width in cells of a text; 0 if the column need not be wider for it."""
    if isinstance(cell, Pieces):
        return min(LONGEST, sum(cell_len(part.text) for part in cell.parts))
    text = cell.text
    if not text or text == UNKNOWN or any(not other for _, other in cell.beside):
        return 0
    return min(LONGEST, len(text) if text.isascii() else cell_len(text))
