"""The lines of a table, and caches for the next painting: layout, styles and drawn rows."""

from collections.abc import Callable, Sequence, Set
from typing import NamedTuple

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
"""Lines of the header."""


class TableLook(NamedTuple):
    """What a table passes to its drawing; a change of any of it draws all rows again."""

    columns: tuple[Column, ...]
    width: int
    wide: bool
    """Whether no column is left out, so that the table scrolls sideways."""
    sorting: Sorting | None
    notice: str
    """What a table without rows shows."""


class TableDrawing:
    """Draws a table; rows are drawn again only if their cells or their look have changed."""

    def __init__(
        self, cells_of: CellsOf, columns: Sequence[Column], palette: Callable[[], TablePalette]
    ) -> None:
        self._rows = RowStrips(cells_of)
        self._contents = Contents(columns)
        self._resolve_palette = palette
        self._palette: TablePalette | None = None
        self._painter: Painter | None = None
        self._drawn_for: tuple[TableLook, int, bool] | None = None
        """The look, `sideways` and `hides_unfinished` for which `_painter` is valid."""
        self._fitted_to: tuple[int, bool] | None = None
        """`TableLook.width` and `TableLook.wide` at the last painting."""
        self._saved_widths: Sequence[int] = ()
        """From `restore`: the width of the saved table, and then those of its texts.

        Empty if that table had no rows, and after the first painting.
        """
        self._keys_to_measure: Sequence[str] = ()
        """Keys of rows, visible or not, for which columns have to be wide enough."""
        self._is_measured = True
        """Whether columns are wide enough for `_keys_to_measure`."""
        self.sideways = 0
        """How many character cells of the scrolling columns are hidden at the left."""
        self.hides_unfinished = False
        """Whether the columns that are `Column.only_unfinished` are left out."""

    def expire(self) -> None:
        """Request the cells of rows again before they are next shown."""
        self._rows.expire()

    @property
    def contents(self) -> tuple[int, ...]:
        """The widths of texts, in cells, so that another table can place its columns equally.

        First, for each column, the width of its widest text ever: it decides which are shown. If
        there were rows, the width of the table follows, and then, for each column, the width of its
        widest text since the table has this width.
        """
        all_time, current = self._contents.all_time, self._contents.widths
        if current is None or self._fitted_to is None:
            return all_time
        return (*all_time, self._fitted_to[0], *current)

    @property
    def contents_of_finished(self) -> tuple[int, ...]:
        """`contents` with 0 as the widths of columns that are `Column.only_unfinished`."""
        unfinished = [column.only_unfinished for column in self._contents.columns]
        # In the order of `contents`, which may end after the all-time widths.
        is_left_out = (*unfinished, False, *unfinished)
        pairs = zip(self.contents, is_left_out, strict=False)
        return tuple(0 if left_out else width for width, left_out in pairs)

    def restore(self, contents: Sequence[int]) -> None:
        """Show the columns that a table with these contents shows.

        They also get the same widths if both tables have the same width.
        """
        count = len(self._contents.columns)
        # Another version of the program may have saved the contents of other columns.
        if len(contents) in {count, 2 * count + 1}:
            self._contents.widen_all_time(contents[:count])
            self._saved_widths = contents[count:]

    def forget_styles(self) -> None:
        """Discard the styles resolved from the style sheet."""
        self._palette = self._painter = None

    def painter(self, look: TableLook) -> Painter:
        """Return the painter for the current layout and style."""
        drawn_for = look, self.sideways, self.hides_unfinished
        if self._painter is None or self._drawn_for != drawn_for:
            self._drawn_for, width = drawn_for, max(GUTTER + 1, look.width)
            if self._palette is None:
                self._palette = self._resolve_palette()
            all_time = self._contents.all_time
            if self.hides_unfinished:
                pairs = zip(all_time, look.columns, strict=True)
                all_time = tuple(
                    0 if each.only_unfinished else text_width for text_width, each in pairs
                )
            self._painter = Painter(
                self._palette,
                place(
                    look.columns,
                    width - GUTTER,
                    wide=look.wide,
                    contents=self._contents.widths,
                    all_time=all_time,
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

    def measure(self, keys: Sequence[str]) -> None:
        """Make columns wide enough for these rows too, visible or not.

        At the next painting their cells are requested, even if they are not visible.
        """
        self._keys_to_measure, self._is_measured = keys, False

    def lines(
        self, look: TableLook, height: int, top: int, cursor: TableCursor, marked: Set[str]
    ) -> list[Strip]:
        """Return the header, the rows from index `top` on, and blank lines or the notice."""
        keys = cursor.keys
        keys_in_sight = keys[top : top + max(0, height - HEADER)]
        # The height is not compared: the line for a filter makes the table lower, and columns must
        # not move then.
        if (fit_to := (look.width, look.wide)) != self._fitted_to:
            self._fitted_to = fit_to
            self._contents.reset()
            if self._saved_widths[:1] == (look.width,):
                self._contents.widen(self._saved_widths[1:])
            self._saved_widths = ()
            self._rows.expire()
            self._is_measured = False
        if not self._is_measured:
            self._is_measured = True
            if self._contents.grow(self._rows.cells_to_measure(self._keys_to_measure)):
                self._painter = None
        if self._update_contents(look.columns, keys_in_sight):
            self._painter = None
        painter = self.painter(look)
        lines = [painter.header, *self._rows.strips(keys_in_sight, cursor.key, marked, painter)]
        lines += [painter.blank] * (height - len(lines))
        if not keys:
            first = HEADER + max(0, height - HEADER - len(painter.notice)) // 2
            lines[first : first + len(painter.notice)] = painter.notice[: height - first]
        return lines

    def _update_contents(self, columns: tuple[Column, ...], keys_in_sight: Sequence[str]) -> bool:
        """Measure the rows; return whether the layout must change."""
        if self._contents.columns is not columns:
            before = self._contents
            self._contents = Contents(columns)
            # Columns stay in place if only their properties have changed, such as a title.
            self._contents.inherit(before)
            self._rows.expire()
        return self._contents.grow(self._rows.cells_to_measure(keys_in_sight))
