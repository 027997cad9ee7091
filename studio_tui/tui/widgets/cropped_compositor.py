"""A compositor that renders only rows to draw; see docs/upstream/cropped-rendering.md."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip


def crop_rendering(screen: Screen[Any]) -> None:
    """Give a screen that is not mounted yet a `CroppedCompositor`."""
    screen._compositor = CroppedCompositor()


class CroppedCompositor(Compositor):
    """Renders only the changed rows, and skips widgets that others cover there completely."""

    def render_partial_update(self) -> ChopsUpdate | None:
        """Return the changed pieces, without the empty ones that Textual adds at their right."""
        update = super().render_partial_update()
        if update is not None:
            lines = cast("Sequence[dict[int, Strip | None]]", update.chops)
            for y, _, end in update.spans:
                if end in lines[y]:
                    lines[y][end] = None  # this piece begins after the changed span
        return update

    def _get_renders(
        self, crop: Region | None = None
    ) -> Iterable[tuple[Region, Region, list[Strip]]]:
        """Yield region, clip and rows of the widgets in `crop`, the topmost first."""
        if crop is None:
            yield from super()._get_renders()
            return
        band = Region(0, crop.y, self.size.width, crop.height)
        uncovered = [crop]
        for widget, (region, clip) in self.visible_widgets.items():
            drawn = region.intersection(clip).intersection(band)
            if not any(drawn.overlaps(part) for part in uncovered):
                continue
            yield region, drawn, widget.render_lines(drawn.translate(-region.offset))
            # Strips are opaque, so nothing below them is visible.
            uncovered = [rest for part in uncovered for rest in _outside(part, drawn)]
            if not uncovered:
                return


def _outside(region: Region, cover: Region) -> Iterable[Region]:
    common = region.intersection(cover)
    if not common:
        yield region
        return
    corners = Region.from_corners
    parts = (
        corners(region.x, region.y, region.right, common.y),
        corners(region.x, common.bottom, region.right, region.bottom),
        corners(region.x, common.y, common.x, common.bottom),
        corners(common.right, common.y, region.right, common.bottom),
    )
    yield from filter(None, parts)
