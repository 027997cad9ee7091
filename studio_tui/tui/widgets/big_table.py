"""A table for 100,000 rows, which formats only visible or measured rows and paints only changes."""

from collections.abc import Sequence
from typing import ClassVar

from rich.console import COLOR_SYSTEMS
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from studio_tui.presentation.columns import Column
from studio_tui.tui.widgets.line_view import LineView
from studio_tui.tui.widgets.table_cursor import Place, RowChange, TableCursor, count_above
from studio_tui.tui.widgets.table_drawing import HEADER, TableDrawing, TableLook
from studio_tui.tui.widgets.table_painter import COMPONENTS, CellsOf, Painter, Sorting, TablePalette
from studio_tui.tui.widgets.table_viewport import TableViewport
from studio_tui.tui.widgets.toasts import notify_here

_OPEN = Binding(
    "enter", "open", "open", show=False, id="table.open", tooltip="Open the row at the cursor"
)


class BigTable(LineView, can_focus=True, inherit_bindings=False):
    """A table of rows identified by keys; `show` says where the cursor goes as the rows change."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = set(COMPONENTS)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "walk(-1)", "Go up a row", show=False, id="table.up"),
        Binding("down,j", "walk(1)", "Go down a row", show=False, id="table.down"),
        Binding("pageup", "page(-1)", "Go up a page", show=False, id="table.page_up"),
        Binding("pagedown", "page(1)", "Go down a page", show=False, id="table.page_down"),
        Binding("ctrl+u", "page(-0.5)", "Go up half a page", show=False, id="table.half_up"),
        Binding("ctrl+d", "page(0.5)", "Go down half a page", show=False, id="table.half_down"),
        Binding("home,g", "first", "Go to the first row", show=False, id="table.first"),
        Binding("end,G", "last", "Go to the last row", show=False, id="table.last"),
        Binding("left", "columns(-1)", "Scroll columns to the left", show=False, id="table.left"),
        Binding("right", "columns(1)", "Scroll columns to the right", show=False, id="table.right"),
        _OPEN,
    ]

    columns: reactive[tuple[Column, ...]] = reactive((), repaint=False, init=False)
    """In order; the table's width and the texts decide which are shown."""

    sorting: reactive[Sorting | None] = reactive(None, repaint=False, init=False)
    """The order that the header indicates; the rows keep the order given to `show`."""

    marked: reactive[frozenset[str]] = reactive(frozenset(), repaint=False, init=False)
    """Keys of the marked rows; keys without a row are ignored."""

    wide: reactive[bool] = reactive(False, repaint=False, init=False)
    """Whether a narrow table scrolls sideways, and so drops only columns without texts."""

    notice: reactive[str] = reactive("", repaint=False, init=False)
    """Safe text shown when there are no rows, of any number of lines; empty for none."""

    class Highlighted(Message):
        """The cursor has moved to another row."""

        def __init__(self, key: str | None, is_last: bool) -> None:
            super().__init__()
            self.key = key
            """Key of the row; `None` without rows. A handler may find that the row is gone."""
            self.is_last = is_last

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, BigTable.Highlighted)

    class UnseenChanged(Message):
        """The number of unseen new rows above has changed; see `unseen`."""

    class Opened(Message):
        """The user opened a row."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    class HeaderClicked(Message):
        """The user clicked the title of a column."""

        def __init__(self, column: str) -> None:
            super().__init__()
            self.column = column

    def __init__(
        self,
        columns: Sequence[Column],
        cells_of: CellsOf,
        *,
        notice: str = "",
        id: str | None = None,  # noqa: A002 (as Textual calls it)
    ) -> None:
        super().__init__(id=id)
        self.set_reactive(BigTable.columns, tuple(columns))
        self.set_reactive(BigTable.notice, notice)
        self.drawing = TableDrawing(cells_of, self.columns, self._resolved_palette)
        self._cursor = TableCursor()
        self._unseen = 0
        self._newest_before = ""
        self._last_highlighted: str | None = None
        self._viewport = TableViewport(self, self._cursor)

    @property
    def keys(self) -> Sequence[str]:
        """The keys of the rows, in the order shown."""
        return self._cursor.keys

    @property
    def keys_in_sight(self) -> Sequence[str]:
        """The keys of the visible rows."""
        return self._viewport.keys

    @property
    def cursor(self) -> str | None:
        """Key of the row under the cursor; `None` if there are no rows."""
        return self._cursor.key

    @property
    def chosen(self) -> str | None:
        """Key of the row under the cursor if the user moved there or opened it; else `None`."""
        return self._cursor.chosen

    @property
    def unseen(self) -> int:
        """How many new rows were added at the top and have not been visible yet."""
        return self._unseen

    def show(
        self, keys: Sequence[str], *, newest_first: bool = False, change: RowChange = RowChange.ROWS
    ) -> None:
        """Show these rows in this order, and request their cells again.

        The cursor stays on its row, and the visible rows stay on their lines (see `place_after`).
        But a table at its top stays there, and scrolls only to keep the cursor visible, in two
        cases: the user has not moved the cursor; or the newest rows come first. If these come
        first, a cursor on the first row stays there until the user moves it or opens its row, and
        new rows above the visible rows count as unseen.

        Args:
            keys: Distinct keys. The table keeps the sequence, so it must not change afterwards.
            newest_first: Whether new rows are added at the top.
            change: After a change by the user, no row counts as unseen. With another filter, the
                cursor returns to the row that the user last moved to, if `keys` contain it. In
                another order, a cursor on the first row of a table at its top stays there.
        """
        keys_before = self.keys
        rows = self._viewport.rows
        was_restored = self._cursor.place_to_restore(rows) is not None
        place = self._cursor.replace(keys, self.top, rows, newest_first=newest_first, change=change)
        counts_unseen = newest_first and change is RowChange.ROWS
        unseen = self._unseen + count_above(keys_before, keys) if counts_unseen else 0
        self.drawing.expire()
        self.set_line_count(len(keys) + HEADER)
        self._viewport.go(place)
        self._set_unseen(unseen)
        if keys_before and not counts_unseen:
            self._newest_before = ""
        if not was_restored:
            self._count_unseen_before()
        self._post_highlighted()

    def begin_at(
        self, key: str | None, *, line: int = 0, sideways: int = 0, newest: str = ""
    ) -> None:
        """Put the cursor on a row once the table has the row; `chosen` remains `None`.

        `line` rows are then visible above it; 0 scrolls no further than needed. `sideways` is
        limited to the width of the table. Rows above the row `newest`, if any, count as unseen.
        """
        self.drawing.sideways = sideways
        self._newest_before = newest
        self._cursor.begin_at(key, line)

    def join_cursor_to(self, key: str) -> None:
        """At the next `show`, put the cursor on the row `key`, which replaces the cursor's row."""
        self._cursor.join_to(key)

    def pin_cursor(self) -> None:
        """Stay on the row, if there is one, as if the user had moved there."""
        if self.keys:
            self._cursor.choose(Place(self._cursor.index, self.top))

    def show_again(self) -> None:
        """Request the cells of the visible rows again."""
        self.drawing.expire()
        self.repaint()

    @property
    def line(self) -> int:
        """Index of the cursor's row among the visible rows; 0 if the row is not visible."""
        return self._viewport.line

    @property
    def sideways(self) -> int:
        """How many terminal columns are scrolled out of sight on the left."""
        return self.drawing.sideways

    def move_to(self, key: str) -> bool:
        """Move the cursor to a row and make it visible; return whether the row exists."""
        if is_listed := key in self.keys:
            self._walk_to(self.keys.index(key))
        return is_listed

    # Moving

    def action_walk(self, rows: int) -> None:
        self._walk_to(self._cursor.index + rows)

    def action_page(self, pages: float) -> None:
        self._viewport.leap(int(pages * self._viewport.rows))
        self._post_highlighted()

    def action_first(self) -> None:
        self._walk_to(0)

    def action_last(self) -> None:
        self._walk_to(len(self.keys) - 1)

    def action_columns(self, direction: int) -> None:
        if (stop := self._painter().next_scroll(self.sideways, direction)) != self.sideways:
            self.drawing.sideways = stop
            self.repaint()

    def action_open(self) -> None:
        """Post `Opened` for the row under the cursor; without rows, notify why nothing opens."""
        if self.cursor is not None:
            self.pin_cursor()
            self.post_message(self.Opened(self.cursor))
        else:
            reason = next(iter(self.notice.splitlines()), "there are no rows")
            notify_here(self.app, f"Nothing to open: {reason}", "warning")

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or event.button != 1:
            return
        event.stop()
        index = self.top + offset.y - HEADER
        if offset.y < HEADER:
            if (column := self._painter().column_at(offset.x)) is not None:
                self.post_message(self.HeaderClicked(column))
        elif index < len(self.keys):
            if index == self._cursor.index:
                self.action_open()
            else:
                self._walk_to(index)

    # Painting

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.drawing.forget_styles()

    def on_resize(self) -> None:
        self._viewport.resized()
        self._count_unseen_before()

    watch_marked = watch_wide = watch_columns = watch_notice = watch_sorting = LineView.repaint

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._set_unseen(self._unseen)

    def _set_unseen(self, rows: int) -> None:
        rows = min(rows, self.top)  # the visible rows and the rows below them have been seen
        if rows != self._unseen:
            self._unseen = rows
            self.post_message(self.UnseenChanged())

    def _count_unseen_before(self) -> None:
        """While the cursor is at the place of `begin_at`, count the rows above the row `newest`."""
        is_at_place = self._cursor.place_to_restore(self._viewport.rows) is not None
        if self._newest_before and is_at_place and self._newest_before in self.keys:
            self._set_unseen(self.keys.index(self._newest_before))

    def _walk_to(self, index: int) -> None:
        self._viewport.walk_to(index)
        self._post_highlighted()

    def _post_highlighted(self) -> None:
        if self.cursor != self._last_highlighted:
            self._last_highlighted = self.cursor
            is_last = self._cursor.index == len(self.keys) - 1
            self.post_straight(self.Highlighted(self.cursor, is_last))

    def _painter(self) -> Painter:
        return self.drawing.painter(self._look())

    def _look(self) -> TableLook:
        region = self.scrollable_content_region
        return TableLook(self.columns, region.width, self.wide, self.sorting, self.notice)

    def _resolved_palette(self) -> TablePalette:
        system = self.app.console.color_system or "truecolor"
        return TablePalette.resolve(self.resolve, COLOR_SYSTEMS[system])

    def lines(self) -> list[Strip]:
        height = self.scrollable_content_region.height
        if not height:
            return []
        return self.drawing.lines(self._look(), height, self.top, self._cursor, self.marked)
