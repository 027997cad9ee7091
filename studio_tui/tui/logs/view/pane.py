"""The widget with the rows of a log; only lines on the visible and the next page are drawn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.console import COLOR_SYSTEMS
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from studio_tui.presentation.logs.lines import StyledLine
from studio_tui.presentation.logs.search import SearchPattern
from studio_tui.service.logs.store.filtered import FilteredLines
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.tui.logs.view.painter import (
    BOOKMARKED,
    CURRENT,
    SELECTED,
    GutterColumn,
    LogPainter,
    RowOptions,
)
from studio_tui.tui.logs.view.palette import COMPONENTS, LogPalette
from studio_tui.tui.logs.view.place import LogLook
from studio_tui.tui.logs.view.viewport import LogWindow, Row
from studio_tui.tui.placed_styles import resolved_once
from studio_tui.tui.quick_handlers import FindsHandlersOnce
from studio_tui.tui.widgets.lifetime import Lifetime
from studio_tui.tui.widgets.straight import SendsStraight

_PREPARE_AFTER = 0.012
"""Seconds after a key until rows are prepared.

The frame of the key has been sent by then, and a held key is repeated only after 30 to 50 ms.
"""


class LogPane(SendsStraight, FindsHandlersOnce, Lifetime, Widget, can_focus=True):
    """Shows the rows of a log that are in its window, which the surrounding view moves."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = set(COMPONENTS)

    look: reactive[LogLook] = reactive(LogLook())
    """The display options that all logs share."""
    states: reactive[bool] = reactive(False)
    """Whether a rewritten line shows its earlier states too, one per row."""
    is_part: reactive[bool] = reactive(False)
    """Whether the store contains only the end of a log, so that line numbers are unknown."""
    folds: reactive[bool] = reactive(False)
    """Whether rows that are redrawn repeatedly are shown once, at their last line."""
    names: reactive[GutterColumn | None] = reactive(None)
    """The names of the jobs beside the lines of a merged log."""
    times: reactive[GutterColumn | None] = reactive(None)
    """The times beside lines; `None` if `look` hides them, or until a line has a time."""
    left: reactive[int] = reactive(0)
    """Cells of unwrapped lines that are hidden at the left."""
    highlighted: reactive[SearchPattern | None] = reactive(None)
    selected: reactive[tuple[int, int] | None] = reactive(None)
    """Starts of the first and the last selected line."""
    bookmarks: reactive[frozenset[int]] = reactive(frozenset())
    """Starts of the lines with a bookmark."""

    @dataclass
    class Wheeled(Message):
        """The user scrolled by rows, down if positive."""

        rows: int

    class Resized(Message):
        """The size of the pane has changed."""

    @dataclass
    class Picked(Message):
        start: int

    def __init__(self) -> None:
        super().__init__()
        self._window: LogWindow | None = None
        self.stays_at_end = True
        """Whether the end of the log is shown after any change of the size or the display options.

        Otherwise it is shown only if it was visible and the pane has become lower.
        """
        self.current: int | None = None
        """Start of the line to which the user moved the cursor; `None` for the last visible one.

        The cursor is at the nearest visible line. Whoever sets this calls `settle` of the view.
        """
        self._store: LogStore | None = None
        self._painter: LogPainter | None = None
        self._palette: LogPalette | None = None
        self._painted: tuple[object, ...] = ()
        """What the last repaint requested by `repaint_if_changed` depended on."""
        self._painted_cursor: int | None = None
        """The cursor at the last repaint that was requested."""
        self._preparing: Timer | None = None
        self._rows_to_prepare = 0

    @property
    def window(self) -> LogWindow | None:
        """The visible part of the log; `None` if there is no log, or it was closed."""
        if self._store is None or self._store.is_closed:
            return None
        return self._window

    def show(self, store: LogStore | None) -> None:
        self._store = store
        self._painter = self._window = None
        self.current = self._painted_cursor = self.selected = None
        if store is not None:
            self._painter = LogPainter(store, self._ready_palette())
            self._window = LogWindow(store, self._painter.row_count)
            self._adjust()
            self._window.to_end()
        self.refresh()

    def choose(self, chosen: FilteredLines | None, anchor: int) -> None:
        """Show only the lines in `chosen`, or all if it is `None`, near the one at `anchor`."""
        if self._painter is None or self._window is None:
            return
        self._painter.chosen = chosen
        self._window.choose(chosen, anchor)
        self.repaint_if_changed()

    def repaint_if_changed(self) -> None:
        """Repaint everything if the visible rows or their content have changed.

        Otherwise, if the cursor has moved, repaint the lines that it left and reached.
        """
        if self._store is None or self.window is None:
            return
        self._adjust()
        rows = self.window.rows()
        end = self._store.line_end(rows[-1].start) if rows else 0
        painted = (rows, end, self._store.version)
        cursor_before, self._painted_cursor = self._painted_cursor, self._cursor_in(rows)
        if painted != self._painted:
            self._painted = painted
            self.refresh()
        elif cursor_before != self._painted_cursor:
            for y, row in enumerate(rows):
                if row.start in {cursor_before, self._painted_cursor}:
                    self.refresh(Region(0, y, self.size.width, 1))

    def prepare_soon(self, rows: int) -> None:
        """Draw a number of rows below the visible ones, or above if negative, into the cache.

        This is done between two keys, so that the next page appears in about half the time.
        """
        self._rows_to_prepare = rows
        if self._preparing is None:
            self._preparing = self.set_timer(_PREPARE_AFTER, self._prepare, name="next page")
        else:
            self._preparing.reset()

    def _prepare(self) -> None:
        self._preparing, rows = None, self._rows_to_prepare
        painter, window = self._painter, self.window
        if painter is None or window is None:
            return
        shown, beyond = window.rows(), window.beyond(rows)
        page = [*shown, *beyond][len(beyond) :] if rows > 0 else [*beyond, *shown][: len(shown)]
        if not page:
            return
        # On the next page, the cursor is at the same y. Where pages overlap, that row is visible
        # now, and so not in `beyond`.
        at_cursor = page[next(y for y, row in enumerate(shown) if row.start == self.cursor)]
        flags_of = self._flags_by_line(at_cursor.start)
        for row in (*beyond, at_cursor):
            painter.row(row, left=self.left, flags=flags_of(row.start)).render(self.app.console)

    def rows_at(self, start: int) -> tuple[StyledLine, ...]:
        """Return the displayed text of the line at `start`, one item for each row of its form.

        Empty if there is no log.
        """
        return self._painter.styled_rows(start) if self._painter and self.window else ()

    def text_at(self, start: int) -> str:
        """Return the displayed text of the line at `start`, safe; newlines separate its rows."""
        return "\n".join(line.text for line in self.rows_at(start))

    @property
    def in_sight(self) -> list[Row]:
        return self.window.rows() if self.window else []

    @property
    def cursor(self) -> int | None:
        """Start of the current line, to which commands apply; `None` if no line is visible."""
        return self._cursor_in(self.in_sight)

    def _cursor_in(self, rows: Sequence[Row]) -> int | None:
        if not rows:
            return None
        last = rows[-1].start
        if self.current is None or self.current >= last:
            return last
        return next(row.start for row in rows if row.start >= self.current)

    def _ready_palette(self) -> LogPalette:
        if self._palette is None:
            self._palette = resolved_once(self, LogPalette, self._make_palette)
        return self._palette

    def _make_palette(self) -> LogPalette:
        filters, background = self.get_line_filters(), self.background_colors[1]

        def filtered(style: Style) -> Style:
            """Return a style after Textual's filters, such as those for a lack of colors."""
            segments = [Segment("", style)]
            for line_filter in filters:
                segments = line_filter.apply(segments, background)
            return segments[0].style or Style.null()

        match = self.get_component_rich_style("log-pane--match", partial=True)
        colors = COLOR_SYSTEMS[self.app.console.color_system or "truecolor"]
        return LogPalette.resolve(self.get_component_rich_style, match, filtered, colors)

    def notify_style_update(self) -> None:
        self._palette = None
        super().notify_style_update()

    def _adjust(self) -> None:
        if self._painter is None or self.window is None:
            return
        options = RowOptions(
            self._ready_palette(),
            self.look,
            self.size.width,
            self.states,
            self.is_part,
            self.highlighted,
            tuple(filter(None, (self.names, self.times))),
            self.folds,
        )
        window, height = self.window, max(1, self.size.height)
        if (options, height) == (window.shape, window.height):
            self._painter.adjust(options)
            window.settle()
            return
        # A notice that appears below the rows hides neither the current line nor the end of the
        # log.
        stays_at_end = self.stays_at_end or (height < window.height and window.is_at_end)
        rows = window.rows() if window.shape else []
        cursor = self._cursor_in(rows)
        y = next((y for y, row in enumerate(rows) if row.start == cursor), 0)
        are_options_new = options != window.shape
        self._painter.adjust(options)
        window.shape, window.height = options, height
        window.settle()
        if stays_at_end:
            window.to_end()
        elif cursor is not None and are_options_new and cursor != window.top.start:
            window.to(cursor, above=min(y, height - 1))
        if cursor is not None and not self.stays_at_end:
            window.bring_in_sight(cursor)

    def _flags_by_line(self, cursor: int | None) -> Callable[[int], int]:
        """Return a function that returns the flags of the line at an offset, such as `CURRENT`."""
        bookmarks, selected = self.bookmarks, self.selected

        def flags_of(start: int) -> int:
            is_selected = selected is not None and selected[0] <= start <= selected[1]
            return (
                CURRENT * (start == cursor)
                + BOOKMARKED * (start in bookmarks)
                + SELECTED * is_selected
            )

        return flags_of

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw the lines of the crop.

        Textual's own implementation copies every line for borders and for each filter, and for
        links while one is hovered over.
        """
        self._adjust()
        rows = self.in_sight
        width = self.size.width  # a property that takes time
        painter = self._painter if self.window else None
        lines: list[Strip] = []
        if painter is None:
            lines += [Strip.blank(width, self.rich_style)] * crop.height
        else:
            left, flags_of = self.left, self._flags_by_line(self._cursor_in(rows))
            shown = rows[crop.y : crop.bottom]
            lines += [painter.row(row, left=left, flags=flags_of(row.start)) for row in shown]
            lines += [painter.blank() for _ in range(crop.height - len(lines))]
        if crop.x or crop.right < width:
            return [line.crop(crop.x, crop.right) for line in lines]
        return lines

    def render_line(self, y: int) -> Strip:
        return self.render_lines(Region(0, y, self.size.width, 1))[0]

    def on_resize(self) -> None:
        self.post_message(self.Resized())

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.post_message(self.Wheeled(3))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.post_message(self.Wheeled(-3))

    def on_click(self, event: events.Click) -> None:
        rows = self.in_sight
        if event.y < len(rows):
            self.post_message(self.Picked(rows[event.y].start))
