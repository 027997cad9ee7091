"""The lines of a table, and what is kept of them for the next painting: layout, styles and rows.

It handles no keys, scrolls no rows and moves no cursor.
"""

from collections.abc import Callable, Sequence, Set
from typing import NamedTuple, Protocol

from textual.strip import Strip

from studio_tui.presentation.columns import Column
from studio_tui.tui.widgets.table_contents import Contents
from studio_tui.tui.widgets.table_cursor import TableCursor
from studio_tui.tui.widgets.table_layout import place
from studio_tui.tui.widgets.table_painter import (
    GUTTER,
    CellsOf,
    Painter,
    RowStrips,
    Sorting,
    TablePalette,
)

HEADER = 1
"""Lines above the first row."""


class TableLook(NamedTuple):
    """The data that the layout of a table depends on, besides its rows."""

    columns: tuple[Column, ...]
    width: int
    """Cells of a line."""
    wide: bool
    """Whether every column is shown, scrolled sideways, however narrow the table is."""
    sorting: Sorting | None
    notice: str
    """Text shown when there are no rows."""


class ColumnMemory(Protocol):
    """The contents of a table's columns, so that another table can show them in the same places.

    What columns contained at any time decides which columns are shown. If there were rows, the
    memory also has the width of the table, and what columns contained since the table has it.
    """

    @property
    def contents(self) -> tuple[int, ...]:
        """The widths in cells, in that order."""

    @property
    def lasting(self) -> tuple[int, ...]:
        """The same for rows of which all are finished: without columns that they leave empty."""

    def recall(self, contents: Sequence[int]) -> None:
        """Show the columns that another table with such contents shows, if it is as wide."""


class TableDrawing:
    """Draws a table; of its rows only those whose cells or look have changed."""

    def __init__(
        self, cells_of: CellsOf, columns: Sequence[Column], palette: Callable[[], TablePalette]
    ) -> None:
        self._rows = RowStrips(cells_of)
        self._contents = Contents(columns)
        self._resolve = palette
        self._palette: TablePalette | None = None
        self._painter: Painter | None = None
        self._fitted: tuple[int, bool] | None = None
        """The width, and whether wide, to which the columns were last fitted."""
        self._recalled: Sequence[int] = ()
        """The width of another table, and the contents of its columns."""
        self.sideways = 0
        """How many terminal columns are scrolled out of sight on the left."""

    def expire(self) -> None:
        """Request the cells of rows again before they are next shown."""
        self._rows.expire()

    @property
    def contents(self) -> tuple[int, ...]:
        """The contents of the columns, at any time and now; see `ColumnMemory`."""
        all_time, now = self._contents.all_time, self._contents.widths
        if now is None or self._fitted is None:
            return all_time
        return (*all_time, self._fitted[0], *now)

    @property
    def lasting(self) -> tuple[int, ...]:
        """The contents without those of columns that finished rows leave empty."""
        passing = [column.passing for column in self._contents.columns]
        leaves = (*passing, False, *passing)
        return tuple(
            0 if left else width for width, left in zip(self.contents, leaves, strict=False)
        )

    def recall(self, contents: Sequence[int]) -> None:
        """Show the columns that another table with such contents shows, if it is as wide."""
        count = len(self._contents.columns)
        if len(contents) in {count, 2 * count + 1}:  # else of another version's columns
            self._contents.recall(contents[:count])
            self._recalled = contents[count:]

    def forget_layout(self) -> None:
        """Discard the layout."""
        self._painter = None

    def forget_styles(self) -> None:
        """Discard the styles resolved from the style sheet."""
        self._palette = self._painter = None

    def painter(self, look: TableLook) -> Painter:
        """Return the painter for the current width, layout and style."""
        width = max(GUTTER + 1, look.width)
        if self._painter is None or self._painter.width != width:
            if self._palette is None:
                self._palette = self._resolve()
            self._painter = Painter(
                self._palette,
                place(
                    look.columns,
                    width - GUTTER,
                    wide=look.wide,
                    contents=self._contents.widths,
                    all_time=self._contents.all_time,
                    sorted_by=look.sorting.column if look.sorting is not None else None,
                    scrolled=self.sideways > 0,
                ),
                width,
                scroll=self.sideways,
                sorting=look.sorting,
                notice=look.notice,
            )
            self._rows.clear()
        return self._painter

    def lines(
        self, look: TableLook, height: int, top: int, cursor: TableCursor, marked: Set[str]
    ) -> list[Strip]:
        """Return the strip of each line: the header, and rows from index `top` on."""
        keys = cursor.keys
        in_sight = keys[top : top + max(0, height - HEADER)]
        if (fitted := (look.width, look.wide)) != self._fitted:
            # Another height, such as that beside the input of a filter, moves no column.
            self._fitted = fitted
            self._contents.reset()
            if self._recalled[:1] == (look.width,):
                self._contents.restore(self._recalled[1:])
            self._recalled = ()
            self._rows.forget()
        if self._contents_changed(look.columns, in_sight):
            self._painter = None
        painter = self.painter(look)
        lines = [painter.header, *self._rows.strips(in_sight, cursor.key, marked, painter)]
        lines += [painter.blank] * (height - len(lines))
        if not keys:
            first = HEADER + max(0, height - HEADER - len(painter.notice)) // 2
            lines[first : first + len(painter.notice)] = painter.notice[: height - first]
        return lines

    def _contents_changed(self, columns: tuple[Column, ...], in_sight: Sequence[str]) -> bool:
        """Update the column contents from the rows; return whether the layout must change."""
        if self._contents.columns is not columns:
            before = self._contents
            self._contents = Contents(columns)
            # The same columns, of another width or title for example, stay as they are.
            self._contents.inherit(before)
            self._rows.forget()
        return self._contents.grow(self._rows.unpainted(in_sight))
