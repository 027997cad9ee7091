"""A scroll bar that costs nothing while its look does not change.

Textual processes all lines of a scroll bar at every frame of the scrolled widget, and recreates
them as Rich renderables when the thumb moves, and sends all of them: a fifth of the output of a
page. This class depends on how Textual draws its bars; the
tests check these assumptions.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import partial
from math import ceil
from typing import Self, cast

from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment
from textual.geometry import Region
from textual.reactive import Reactive
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.strip import Strip

_EIGHTHS = 8


class SteadyScrollBar(ScrollBar):
    """A vertical scroll bar that caches its lines, and sends those that look different."""

    position: Reactive[float] = Reactive(0, repaint=False)
    _lines: list[Strip] | None = None
    _strips: Mapping[Segment, Strip] = {}
    """Cache of strips by look, for the style, filters and background in `_strips_for`."""
    _strips_for: object = None

    def validate_position(self, position: float) -> float:
        """Round the position down to the nearest one that looks different."""
        return coarse(position, self.window_virtual_size, self.window_size)

    def watch_position(self) -> None:
        """Repaint the rows that the thumb has entered or left."""
        before, (width, height) = self._lines, self.size
        after = self.draw(height) if before is not None and self.is_attached else []
        if before is None or not len(before) == len(after) == height:
            self.refresh()
            return
        self._lines = after
        # What they are for, above or below the thumb, is not visible.
        draw = partial(Strip.render, console=self.app.console)
        pairs = enumerate(zip(map(draw, before), map(draw, after), strict=True))
        if changed := [Region(0, y, width, 1) for y, (old, new) in pairs if old != new]:
            super().refresh(*changed)

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        """Redraw at the next frame."""
        self._lines = None
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def render_lines(self, crop: Region) -> list[Strip]:
        height = self.size.height
        if self._lines is None or len(self._lines) != height:
            self._lines = self.draw(height)
        return self._lines[crop.y : crop.bottom]

    def render_line(self, y: int) -> Strip:
        return self.render_lines(Region(0, y, self.size.width, 1))[0]

    def draw(self, height: int) -> list[Strip]:
        """Return Textual's lines, with one strip for all equal ones."""
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
        strips = self._strips_of(set(looks))
        return [strips[look] for look in looks]

    def _strips_of(self, looks: AbstractSet[Segment]) -> Mapping[Segment, Strip]:
        """Return a strip for each look; a thumb that moves has only a few."""
        under, filters = self.visual_style.rich_style, tuple(self.get_line_filters())
        background = self.background_colors[1]
        made_for = under, filters, background
        known = self._strips if self._strips_for == made_for else {}
        strips = dict(known)
        for look in looks - known.keys():
            strip = Strip(Segment.apply_style([look], under), cell_len(look.text))
            for line_filter in filters:
                strip = strip.apply_filter(line_filter, background)
            strips[look] = strip
        self._strips, self._strips_for = strips, made_for
        return strips


def coarse(position: float, lines: int, lines_in_sight: int) -> float:
    """Round `position` down to one at which a scroll bar looks different.

    A bar is as high as the visible area, and its thumb moves by eighths of a cell: in a long list,
    hundreds of positions look the same.
    """
    furthest = lines - lines_in_sight
    thumb = max(1.0, lines_in_sight**2 / max(1, lines))
    eighths = (lines_in_sight - thumb) * _EIGHTHS
    if furthest <= eighths:
        return position
    lowest = int(position / furthest * eighths) / eighths * furthest
    return min(furthest, ceil(lowest * _EIGHTHS) / _EIGHTHS)  # Textual's precision
