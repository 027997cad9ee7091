"""A view of lines that repaints only changed lines.

Its scroll bar is created as docs/upstream/scroll-bar-class.md describes.
"""

from abc import abstractmethod

from rich.segment import Segment
from rich.style import Style
from textual.geometry import NULL_SPACING, Region, Size
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar
from textual.strip import Strip

from studio_tui.tui.quick_handlers import FindsHandlersOnce
from studio_tui.tui.widgets.steady_scroll_bar import SteadyScrollBar
from studio_tui.tui.widgets.straight import SendsStraight


class LineView(SendsStraight, FindsHandlersOnce, ScrollView):
    """Shows the lines of a subclass, and asks Textual to paint only the changed lines.

    The style sheet must reserve the space of the vertical scroll bar.
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (as Textual calls it)
        super().__init__(id=id)
        self.auto_links = False  # there are none, and searching costs time at every paint
        self._painted: list[Strip] = []
        self._next: list[Strip] | None = None
        """The lines to paint next; `None` if `lines()` must be called for them."""
        self._next_size = Size()

    @abstractmethod
    def lines(self) -> list[Strip]:
        """Return the strip of each visible line, as wide as the view without its scroll bar.

        A line that looks the same as before must be the identical `Strip` object.
        """

    @property
    def top(self) -> int:
        """Index of the topmost visible line among the lines that scroll."""
        return self.scroll_offset.y

    def repaint(self) -> None:
        """Request the painting of the lines that have changed since the last painting."""
        lines = self._next = self.lines()
        self._next_size = self.outer_size
        if len(lines) != len(self._painted):
            changed = list(range(len(lines)))
        else:
            changed = [y for y, line in enumerate(lines) if line is not self._painted[y]]
        if not changed:
            return
        width = self.scrollable_content_region.width
        if changed[-1] - changed[0] + 1 == len(changed):
            self.refresh(Region(0, changed[0], width, len(changed)))
        else:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the strips of a region.

        Textual copies every line three times, for borders, filters and links. Here `resolve`
        applies the filters, and there are no links.
        """
        if self._next is None or self._next_size != self.outer_size:
            self._next = self.lines()
        self._painted, self._next = self._next, None
        if self.styles.gutter != NULL_SPACING:
            return super().render_lines(crop)
        lines = self._painted[crop.y : crop.bottom]
        if crop.x or crop.right < self.outer_size.width:
            return [line.crop(crop.x, crop.right) for line in lines]
        return lines

    def render_line(self, y: int) -> Strip:
        """Return a line of `render_lines`; Textual asks for it only to add border and padding."""
        return self._painted[y]

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._next = None

    @property
    def vertical_scrollbar(self) -> ScrollBar:
        if self._vertical_scrollbar is None:
            self._vertical_scrollbar = SteadyScrollBar(
                name="vertical", thickness=self.scrollbar_size_vertical
            )
            self._vertical_scrollbar.display = False
            self.app._start_widget(self, self._vertical_scrollbar)
        return self._vertical_scrollbar

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        if self.parent is None:
            return  # Textual's animation of a scroll goes on after the widget has been removed
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.position = new_value
        if round(old_value) != round(new_value):
            self.repaint()

    def set_line_count(self, lines: int) -> None:
        """Set the number of lines to scroll through.

        Assigning `virtual_size` would lay out the screen and paint the whole view.
        """
        self.set_reactive(LineView.virtual_size, Size(0, lines))
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.window_virtual_size = lines

    def resolve(self, *components: str) -> Style:
        """Return the style of component classes after Textual's line filters."""
        segments = [Segment("", self.get_visual_style(*components).rich_style)]
        for line_filter in self.get_line_filters():
            segments = line_filter.apply(segments, self.background_colors[1])
        style = segments[0].style or Style.null()
        # `get_visual_style` drops reverse, which is the only highlight without color.
        is_reverse = any(self.get_component_styles(each).text_style.reverse for each in components)
        return style + Style(reverse=True) if self.app.no_color and is_reverse else style
