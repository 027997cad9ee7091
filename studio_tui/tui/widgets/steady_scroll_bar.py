"""A scroll bar that costs nothing while its look does not change.

Textual recreates and sends all of its lines whenever the thumb moves.
"""

from functools import lru_cache, partial
from math import ceil
from typing import Self, cast

from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.color import Color as TextualColor
from textual.filter import LineFilter
from textual.geometry import Region
from textual.reactive import Reactive
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.strip import Strip

_STEPS_PER_CELL = 8
"""Textual draws the ends of the thumb with eighths of a block."""


class SteadyScrollBar(ScrollBar):
    """A vertical scroll bar that caches its lines, and sends only lines that look different."""

    position: Reactive[float] = Reactive(0, repaint=False)
    _lines: list[Strip] | None = None
    """As last drawn; `None` if their look may have changed."""

    def validate_position(self, position: float) -> float:
        """Round the position down to the first position with the same look."""
        return round_to_visible_step(position, self.window_virtual_size, self.window_size)

    def watch_position(self) -> None:
        before, (width, height) = self._lines, self.size
        after = self.draw(height) if before is not None and self.is_attached else []
        if before is None or not len(before) == len(after) == height:
            self.refresh()
            return
        self._lines = after
        # The strips above and below the thumb differ in their mouse actions, but look the same.
        draw = partial(Strip.render, console=self.app.console)
        pairs = enumerate(zip(map(draw, before), map(draw, after), strict=True))
        if changed := [Region(0, y, width, 1) for y, (old, new) in pairs if old != new]:
            super().refresh(*changed)

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        self._lines = None
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def render_lines(self, crop: Region) -> list[Strip]:
        if not self.is_attached:  # removed since the last layout, which the screen still paints
            return [Strip.blank(crop.width)] * crop.height
        height = self.size.height
        if self._lines is None or len(self._lines) != height:
            self._lines = self.draw(height)
        return self._lines[crop.y : crop.bottom]

    def render_line(self, y: int) -> Strip:
        return self.render_lines(Region(0, y, self.size.width, 1))[0]

    def draw(self, height: int) -> list[Strip]:
        """Return the lines that Textual draws; equal lines are the same strip."""
        bar = cast("ScrollBarRender", self.render())
        style = self.app.console.get_style(bar.style)
        looks: list[Segment] = bar.render_bar(
            size=height,
            virtual_size=bar.virtual_size,
            window_size=bar.window_size,
            position=bar.position,
            thickness=bar.thickness,
            back_color=style.bgcolor or Color.default(),
            bar_color=style.color or Color.default(),
        ).segments
        base_style, filters = self.visual_style.rich_style, tuple(self.get_line_filters())
        background = self.background_colors[1]
        return [_strip(look, base_style, filters, background) for look in looks]


@lru_cache(maxsize=256)
def _strip(
    look: Segment, base_style: Style, filters: tuple[LineFilter, ...], background: TextualColor
) -> Strip:
    strip = Strip(Segment.apply_style([look], base_style), cell_len(look.text))
    for line_filter in filters:
        strip = strip.apply_filter(line_filter, background)
    return strip


def round_to_visible_step(position: float, lines: int, lines_in_sight: int) -> float:
    """Round `position` down to the first position at which a scroll bar looks the same.

    Its thumb moves by eighths of a cell, so that in a long list hundreds of positions look the
    same.
    """
    last_position = lines - lines_in_sight
    thumb_height = max(1.0, lines_in_sight**2 / max(1, lines))
    steps = (lines_in_sight - thumb_height) * _STEPS_PER_CELL
    if last_position <= steps:
        return position
    lowest = int(position / last_position * steps) / steps * last_position
    # A multiple of 1/8, as in Textual. Rounded down, it would draw the thumb a step too high.
    return min(last_position, ceil(lowest * _STEPS_PER_CELL) / _STEPS_PER_CELL)
