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


class ViewWithTextualsBar(ScrollView):
    """A blank view with Textual's scroll bar."""

    def render_line(self, y: int) -> Strip:  # noqa: ARG002
        return Strip.blank(10)


class ViewWithSteadyBar(ViewWithTextualsBar):
    """A blank view with a `SteadyScrollBar`."""

    @property
    def vertical_scrollbar(self) -> ScrollBar:
        if self._vertical_scrollbar is None:
            self._vertical_scrollbar = SteadyScrollBar(
                name="vertical", thickness=self.scrollbar_size_vertical
            )
            self.app._start_widget(self, self._vertical_scrollbar)
        return self._vertical_scrollbar


class TwoBars(App[None]):
    """An app with both views side by side, of the same height."""

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield ViewWithTextualsBar()
            yield ViewWithSteadyBar()

    def on_mount(self) -> None:
        for view in self.query(ViewWithTextualsBar):
            view.virtual_size = Size(10, 1000)

    def bars(self) -> list[list[Strip]]:
        """Return the lines of both bars."""
        lines_of_bars = []
        for view in self.query(ViewWithTextualsBar):
            bar = view.vertical_scrollbar
            lines_of_bars.append(bar.render_lines(bar.size.region))
        return lines_of_bars


def _look(strips: list[Strip]) -> list[tuple[str, object, object, object]]:
    return [
        (segment.text, segment.style.color, segment.style.bgcolor, segment.style.meta)
        for strip in strips
        for segment in strip
        if segment.style is not None
    ]


async def test_the_scroll_bar_looks_and_acts_like_textuals_at_any_position() -> None:
    app = TwoBars()
    async with driving(app, size=(40, 20)) as pilot:
        for position in (0, 1, 7, 100, 333, 979, 980):
            for view in app.query(ViewWithTextualsBar):
                view.scroll_to(y=position, animate=False)
            await pilot.pause()
            textual, steady = app.bars()
            assert len(steady) == 20
            assert _look(steady) == _look(textual)


async def test_the_scroll_bar_follows_theme_and_size() -> None:
    app = TwoBars()
    async with driving(app, size=(40, 20)) as pilot:
        app.theme = "textual-light"
        await pilot.pause()
        textual, steady = app.bars()
        assert _look(steady) == _look(textual)
        await pilot.resize_terminal(40, 12)
        textual, steady = app.bars()
        assert len(steady) == 12
        assert _look(steady) == _look(textual)


async def test_an_unchanged_scroll_bar_keeps_its_rendered_lines() -> None:
    app = TwoBars()
    async with driving(app, size=(40, 20)) as pilot:
        await pilot.pause()
        _, before = app.bars()
        app.query_one(ViewWithSteadyBar).refresh()
        await pilot.pause()
        _, after = app.bars()
        assert all(
            line_before is line_after for line_before, line_after in zip(before, after, strict=True)
        )


async def test_only_rows_of_the_scroll_bar_that_look_different_are_repainted() -> None:
    app = TwoBars()
    async with driving(app, size=(40, 20)) as pilot:
        view = app.query_one(ViewWithSteadyBar)
        await pilot.pause()
        bar = view.vertical_scrollbar
        bar.render_lines(bar.size.region)
        for position, rows in ((980, {0, 19}), (0, {0, 19}), (500, {0, 9, 10})):
            bar._dirty_regions.clear()
            view.scroll_to(y=position, animate=False)
            assert {region.y for region in bar._dirty_regions} == rows
            app.query(ViewWithTextualsBar).first().scroll_to(y=position, animate=False)
            textual, steady = app.bars()
            assert _look(steady) == _look(textual)


async def test_dragging_the_thumb_of_the_scroll_bar_scrolls() -> None:
    app = TwoBars()
    async with driving(app, size=(40, 20)) as pilot:
        view = app.query_one(ViewWithSteadyBar)
        await pilot.mouse_down(view.vertical_scrollbar, offset=(0, 0))
        await pilot.hover(view.vertical_scrollbar, offset=(0, 10))
        await pilot.mouse_up(view.vertical_scrollbar, offset=(0, 10))
        await pilot.pause(0.2)
        assert 400 < view.scroll_y < 600


@pytest.mark.parametrize("lines", [50, 400, 5_000, 100_000])
def test_a_position_rounded_to_a_visible_step_looks_the_same(lines: int) -> None:
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
