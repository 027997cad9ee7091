"""The rows of a log, drawn one by one on Textual's line API; only those in sight are ever read."""

from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from studio_tui.presentation.logs.lines import StyledLine
from studio_tui.presentation.logs.row_forms import PLAIN_FORM, Form
from studio_tui.presentation.logs.search import Wanted
from studio_tui.service.logs.store.filtered import FilteredLines
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.tui.logs.view.painter import CURRENT, KEPT, SELECTED, Column, LogPainter, Look
from studio_tui.tui.logs.view.palette import COMPONENTS, Palette
from studio_tui.tui.logs.view.viewport import LogWindow, Row


class LogPane(Widget, can_focus=True):
    """Shows a window of a log; moving it is asked of the view around it."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = set(COMPONENTS)

    wrap: reactive[bool] = reactive(False)
    """Whether long lines take several rows."""
    numbers: reactive[bool] = reactive(False)
    """Whether lines have numbers."""
    is_part: reactive[bool] = reactive(False)
    """Whether this is but the end of a log, whose lines have no numbers yet."""
    form: reactive[Form] = reactive(PLAIN_FORM)
    """In which of their forms lines are shown."""
    folds: reactive[bool] = reactive(False)
    """Whether rows that are drawn over and over are shown once."""
    columns: reactive[tuple[Column, ...]] = reactive(())
    """What is said of each line in the gutter."""
    left: reactive[int] = reactive(0)
    """Cells that are off at the left; it changes by the user's keys only."""
    pill: reactive[str] = reactive("", repaint=False)
    """A word of ours over the end of the last row; empty for none."""
    wanted: reactive[Wanted | None] = reactive(None)
    """What is lit in the text."""
    current: reactive[int | None] = reactive(None)
    """Start of the reader's line, which has a sign in the gutter."""
    selected: reactive[tuple[int, int] | None] = reactive(None)
    """Starts of the first and the last line of a selection."""
    kept: reactive[frozenset[int]] = reactive(frozenset())
    """Starts of the lines with a bookmark."""

    class Wheeled(Message):
        """The user asks to move by rows, down if positive."""

        def __init__(self, rows: int) -> None:
            super().__init__()
            self.rows = rows

    class Resized(Message):
        """There is room for another number of rows."""

    class PillClicked(Message):
        """The user clicked on the pill."""

    class Picked(Message):
        """The user chose a line with the mouse."""

        def __init__(self, start: int) -> None:
            super().__init__()
            self.start = start

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._window: LogWindow | None = None
        self.stays_at_end = True
        """Whether the end remains in sight when there is room for another number of rows."""
        self._store: LogStore | None = None
        self._painter: LogPainter | None = None
        self._palette: Palette | None = None
        self._rows: list[Row] = []
        self._painted: tuple[object, ...] = ()

    @property
    def window(self) -> LogWindow | None:
        """What is in sight; `None` while there is no log, or it was closed."""
        if self._store is None or self._store.is_closed:
            return None
        return self._window

    def show(self, store: LogStore | None) -> None:
        """Show another log, from its end."""
        self._store = store
        self._painter = self._window = None
        self._rows = []
        self.current = self.selected = None
        if store is not None:
            self._painter = LogPainter(store, self._resolve())
            self._window = LogWindow(store, self._painter.parts)
            self._adjust()
            self._window.to_end()
        self.refresh()

    def choose(self, chosen: FilteredLines | None, anchor: int) -> None:
        """Show these lines only, and `anchor` or what is nearest to it; `None` is all lines."""
        if self._painter is None or self._window is None:
            return
        self._painter.chosen = chosen
        self._window.choose(chosen, anchor)
        self.moved()

    def moved(self) -> None:
        """Paint again if other rows, or the same ones with other content, are in sight now."""
        if self._store is None or self.window is None:
            return
        self._adjust()
        rows = self.window.rows()
        end = self._store.line_end(rows[-1].start) if rows else 0
        painted = (rows, end, self._store.version)
        if painted != self._painted:
            self._rows, self._painted = rows, painted
            self.refresh()

    def rows_at(self, start: int) -> tuple[StyledLine, ...]:
        """Return the line at `start` as it is drawn; nothing if there is no log."""
        return self._painter.styled(start) if self._painter and self.window else ()

    def text_at(self, start: int) -> str:
        """Return the text of the line at `start` as it is drawn; safe, perhaps of several lines."""
        return "\n".join(line.text for line in self.rows_at(start))

    @property
    def in_sight(self) -> list[Row]:
        """The rows that are in sight, from the top."""
        return self.window.rows() if self.window else []

    @property
    def at_hand(self) -> int | None:
        """Start of the line an action is about: the reader's if in sight, else the last one."""
        starts = [row.start for row in self.in_sight]
        if self.current in starts or not starts:
            return self.current if starts else None
        return starts[-1]

    @property
    def current_in_sight(self) -> int | None:
        """Start of the reader's line; one that was scrolled away is not where the reader is."""
        return self.current if any(row.start == self.current for row in self.in_sight) else None

    def _resolve(self) -> Palette:
        if self._palette is None:
            match = self.get_component_rich_style("log-pane--match", partial=True)
            self._palette = Palette.resolve(self.get_component_rich_style, match, self._filtered)
        return self._palette

    def _filtered(self, style: Style) -> Style:
        """Return a style as the filters for plain terminals leave it."""
        segments = [Segment("", style)]
        for line_filter in self.get_line_filters():
            segments = line_filter.apply(segments, self.background_colors[1])
        return segments[0].style or Style.null()

    def notify_style_update(self) -> None:
        """Forget the styles resolved so far."""
        self._palette = None
        super().notify_style_update()

    def _adjust(self) -> None:
        if self._painter is None or self.window is None:
            return
        look = Look(
            self._resolve(),
            self.size.width,
            self.wrap,
            self.numbers,
            self.is_part,
            self.wanted,
            self.form,
            self.columns,
            self.folds,
        )
        self._painter.adjust(look)
        height = max(1, self.size.height)
        has_changed = height != self.window.height
        self.window.shape = look
        self.window.height = height
        self.window.settle()
        if has_changed and self.stays_at_end:
            self.window.to_end()

    def _sign(self, start: int) -> int:
        sign = CURRENT if start == self.current else 0
        if start in self.kept:
            sign += KEPT
        if self.selected and self.selected[0] <= start <= self.selected[1]:
            sign += SELECTED
        return sign

    def render_lines(self, crop: Region) -> list[Strip]:
        """Look once at what is in sight, then draw the lines of the crop.

        Textual's own way copies every line thrice, for borders, filters and links. Styles are
        filtered in the palette, and there are neither links nor a border.
        """
        self._adjust()
        self._rows = self.window.rows() if self.window else []
        lines = [self.render_line(y) for y in range(crop.y, crop.bottom)]
        if crop.x or crop.right < self.size.width:
            return [line.crop(crop.x, crop.right) for line in lines]
        return lines

    def render_line(self, y: int) -> Strip:
        """Draw one row."""
        painter = self._painter if self.window else None
        if painter is None:
            return Strip.blank(self.size.width, self.rich_style)
        if y < len(self._rows):
            row = self._rows[y]
            strip = painter.row(row, left=self.left, sign=self._sign(row.start))
        else:
            strip = painter.blank()
        return self._with_pill(strip) if self.pill and y == self.size.height - 1 else strip

    def _with_pill(self, strip: Strip) -> Strip:
        text = f" {self.pill} "
        room = max(0, self.size.width - cell_len(text))
        pill = Segment(text, self._filtered(self.get_component_rich_style("log-pane--pill")))
        return Strip([*strip.crop(0, room), pill]).adjust_cell_length(self.size.width)

    def watch_pill(self) -> None:
        """Paint the last row only."""
        self.refresh(Region(0, self.size.height - 1, self.size.width, 1))

    def on_resize(self) -> None:
        """Tell the view, which knows whether to stay at the end."""
        self.post_message(self.Resized())

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Ask to move down."""
        event.stop()
        self.post_message(self.Wheeled(3))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Ask to move up."""
        event.stop()
        self.post_message(self.Wheeled(-3))

    def on_click(self, event: events.Click) -> None:
        """Follow on a click on the pill, else take the line under the pointer as the reader's."""
        at_pill = event.x >= self.size.width - cell_len(self.pill) - 2
        if self.pill and event.y == self.size.height - 1 and at_pill:
            self.post_message(self.PillClicked())
        elif event.y < len(self._rows):
            self.post_message(self.Picked(self._rows[event.y].start))
