"""The view of a drawing larger than the screen crops its lines and scrolls both ways."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual import events
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from studio_tui.presentation.cells import Tone
from studio_tui.tui.pipelines.graph.graph_view import Area, GraphView, StyledTexts, crop_texts
from studio_tui.tui.sheets import PAGES
from tests.driving import driving

runs_of_lines = st.lists(
    st.tuples(st.sampled_from(["edge", "lit faint"]), st.text("ab─列 ", max_size=8)), max_size=6
)


@given(runs_of_lines, st.integers(0, 40), st.integers(1, 40))
def test_a_line_is_cropped_to_the_visible_cells(
    texts: list[tuple[str, str]], left: int, width: int
) -> None:
    shown = "".join(text for _, text in crop_texts(texts, left, width))
    assert cell_len(shown) == width
    whole = "".join(text for _, text in texts)
    if "列" not in whole:
        assert shown == whole[left : left + width].ljust(width)


def test_half_of_a_wide_character_is_drawn_as_a_blank() -> None:
    line = [("edge", "a列b")]
    assert "".join(text for _, text in crop_texts(line, 2, 3)) == " b "
    assert "".join(text for _, text in crop_texts(line, 0, 2)) == "a "


class DrawingApp(App[None]):
    """Shows a drawing of 200 columns and 100 lines; each cell has the last digit of its column."""

    def __init__(self) -> None:
        super().__init__(css_path=PAGES)
        self.requested_rows: list[int] = []
        self.clicked_cells: list[tuple[int, int]] = []
        self.area = Area(x=150, y=80, width=10)
        """The area of the cursor."""

    def compose(self) -> ComposeResult:
        """Create the view as the only widget."""
        yield GraphView(lambda: self.area)

    def on_mount(self) -> None:
        """Show the drawing."""
        view = self.query_one(GraphView)
        view.show(200, 100, self.lines)
        view.focus()

    def lines(self, rows: range, left: int, right: int) -> list[tuple[int, StyledTexts]]:
        """Return three cells more than requested at both ends of each line."""
        self.requested_rows += rows
        start = max(0, left - 3)
        text = "".join(f"{x % 10}" for x in range(start, min(200, right + 3)))
        return [(start, ((Tone.PLAIN, text[:5]), ("edge", text[5:])))] * len(rows)

    def on_graph_view_pointed(self, message: GraphView.Pointed) -> None:
        """Record the clicked cell."""
        self.clicked_cells.append((message.x, message.y))


@asynccontextmanager
async def drawing() -> AsyncIterator[tuple[Pilot[None], GraphView, DrawingApp]]:
    app = DrawingApp()
    async with driving(app, size=(41, 10)) as pilot:
        await pilot.pause()
        yield pilot, app.query_one(GraphView), app


def first_line(view: GraphView) -> str:
    return view.lines()[0].text


async def test_only_visible_lines_are_requested() -> None:
    async with drawing() as (pilot, view, app):
        assert set(app.requested_rows) == set(range(10))
        view.scroll_corner_to(0, 50)
        await pilot.pause()
        assert set(app.requested_rows) == {*range(10), *range(50, 60)}


async def test_an_area_is_scrolled_into_view_with_a_margin_or_to_the_middle() -> None:
    async with drawing() as (pilot, view, app):
        assert not view.shows_cursor
        view.reveal()
        await pilot.pause()
        assert view.shows_cursor
        left, top = view.corner
        assert left <= 148
        assert left + 40 >= 162
        assert top <= 78
        assert top + 10 >= 83
        assert first_line(view)[0] == str(left % 10)
        app.area = Area(x=152, y=79, width=4)
        view.reveal()
        assert view.corner == (left, top)
        app.area = Area(x=100, y=50, width=0)
        view.center()
        assert view.corner == (80, 45)
        view.scroll_corner_to(1000, 1000)
        assert view.corner == (160, 90)


@pytest.mark.parametrize(
    ("event", "shift", "left"),
    [
        (events.MouseScrollDown, True, 48),
        (events.MouseScrollRight, False, 48),
        (events.MouseScrollLeft, False, 32),
        (events.MouseScrollUp, True, 32),
    ],
)
async def test_the_wheel_scrolls_sideways_too(
    event: type[events.MouseEvent], shift: bool, left: int
) -> None:
    async with drawing() as (pilot, view, _):
        view.scroll_corner_to(40, 0)
        x = y = 3
        view.post_message(event(view, x, y, 0, 0, 0, shift, False, False, x, y))
        await pilot.pause()
        assert view.corner == (left, 0)


async def test_a_click_is_reported_with_the_cell_of_the_drawing() -> None:
    async with drawing() as (pilot, view, app):
        view.scroll_corner_to(30, 20)
        await pilot.pause()
        await pilot.click(GraphView, offset=(4, 2))
        await pilot.pause()
        assert app.clicked_cells == [(34, 22)]


async def test_a_line_with_the_same_content_is_drawn_as_the_same_strip() -> None:
    async with drawing() as (_, view, _):
        assert all(first is again for first, again in zip(view.lines(), view.lines(), strict=True))
