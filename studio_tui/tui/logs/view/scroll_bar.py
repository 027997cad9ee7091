"""The scroll bar of a log, with the positions of matches and errors."""

from collections.abc import Set
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.reactive import reactive
from textual.strip import Strip

from studio_tui.tui.widgets.steady_scroll_bar import SteadyScrollBar

_EIGHTHS = 8
"""Steps per cell that a bar can show."""

_ERROR_TICK = "━"
_MATCH_TICK = "─"


class LogBar(SteadyScrollBar):
    """A scroll bar by bytes that is repainted only when it looks different.

    Its unit is an eighth of a cell: a log that grows by a screenful seldom moves it.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"log-bar--match", "log-bar--error"}

    matches: reactive[Set[int]] = reactive(frozenset())
    """Rows of the bar that contain matches."""
    errors: reactive[Set[int]] = reactive(frozenset())
    """Rows of the bar that contain errors."""

    def __init__(self) -> None:
        super().__init__(vertical=True)
        self._beyond = 0
        """Number of bytes that are not visible."""

    def show(self, first: int, last: int, size: int) -> None:
        """Show the bytes from `first` to `last` of `size`."""
        steps = max(1, self.size.height) * _EIGHTHS
        self._beyond = size - (last - first)
        window = steps
        if self._beyond > 0:
            window = min(steps - 1, max(_EIGHTHS, steps * (last - first) // size))
        self.window_virtual_size = steps
        self.window_size = window
        self.position = (steps - window) * first // max(1, self._beyond)

    def byte_at(self, position: float) -> int:
        """Return the first visible byte when the bar is dragged to `position`."""
        room = max(1, self.window_virtual_size - self.window_size)
        return round(max(0.0, min(1.0, position / room)) * self._beyond)

    def validate_position(self, position: float) -> float:
        """Keep the position, which `show` has rounded."""
        return position

    def draw(self, height: int) -> list[Strip]:
        """Return the lines of the bar, with ticks for matches and errors."""
        strips = super().draw(height)
        for rows, tick, name in (
            (self.matches, _MATCH_TICK, "log-bar--match"),
            (self.errors, _ERROR_TICK, "log-bar--error"),
        ):
            for y in rows:
                if y < height:
                    strips[y] = self._ticked(strips[y], tick, name)
        return strips

    def _ticked(self, strip: Strip, tick: str, name: str) -> Strip:
        below = next((segment.style for segment in strip if segment.style), Style.null())
        ground = below.color if below.reverse else below.bgcolor
        colour = self.get_component_rich_style(name).color
        # What a click does is in the style below.
        style = below + Style(color=colour, bgcolor=ground, reverse=False)
        return Strip([Segment(tick * strip.cell_length, style)], strip.cell_length)
