"""A view of a drawing larger than the screen, which renders only the visible part."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, TypeAlias

from rich.cells import cell_len, set_cell_size
from rich.console import COLOR_SYSTEMS
from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from studio_tui.presentation.cells import Tone
from studio_tui.tui.widgets.line_view import LineView
from studio_tui.tui.widgets.quick_strip import Brush, QuickStrip

BLANK = Tone.PLAIN

LOOKS = (*Tone, "edge", "lit", "heavy", "cursor", "marked", "faint")
"""Names of styles, which can be combined: `lit faint`.

`lit` is for what leads to the job at the cursor and from it, `heavy` for the critical path.
"""

SIDE_STEP = 8
"""Cells by which the mouse scrolls sideways."""

MARGIN = 2
"""Cells and lines around an area; they are scrolled into view with it."""

StyledTexts: TypeAlias = tuple[tuple[str, str], ...]
"""A line as pairs of a style's name and a text."""

LinesOf: TypeAlias = Callable[[range, int, int], Sequence[tuple[int, StyledTexts]]]
"""Called with the visible lines, the first visible cell and the one after the last.

Returns for each line the cell where its content begins, and its content, which may reach beyond
these cells.
"""


class Area(NamedTuple):
    """A part of one line of a drawing, in cells."""

    x: int
    y: int
    width: int


class Resized(Message):
    """The view of the rows or of the drawing has a new size."""


def _step(keys: str, direction: str, words: str) -> Binding:
    action = f"step('{direction}')"
    return Binding(keys, action, direction, id=f"graph.{direction}", tooltip=words)


