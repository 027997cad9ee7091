"""A field of a form grows with its text, and keeps its lines."""

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Input

from studio_tui.tui.form.code_area import CodeArea
from studio_tui.tui.form.form_field import FormField
from studio_tui.tui.sheets import sheets
from tests.driving import driving
from tests.tui.dashboards import until


class Stage(App[None]):
    """A field of several lines between two others."""

    CSS_PATH = sheets("submit")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.area = CodeArea(text)

    def compose(self) -> ComposeResult:
        yield FormField("name", "name", Input())
        yield FormField("query", "query", self.area)
        yield FormField("workers", "workers", Input())


@pytest.mark.parametrize(
    ("lines", "rows", "initial_height", "focused_height"),
    [(3, 40, 3, 3), (15, 40, 8, 15), (40, 30, 6, 15), (40, 50, 10, 25)],
)
async def test_a_field_keeps_its_lines_when_the_focus_leaves_it(
    lines: int, rows: int, initial_height: int, focused_height: int
) -> None:
    app = Stage("\n".join(["x"] * lines))
    async with driving(app, size=(60, rows)) as pilot:
        await until(pilot, lambda: app.area.size.height == initial_height)
        await pilot.press("tab")
        await until(pilot, lambda: app.area.size.height == focused_height)
        await pilot.press("shift+tab")
        await until(pilot, lambda: not app.area.has_focus)
        await pilot.pause()
        assert app.area.size.height == focused_height
        app.area.text = "x"
        await until(pilot, lambda: app.area.size.height == 1)
