"""A table for 100,000 rows that formats only visible rows and paints only changed ones.

Rows are identified by key. Their cells come from a callable, and what the user does with a row is
posted as a message. The table does not fetch, sort or filter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.console import COLOR_SYSTEMS
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from studio_tui.presentation.columns import Column
from studio_tui.tui.widgets.line_view import LineView
from studio_tui.tui.widgets.table_contents import Contents
from studio_tui.tui.widgets.table_cursor import TableCursor
from studio_tui.tui.widgets.table_layout import place
from studio_tui.tui.widgets.table_painter import (
    COMPONENTS,
    GUTTER,
    CellsOf,
    Painter,
    RowStrips,
    Sorting,
    TablePalette,
)
from studio_tui.tui.widgets.table_place import Place, came_above

_HEADER = 1
"""Lines above the first row."""


class BigTable(LineView, can_focus=True, inherit_bindings=False):
    """A table of rows by key, whose cursor stays on its row as other rows come and go."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = set(COMPONENTS)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "cursor_up", "up", show=False, id="table.up"),
        Binding("down,j", "cursor_down", "down", show=False, id="table.down"),
        Binding("pageup", "page_up", "page up", show=False, id="table.page_up"),
        Binding("pagedown", "page_down", "page down", show=False, id="table.page_down"),
        Binding("ctrl+u", "half_up", "half a page up", show=False, id="table.half_up"),
        Binding("ctrl+d", "half_down", "half a page down", show=False, id="table.half_down"),
        Binding("home,g", "first", "first row", show=False, id="table.first"),
        Binding("end,G", "last", "last row", show=False, id="table.last"),
        Binding("left", "columns_left", "columns left", show=False, id="table.left"),
        Binding("right", "columns_right", "columns right", show=False, id="table.right"),
        Binding("enter", "open", "open", show=False, id="table.open"),
    ]

    columns: reactive[tuple[Column, ...]] = reactive((), repaint=False, init=False)
    """All columns, in order; the width decides which are shown."""

    sorting: reactive[Sorting | None] = reactive(None, repaint=False, init=False)
    """The order that the header indicates; the rows keep the order given to `show`."""

    marked: reactive[frozenset[str]] = reactive(frozenset(), repaint=False, init=False)
    """Keys of the marked rows; keys without a row are ignored."""

    wide: reactive[bool] = reactive(False, repaint=False, init=False)
    """Whether to show every column, scrolled sideways, however narrow the table is."""

    notice: reactive[str] = reactive("", repaint=False, init=False)
    """Text shown when there are no rows: safe, one or more lines."""

    @dataclass
    class _FromTable(Message):
        table: "BigTable"

        @property
        def control(self) -> "BigTable":
            """The table, for selectors in `@on`."""
            return self.table

    @dataclass
    class Highlighted(_FromTable):
        """The cursor has moved to another row."""

        key: str | None
        """The row; `None` if there is none. It may be gone when the message is handled."""
        is_last: bool
        """Whether it was the last row."""

        def can_replace(self, message: Message) -> bool:
            """Return whether an older message can be dropped: only the latest row matters."""
            return isinstance(message, BigTable.Highlighted) and message.table is self.table

    @dataclass
    class UnseenChanged(_FromTable):
        """The number of unseen new rows above has changed; see `unseen`."""

    @dataclass
    class Opened(_FromTable):
        """The user opened a row."""

        key: str

    @dataclass
    class HeaderClicked(_FromTable):
        """The user clicked the title of a column."""

        column: str
        """Key of the column."""

    def __init__(
        self,
        columns: Sequence[Column],
        cells_of: CellsOf,
        *,
        notice: str = "",
        id: str | None = None,  # noqa: A002 (as Textual calls it)
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.set_reactive(BigTable.columns, tuple(columns))
        self.set_reactive(BigTable.notice, notice)
        self._rows = RowStrips(cells_of)
        self._contents = Contents(self.columns)
        self._may_be_empty = False
        """Whether the shown rows have changed since the column widths were calculated."""
        self._cursor = TableCursor()
        self._unseen = 0
        self._sideways = 0
        self._rows_before = 0
        self._palette: TablePalette | None = None
        self._painter: Painter | None = None

    @property
    def keys(self) -> Sequence[str]:
        """The keys of the rows, in the order shown."""
        return self._cursor.keys

    @property
    def keys_in_sight(self) -> Sequence[str]:
        """The keys of the visible rows."""
        return self.keys[self.top : self.top + self._rows_in_sight]

    @property
    def cursor(self) -> str | None:
        """Key of the row under the cursor; `None` if there are no rows."""
        return self._cursor.key

    @property
    def chosen(self) -> str | None:
        """The row under the cursor if the user moved there, or opened it; else `None`."""
        return self._cursor.chosen

    @property
    def unseen(self) -> int:
        """How many new rows were added at the top and have not been visible yet."""
        return self._unseen

    def show(
        self, keys: Sequence[str], *, newest_first: bool = False, is_refiltered: bool = False
    ) -> None:
        """Show these rows in this order, and request their cells again.

        The cursor stays on its row, and the visible rows stay on their lines (see `kept`). Until
        the user has moved the cursor, the table stays at the top instead; if the newest rows come
        first, it does so whenever the top is visible (see `followed`), and otherwise counts new
        rows as unseen.

        Args:
            keys: Distinct keys. The sequence is kept, so it must not change afterwards.
            newest_first: Whether new rows are added at the top.
            is_refiltered: Whether the filter has changed; the cursor then returns to the row that
                the user moved to, if it passes.
        """
        before, highlighted = self.keys, self.cursor
        place = self._cursor.replace(
            keys,
            self.top,
            self._rows_in_sight,
            newest_first=newest_first,
            is_refiltered=is_refiltered,
        )
        unseen = self._unseen + came_above(before, keys) if newest_first else 0
        self._rows.expire()
        self._may_be_empty = True
        self.count(len(keys) + _HEADER)
        self._go(place)
        self._count_unseen(unseen)
        if self.cursor != highlighted:
            self._post_highlighted()

    def begin_at(self, key: str | None, *, line: int = 0, sideways: int = 0) -> None:
        """Put the cursor on a row once there are rows, as if the user had moved there.

        `line` is how many visible rows were above it; 0 scrolls no further than needed. `sideways`
        is how many terminal columns are scrolled out of sight, as far as there are so many.
        """
        self._sideways = sideways
        self._cursor.begin_at(key, line)

    def hold_cursor(self) -> None:
        """Keep the cursor on its row although new rows come at the top, until it is moved.

        For a list whose row the user has opened, and will want to find again.
        """
        self._cursor.hold()

    def show_again(self) -> None:
        """Request the cells of the visible rows again, for example as time has passed."""
        self._rows.expire()
        self._may_be_empty = True
        self.repaint()

    def fit_columns(self) -> None:
        """Fit the column widths to the visible rows, for example after the filter has changed."""
        self._forget_widths()
        self._count_unseen(0)
        self._redraw()

    @property
    def line(self) -> int:
        """The cursor's line among the visible rows; 0 if it is not visible."""
        line = self._cursor.index - self.top
        return line if 0 <= line < self._rows_in_sight else 0

    @property
    def sideways(self) -> int:
        """How many terminal columns are scrolled out of sight on the left."""
        return self._sideways

    def move_to(self, key: str) -> bool:
        """Move the cursor to a row and make it visible; return whether the row exists."""
        try:
            index = self.keys.index(key)
        except ValueError:
            return False
        self._walk_to(index)
        return True

    # Moving

    def action_cursor_up(self) -> None:
        """Move the cursor a row up."""
        self._walk_to(self._cursor.index - 1)

    def action_cursor_down(self) -> None:
        """Move the cursor a row down."""
        self._walk_to(self._cursor.index + 1)

    def action_page_up(self) -> None:
        """Move cursor and view a page up."""
        self._leap(-self._rows_in_sight)

    def action_page_down(self) -> None:
        """Move cursor and view a page down."""
        self._leap(self._rows_in_sight)

    def action_half_up(self) -> None:
        """Move cursor and view half a page up."""
        self._leap(-(self._rows_in_sight // 2))

    def action_half_down(self) -> None:
        """Move cursor and view half a page down."""
        self._leap(self._rows_in_sight // 2)

    def action_first(self) -> None:
        """Move the cursor to the first row."""
        self._walk_to(0)

    def action_last(self) -> None:
        """Move the cursor to the last row."""
        self._walk_to(len(self.keys) - 1)

    def action_columns_left(self) -> None:
        """Scroll sideways by a column to the left."""
        starts = self._ready_painter().starts
        self._scroll_sideways(max((x for x in starts if x < self._sideways), default=0))

    def action_columns_right(self) -> None:
        """Scroll sideways by a column to the right, as long as there are hidden ones."""
        painter = self._ready_painter()
        if self._sideways < painter.reach:
            self._scroll_sideways(
                min((x for x in painter.starts if x > self._sideways), default=painter.reach)
            )

    def action_open(self) -> None:
        """Ask for more of the row under the cursor; without rows, say why nothing opens."""
        if self.cursor is not None:
            self.post_message(self.Opened(self, self.cursor))
        else:
            why = next(iter(self.notice.splitlines()), "there are no rows")
            self.app.notify(f"Nothing to open: {why}", severity="warning", markup=False)

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the clicked row, open the row it is on, or post the clicked column."""
        offset = event.get_content_offset(self)
        if offset is None or event.button != 1:
            return
        event.stop()
        index = self.top + offset.y - _HEADER
        if offset.y < _HEADER:
            column = self._ready_painter().column_at(offset.x)
            if column is not None:
                self.post_message(self.HeaderClicked(self, column))
        elif index < len(self.keys):
            if index == self._cursor.index:
                self.action_open()
            else:
                self._walk_to(index)

    # Painting

    def notify_style_update(self) -> None:
        """Clear the styles resolved from the style sheet."""
        super().notify_style_update()
        self._palette = self._painter = None

    def on_resize(self) -> None:
        """Keep the cursor visible, if it was, when the height changes."""
        self._forget_widths()
        was_in_sight = self._cursor.index - self.top < (self._rows_before or len(self.keys))
        self._rows_before = self._rows_in_sight
        if (place := self._cursor.restored(self._rows_in_sight)) is not None:
            self._go(place)
        elif was_in_sight and self._cursor.index >= self.top:
            self._go(self._reveal(self._cursor.index))

    def watch_marked(self) -> None:
        """Repaint the rows whose mark has changed."""
        self.repaint()

    def _redraw(self) -> None:
        self._painter = None
        self.repaint()

    watch_sorting = watch_wide = fit_columns
    watch_columns = watch_notice = _redraw

    @property
    def _rows_in_sight(self) -> int:
        return max(0, self.scrollable_content_region.height - _HEADER)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Update the number of unseen rows."""
        super().watch_scroll_y(old_value, new_value)
        self._count_unseen(self._unseen)

    def _count_unseen(self, rows: int) -> None:
        rows = min(rows, self.top)
        if rows != self._unseen:
            self._unseen = rows
            self.post_message(self.UnseenChanged(self))

    def _walk_to(self, index: int) -> None:
        """Move the cursor for the user, and scroll no further than needed."""
        self._settle(self._reveal(self._cursor.within(index)))

    def _leap(self, rows: int) -> None:
        """Move cursor and view by a number of rows."""
        self._settle(Place(self._cursor.within(self._cursor.index + rows), self.top + rows))

    def _settle(self, place: Place) -> None:
        """Go to the place the user moved to, and post `Highlighted` if the row is another one."""
        is_other = self._cursor.choose(place)
        self._go(place)
        if is_other:
            self._post_highlighted()

    def _post_highlighted(self) -> None:
        is_last = self._cursor.index == len(self.keys) - 1
        self.post_message(self.Highlighted(self, self.cursor, is_last))

    def _reveal(self, index: int) -> Place:
        """Return the place nearest to this one with the cursor on the row and the row visible."""
        lowest_top = index - max(1, self._rows_in_sight) + 1
        return Place(index, min(index, max(self.top, lowest_top)))

    def _go(self, place: Place) -> None:
        self._cursor.index = place.cursor
        top = self.top
        if place.top != top and self._rows_in_sight:
            self.scroll_to(y=place.top, animate=False, force=True)
        if self.top == top:  # otherwise scrolling has painted
            self.repaint()

    def _scroll_sideways(self, cells: int) -> None:
        cells = min(cells, self._ready_painter().reach)
        if cells != self._sideways:
            self._sideways = cells
            self._redraw()

    def _ready_painter(self) -> Painter:
        """Return the painter for the current width, layout and style."""
        width = max(GUTTER + 1, self.scrollable_content_region.width)
        if self._painter is None or self._painter.width != width:
            if self._palette is None:
                colors = COLOR_SYSTEMS[self.app.console.color_system or "truecolor"]
                self._palette = TablePalette.resolve(self.resolve, colors)
            self._painter = Painter(
                self._palette,
                place(
                    self.columns,
                    width - GUTTER,
                    wide=self.wide,
                    contents=self._contents.widths if self.keys else None,
                    kept=self.sorting.column if self.sorting is not None else None,
                    scrolled=self._sideways > 0,
                ),
                width,
                scroll=self._sideways,
                sorting=self.sorting,
                notice=self.notice,
            )
            self._rows.clear()
        return self._painter

    def lines(self) -> list[Strip]:
        """Return the strip of each line."""
        height = self.scrollable_content_region.height
        if not height:
            return []
        keys = self.keys_in_sight
        if self._contents_changed(keys):
            self._painter = None
        painter = self._ready_painter()
        rows = self._rows.strips(keys, self.cursor, self.marked, painter)
        lines = [painter.header, *rows]
        lines += [painter.blank] * (height - len(lines))
        if not self.keys:
            first = _HEADER + max(0, height - _HEADER - len(painter.notice)) // 2
            lines[first : first + len(painter.notice)] = painter.notice[: height - first]
        return lines

    def _forget_widths(self) -> None:
        self._contents.forget()
        self._rows.forget()

    def _contents_changed(self, keys: Sequence[str]) -> bool:
        """Update the column contents from the rows; return whether the layout must change."""
        if self._contents.columns is not self.columns:
            self._contents = Contents(self.columns)
            self._rows.forget()
        changed = self._contents.grow(self._rows.news(keys))
        if self._may_be_empty:
            self._may_be_empty = False
            # Rows near the visible ones may be visible again with the next key.
            page = len(keys)
            near = self.keys[max(0, self.top - page) : self.top + 2 * page]
            changed |= self._contents.drop_empty(self._rows.cells_seen(near))
        return changed