class GraphView(LineView, can_focus=True, inherit_bindings=False):
    """Shows a drawing that scrolls in both directions."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"graph--{look}" for look in LOOKS}
    BINDINGS: ClassVar[list[BindingType]] = [
        _step("up,k", "up", "Go to the job above"),
        _step("down,j", "down", "Go to the job below"),
        _step("left,h", "left", "Go to the job on the left"),
        _step("right", "right", "Go to the job on the right"),
        _step("home,g", "first", "Go to the first job"),
        _step("end,G", "last", "Go to the last job"),
        Binding("pageup,ctrl+u", "page(-1)", "page up", id="graph.page_up",
                tooltip="Scroll up a page; the cursor stays on its job"),
        Binding("pagedown,ctrl+d", "page(1)", "page down", id="graph.page_down",
                tooltip="Scroll down a page; the cursor stays on its job"),
        Binding("enter", "open", "open", id="graph.open",
                tooltip="Show everything about the job, or the jobs of the group"),
    ]  # fmt: skip

    @dataclass
    class Pointed(Message):
        """The user clicked a cell of the drawing."""

        x: int
        y: int

    class Opened(Message):
        """The user asked to open the job or group under the cursor."""

    def __init__(self, cursor_area: Callable[[], Area | None] = lambda: None) -> None:
        """Make a view; `cursor_area` returns the area of the cursor, if there is one."""
        super().__init__(id="dag-graph")
        self._cursor_area = cursor_area
        self._lines_of: LinesOf = lambda *_: ()
        self._width = self._height = 0
        self._left = 0
        self.step: Callable[[str], None] = lambda _: None
        """Moves the cursor in a direction; set by the screen, as a message would be slower."""
        self._brush: Brush | None = None
        self._drawn: dict[int, tuple[tuple[int, StyledTexts], Strip]] = {}
        """The visible lines, by number: what `LinesOf` returned, and the strip made of it."""
        self._drawn_at = (0, 0)
        """The value of `left` and the width of the lines in `_drawn`."""

    @property
    def corner(self) -> tuple[int, int]:
        """The cells and lines of the drawing hidden at the left and above."""
        return self._left, self.top

    def show(self, width: int, height: int, lines_of: LinesOf) -> None:
        """Show a drawing of a given size in cells and lines."""
        self._lines_of = lines_of
        self._width, self._height = width, height
        self.set_line_count(height)
        self._left = max(0, min(self._left, width - self._size_in_sight[0]))
        if self.top > self._last_top:
            self.scroll_to(y=self._last_top, animate=False, force=True)
        self.repaint()

    def reveal(self) -> None:
        """Scroll as little as needed to make the cursor visible, with a margin; then repaint."""
        if (area := self._cursor_area()) is None:
            self.repaint()
            return
        width, height = self._size_in_sight
        self.scroll_corner_to(
            _nearest(self._left, area.x, area.width, width, self._width),
            _nearest(self.top, area.y, 1, height, self._height),
        )

    @property
    def shows_cursor(self) -> bool:
        """Whether the cursor is visible; if it is wider than the view, its beginning."""
        if (area := self._cursor_area()) is None:
            return False
        width, height = self._size_in_sight
        shown = min(area.width, width)
        is_visible_across = self._left <= area.x <= self._left + width - shown
        return is_visible_across and self.top <= area.y < self.top + height

    def center(self) -> None:
        """Scroll the cursor to the middle, as far as possible."""
        if (area := self._cursor_area()) is not None:
            width, height = self._size_in_sight
            self.scroll_corner_to(area.x + area.width // 2 - width // 2, area.y - height // 2)

    def scroll_corner_to(self, left: int, top: int) -> None:
        """Scroll a cell of the drawing to the upper left corner, as far as possible."""
        width, height = self._size_in_sight
        self._left = max(0, min(left, self._width - width))
        top = max(0, min(top, self._height - height))
        before = self.top
        if top != before and height:
            self.scroll_to(y=top, animate=False, force=True)
        if self.top == before:  # otherwise scrolling has painted
            self.repaint()

    def on_resize(self) -> None:
        self.post_message(Resized())

    # Keys and mouse.

    def action_step(self, direction: str) -> None:
        self.step(direction)

    def action_page(self, pages: int) -> None:
        self.scroll_corner_to(self._left, self.top + pages * max(1, self._size_in_sight[1] - 1))

    def action_open(self) -> None:
        self.post_message(self.Opened())

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is not None and event.button == 1:
            event.stop()
            self.post_message(self.Pointed(offset.x + self._left, offset.y + self.top))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        if event.shift or event.ctrl:
            self._scroll_by(event, SIDE_STEP)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        if event.shift or event.ctrl:
            self._scroll_by(event, -SIDE_STEP)

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        self._scroll_by(event, SIDE_STEP)

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        self._scroll_by(event, -SIDE_STEP)

    # Painting.

    def lines(self) -> list[Strip]:
        width, height = self._size_in_sight
        if self._drawn_at != (self._left, width):
            self._drawn.clear()
            self._drawn_at = (self._left, width)
        rows = range(self.top, self.top + height)
        inside = range(self.top, max(self.top, min(rows.stop, self._height)))
        contents = self._lines_of(inside, self._left, self._left + width)
        lines = dict(zip(inside, contents, strict=True))
        before, self._drawn = self._drawn, {}
        return [self._strip(y, lines.get(y, (self._left, ())), width, before) for y in rows]

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._brush = None
        self._drawn.clear()

    def _strip(
        self,
        y: int,
        line: tuple[int, StyledTexts],
        width: int,
        before: dict[int, tuple[tuple[int, StyledTexts], Strip]],
    ) -> Strip:
        drawn = before.get(y)
        if drawn is None or (drawn[0] is not line and drawn[0] != line):
            texts = crop_texts(line[1], self._left - line[0], width)
            drawn = line, QuickStrip(texts, self._ready_brush(), width)
        self._drawn[y] = drawn
        return drawn[1]

    def _ready_brush(self) -> Brush:
        if self._brush is None:
            colors = COLOR_SYSTEMS[self.app.console.color_system or "truecolor"]
            self._brush = Brush(
                lambda name: self.resolve(*(f"graph--{look}" for look in name.split())), colors
            )
        return self._brush

    @property
    def _size_in_sight(self) -> tuple[int, int]:
        return self.scrollable_content_region.size

    @property
    def _last_top(self) -> int:
        return max(0, self._height - self._size_in_sight[1])

    def _scroll_by(self, event: events.MouseEvent, cells: int) -> None:
        event.stop()
        event.prevent_default()
        self.scroll_corner_to(self._left + cells, self.top)


def crop_texts(texts: Sequence[tuple[str, str]], left: int, width: int) -> StyledTexts:
    """Return the `width` cells of a line from cell `left` on, which is at least 0, padded."""
    styled: list[tuple[str, str]] = []
    skip, room = left, width
    for style, text in texts:
        length = cell_len(text)
        if skip >= length:
            skip -= length
            continue
        if skip:
            text = Segment(text).split_cells(skip)[1].text  # noqa: PLW2901 (the visible part)
            length, skip = length - skip, 0
        if length >= room:
            styled.append((style, set_cell_size(text, room)))
            return tuple(styled)
        styled.append((style, text))
        room -= length
    styled.append((BLANK, " " * room))
    return tuple(styled)


def _nearest(start: int, place: int, size: int, room: int, whole: int) -> int:
    """Return the scroll position nearest to `start` that shows a place with its margin.

    Of `whole` cells or lines, `room` are visible. A place that does not fit is shown from its
    beginning.
    """
    margin = min(MARGIN, max(0, (room - size) // 2))
    first = max(0, place - margin)
    last = min(whole, place + size + margin)
    return min(max(start, last - room), first)
