import pytest
from textual.app import App, ComposeResult
from textual.color import Color
from textual.containers import Horizontal
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.strip import Strip

from studio_tui.tui.widgets.steady_scroll_bar import SteadyScrollBar, round_to_visible_step
from tests.driving import driving


class TextualsView(ScrollView):
    """Scrolls nothing, with Textual's own bar."""

    def render_line(self, y: int) -> Strip:  # noqa: ARG002
        return Strip.blank(10)


class SteadyView(TextualsView):
    """Scrolls nothing, with ours."""

    @property
    def vertical_scrollbar(self) -> ScrollBar:
        if self._vertical_scrollbar is None:
            self._vertical_scrollbar = SteadyScrollBar(
                name="vertical", thickness=self.scrollbar_size_vertical
            )
            self.app._start_widget(self, self._vertical_scrollbar)
        return self._vertical_scrollbar


class TwoBars(App[None]):
    """The same list twice, side by side."""

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield TextualsView()
            yield SteadyView()

    def on_mount(self) -> None:
        for view in self.query(TextualsView):
            view.virtual_size = Size(10, 1000)

    def bars(self) -> list[list[Strip]]:
        """What both bars draw now."""
        drawn = []
        for view in self.query(TextualsView):
            bar = view.vertical_scrollbar
            drawn.append(bar.render_lines(bar.size.region))
        return drawn


def _look(strips: list[Strip]) -> list[tuple[str, object, object, object]]:
    return [
        (segment.text, segment.style.color, segment.style.bgcolor, segment.style.meta)
        for strip in strips
        for segment in strip
        if segment.style is not None
    ]


async def test_it_looks_and_acts_like_textuals_own_at_any_position() -> None:
    app = TwoBars()
    async with driving(app, size=(40, 20)) as pilot:
        for position in (0, 1, 7, 100, 333, 979, 980):
            for view in app.query(TextualsView):
                view.scroll_to(y=position, animate=False)
            await pilot.pause()
            textuals, ours = app.bars()
            assert len(ours) == 20
            assert _look(ours) == _look(textuals)


async def test_it_follows_theme_and_size() -> None:
    app = TwoBars()
    async with driving(app, size=(40, 20)) as pilot:
        app.theme = "textual-light"
        await pilot.pause()
        textuals, ours = app.bars()
        assert _look(ours) == _look(textuals)
        await pilot.resize_terminal(40, 12)
        textuals, ours = app.bars()
        assert len(ours) == 12
        assert _look(ours) == _look(textuals)


async def test_it_keeps_its_lines_while_it_looks_the_same() -> None:
    app = TwoBars()
    async with driving(app, size=(40, 20)) as pilot:
        await pilot.pause()
        _, before = app.bars()
        app.query_one(SteadyView).refresh()
        await pilot.pause()
        _, after = app.bars()
        assert all(one is other for one, other in zip(before, after, strict=True))


async def test_only_the_rows_that_look_different_are_sent() -> None:
    app = TwoBars()
    async with driving(app, size=(40, 20)) as pilot:
        view = app.query_one(SteadyView)
        await pilot.pause()
        bar = view.vertical_scrollbar
        bar.render_lines(bar.size.region)
        for position, rows in ((980, {0, 19}), (0, {0, 19}), (500, {0, 9, 10})):
            bar._dirty_regions.clear()
            view.scroll_to(y=position, animate=False)
            assert {region.y for region in bar._dirty_regions} == rows
            app.query(TextualsView).first().scroll_to(y=position, animate=False)
            textuals, ours = app.bars()
            assert _look(ours) == _look(textuals)


async def test_a_drag_of_its_thumb_scrolls() -> None:
    app = TwoBars()
    async with driving(app, size=(40, 20)) as pilot:
        view = app.query_one(SteadyView)
        await pilot.mouse_down(view.vertical_scrollbar, offset=(0, 0))
        await pilot.hover(view.vertical_scrollbar, offset=(0, 10))
        await pilot.mouse_up(view.vertical_scrollbar, offset=(0, 10))
        await pilot.pause(0.2)
        assert 400 < view.scroll_y < 600


@pytest.mark.parametrize("lines", [50, 400, 5_000, 100_000])
def test_a_coarse_position_looks_the_same(lines: int) -> None:
    def bar(position: float) -> object:
        return ScrollBarRender.render_bar(
            size=40,
            virtual_size=lines,
            window_size=40,
            position=position,
            back_color=Color(0, 0, 0).rich_color,
            bar_color=Color(255, 255, 255).rich_color,
        ).segments

    furthest = lines - 40
    tops = {*range(0, furthest, max(1, furthest // 997)), furthest}
    for top in tops:
        assert bar(round_to_visible_step(top, lines, 40)) == bar(top)
    assert len({round_to_visible_step(top, lines, 40) for top in range(furthest + 1)}) <= 40 * 8
