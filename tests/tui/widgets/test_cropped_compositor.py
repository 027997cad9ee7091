import random
import re
from collections.abc import Iterator, Mapping, Sequence

import pytest
from textual._compositor import Compositor
from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Static

from studio_tui.tui.widgets.cropped_compositor import CroppedCompositor
from tests.driving import driving

SIZE = (60, 20)


class CountingStatic(Static):
    """Counts the rows that are requested from it."""

    rows = 0

    def render_line(self, y: int) -> Strip:
        type(self).rows += 1
        return super().render_line(y)


class LayeredScreen(Screen[None]):
    """A screen with nested, bordered, scrolled and overlapping widgets."""

    CSS = """
    LayeredScreen { layers: below above; }
    #over { layer: above; offset: 20 5; width: 25; height: 6; border: round red; }
    VerticalScroll { width: 1fr; border: solid blue; }
    #long { height: 60; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._compositor = CroppedCompositor()

    def compose(self) -> ComposeResult:
        with Horizontal():
            with VerticalScroll():
                yield Static("\n".join(f"left {n}" for n in range(60)), id="long")
            with Vertical():
                yield Static("right", classes="box")
                yield CountingStatic("\n".join(f"row {n}" for n in range(12)))
        yield Static("over\nall", id="over")


class LayeredApp(App[None]):
    def on_mount(self) -> None:
        self.push_screen(LayeredScreen())


def drawn_cells(compositor: Compositor, crop: Region) -> Iterator[tuple[int, int, str, str]]:
    """Yield row, column, character and style of each cell of the crop."""
    chops: Sequence[Mapping[int, Strip | None]] = compositor._render_chops(
        crop, range(crop.y, crop.bottom).__contains__
    )
    for y in range(crop.y, crop.bottom):
        for start, strip in chops[y].items():
            if strip is None or start >= crop.right or start + strip.cell_length <= crop.x:
                continue
            x = start
            for segment in strip:
                for character in segment.text:
                    if crop.x <= x < crop.right:
                        yield y, x, character, str(segment.style)
                    x += 1


async def test_each_region_is_drawn_as_textual_draws_it(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(1)
    async with driving(LayeredApp(), size=SIZE) as pilot:
        await pilot.pause()
        pilot.app.screen.query_one(VerticalScroll).scroll_to(y=17, animate=False)
        await pilot.pause()
        ours = pilot.app.screen._compositor
        assert isinstance(ours, CroppedCompositor)
        for _ in range(150):
            x, y = rng.randrange(SIZE[0]), rng.randrange(SIZE[1])
            width = rng.randint(1, SIZE[0] - x)
            crop = Region(x, y, width, rng.randint(1, SIZE[1] - y))
            cells = list(drawn_cells(ours, crop))
            assert len(cells) == crop.area
            with monkeypatch.context() as patch:
                patch.setattr(CroppedCompositor, "_get_renders", Compositor._get_renders)
                assert cells == list(drawn_cells(ours, crop))


async def test_updates_equal_those_of_textual_without_cursor_moves_to_empty_pieces() -> None:
    rng = random.Random(1)
    move_to_empty_piece = re.compile(r"(\x1b\[\d+;\d+H)+(?=\x1b\[\d+;\d+H|\n|$)")
    saved_segments = 0
    async with driving(LayeredApp(), size=SIZE) as pilot:
        await pilot.pause()
        ours, console = pilot.app.screen._compositor, pilot.app.console
        for _ in range(150):
            dirty = {
                Region(rng.choice((0, 30)), rng.randrange(17), 30, rng.randint(1, 3))
                for _ in range(rng.randint(1, 3))
            }
            updates = []
            for kind in (type(ours), Compositor):
                ours._dirty_regions = set(dirty)
                update = kind.render_partial_update(ours)
                assert update is not None
                updates.append(update.render_segments(console))
            saved_segments += len(updates[1]) - len(updates[0])
            assert updates[0] == move_to_empty_piece.sub("", updates[1])
    assert saved_segments > 0


async def test_rows_outside_the_drawn_region_are_not_rendered() -> None:
    async with driving(LayeredApp(), size=SIZE) as pilot:
        await pilot.pause()
        counting = pilot.app.screen.query_one(CountingStatic)
        counting._styles_cache.clear()
        CountingStatic.rows = 0
        row = counting.region.y + 3
        list(drawn_cells(pilot.app.screen._compositor, Region(counting.region.x, row, 10, 1)))
        assert CountingStatic.rows == 1
