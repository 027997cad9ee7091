"""The scroll bar of a log, with ticks where there are matches and errors."""

from collections.abc import Set
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.reactive import reactive
from textual.strip import Strip

from studio_tui.tui.widgets.steady_scroll_bar import SteadyScrollBar

_EIGHTHS = 8
"""Steps per cell: the bar is drawn with eighths of a cell."""

_ERROR_TICK = "━"
_MATCH_TICK = "─"


class LogBar(SteadyScrollBar):
    """A scroll bar whose positions are bytes; it moves, and is repainted, by eighths of a cell."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"log-bar--match", "log-bar--error"}

    matches: reactive[Set[int]] = reactive(frozenset())
    """The rows of the bar with matches, from 0 at the top."""
    errors: reactive[Set[int]] = reactive(frozenset())
    """The rows of the bar with errors, from 0 at the top."""

    def __init__(self) -> None:
        super().__init__(vertical=True)
        self._beyond = 0
        """Number of bytes of the log that are not visible."""

    def show(self, first: int, last: int, size: int) -> None:
        """Show that the bytes from `first` to `last` of `size` are visible."""
        steps = max(1, self.size.height) * _EIGHTHS
        self._beyond = size - (last - first)
        window = steps
        if self._beyond > 0:
            window = min(steps - 1, max(_EIGHTHS, steps * (last - first) // size))
        self.window_virtual_size = steps
        self.window_size = window
        self.position = (steps - window) * first // max(1, self._beyond)

    def byte_at(self, position: float) -> int:
        """Return the offset of the first visible byte after the bar is dragged to `position`."""
        room = max(1, self.window_virtual_size - self.window_size)
        return round(max(0.0, min(1.0, position / room)) * self._beyond)

    def validate_position(self, position: float) -> float:
        """Return `position` unchanged, as `show` has rounded it."""
        return position

    def draw(self, height: int) -> list[Strip]:
        """Return the lines of the bar, with a tick where there are matches or errors."""
        strips = super().draw(height)
        for rows, tick, name in (
            (self.matches, _MATCH_TICK, "log-bar--match"),
            (self.errors, _ERROR_TICK, "log-bar--error"),
        ):
            for y in rows:
                if y < height:
                    strips[y] = self._with_tick(strips[y], tick, name)
        return strips

    def _with_tick(self, strip: Strip, tick: str, name: str) -> Strip:
        bar_style = next((segment.style for segment in strip if segment.style), Style.null())
        ground = bar_style.color if bar_style.reverse else bar_style.bgcolor
        color = self.get_component_rich_style(name).color
        # The style of the bar also has the action of a click.
        style = bar_style + Style(color=color, bgcolor=ground, reverse=False)
        return Strip([Segment(tick * strip.cell_length, style)], strip.cell_length)
