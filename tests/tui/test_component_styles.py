"""Component styles equal those of Textual, and are computed only when a widget uses them."""

import gc
from typing import ClassVar

import pytest
from textual.app import App, ComposeResult
from textual.content import Content
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.widget import Widget

from studio_tui.tui.placed_styles import ComponentStyles, PlacedStylesheet

NAMES = ("toned--good", "toned--bad", "toned--ground")


class Toned(Widget, can_focus=True):
    """Draws a word in one of its tones."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(NAMES)
    times_drawn = 0

    def render(self) -> Content:
        self.times_drawn += 1
        return Content.styled("word", self.get_visual_style("toned--good"))


class TonedApp(App[None]):
    CSS = """
    Toned { background: $surface; color: $foreground; height: 1; }
    Toned > .toned--good { color: $success; }
    Toned:focus > .toned--good { text-style: bold; }
    Toned > .toned--bad { color: $error; text-style: bold; }
    .-loud Toned > .toned--bad { text-style: reverse; }
    Toned > .toned--ground { background: $primary 50%; }
    """

    def __init__(self, sheet: type[Stylesheet] = PlacedStylesheet) -> None:
        super().__init__()
        self.stylesheet = sheet(variables=self.get_css_variables())

    def compose(self) -> ComposeResult:
        yield Toned(id="first")
        yield Toned(id="second")


def computed_classes(widget: Widget) -> set[str]:
    """Return the component classes whose styles have been computed."""
    styles = widget._component_styles
    assert isinstance(styles, ComponentStyles)
    return set(styles.used_rules)


async def test_only_component_styles_that_a_widget_uses_are_computed() -> None:
    app = TonedApp()
    async with app.run_test() as pilot:
        await pilot.pause()
        assert computed_classes(app.query_one("#first")) == {"toned--good"}
        app.query_one("#first").get_component_styles("toned--bad")
        assert computed_classes(app.query_one("#first")) == {"toned--good", "toned--bad"}
        assert computed_classes(app.query_one("#second")) == {"toned--good"}


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "nord"])
@pytest.mark.parametrize("classes", ["", "-loud"])
async def test_component_styles_equal_those_that_textual_computes(theme: str, classes: str) -> None:
    results = []
    for sheet in (PlacedStylesheet, Stylesheet):
        app = TonedApp(sheet)
        async with app.run_test() as pilot:
            app.theme = theme
            app.screen.set_classes(classes)
            await pilot.pause()
            results.append([
                (widget.get_component_styles(name).css, widget.get_visual_style(name))
                for widget in app.query(Toned)
                for name in NAMES
            ])  # fmt: skip
    assert results[0] == results[1]


async def test_only_the_last_virtual_node_stays_in_memory() -> None:
    app = TonedApp()
    async with app.run_test() as pilot:
        await pilot.pause()
        for widget in app.query(Toned):
            for name in NAMES:
                widget.get_component_rich_style(name)
        parents = set(app.query(Toned))
        virtual = [each for each in gc.get_objects() if type(each) is DOMNode]
        assert len([each for each in virtual if each.parent in parents]) == 1


async def test_a_style_change_repaints_only_widgets_that_use_the_changed_style() -> None:
    app = TonedApp()
    async with app.run_test() as pilot:
        first, second = app.query(Toned)
        app.set_focus(None)
        await pilot.pause()
        before = first.times_drawn, second.times_drawn
        app.screen.set_class(True, "-loud")
        await pilot.pause()
        assert (first.times_drawn, second.times_drawn) == before
        first.focus()
        await pilot.pause()
        assert first.times_drawn > before[0]
        assert first.get_component_styles("toned--good").text_style.bold
        assert second.times_drawn == before[1]


async def test_another_theme_repaints_a_widget_in_its_colors() -> None:
    app = TonedApp()
    async with app.run_test() as pilot:
        widget = app.query_one("#first", Toned)
        await pilot.pause()
        before, style = widget.times_drawn, widget.get_visual_style("toned--good")
        app.theme = "textual-light"
        await pilot.pause()
        assert widget.times_drawn > before
        assert widget.get_visual_style("toned--good") != style


async def test_styles_of_an_unknown_class_or_a_removed_widget_raise_key_error() -> None:
    app = TonedApp()
    async with app.run_test():
        widget = app.query_one("#first")
        with pytest.raises(KeyError, match="toned--loud"):
            widget.get_component_styles("toned--loud")
        await widget.remove()
        with pytest.raises(KeyError, match="toned--good"):
            widget.get_component_styles("toned--good")
