"""Component styles are those of Textual, computed when they are used."""

import gc
from typing import ClassVar

import pytest
from textual.app import App, ComposeResult
from textual.content import Content
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.widget import Widget

from studio_tui.tui.component_styles import ComponentsOnDemand, ComponentStyles

NAMES = ("toned--good", "toned--bad", "toned--ground")


class Toned(Widget, can_focus=True):
    """Draws a word in one of its tones."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(NAMES)
    drawn = 0

    def render(self) -> Content:
        self.drawn += 1
        return Content.styled("word", self.get_visual_style("toned--good"))


class Tones(App[None]):
    CSS = """
    Toned { background: $surface; color: $foreground; height: 1; }
    Toned > .toned--good { color: $success; }
    Toned:focus > .toned--good { text-style: bold; }
    Toned > .toned--bad { color: $error; text-style: bold; }
    .-loud Toned > .toned--bad { text-style: reverse; }
    Toned > .toned--ground { background: $primary 50%; }
    """

    def __init__(self, sheet: type[Stylesheet] = ComponentsOnDemand) -> None:
        super().__init__()
        self.stylesheet = sheet(variables=self.get_css_variables())

    def compose(self) -> ComposeResult:
        yield Toned(id="first")
        yield Toned(id="second")


def used(widget: Widget) -> set[str]:
    """Return the component classes whose styles have been computed."""
    styles = widget._component_styles
    assert isinstance(styles, ComponentStyles)
    return set(styles.used_rules)


async def test_only_the_styles_that_are_drawn_with_are_computed() -> None:
    app = Tones()
    async with app.run_test() as pilot:
        await pilot.pause()
        assert used(app.query_one("#first")) == {"toned--good"}
        app.query_one("#first").get_component_styles("toned--bad")
        assert used(app.query_one("#first")) == {"toned--good", "toned--bad"}
        assert used(app.query_one("#second")) == {"toned--good"}


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "nord"])
@pytest.mark.parametrize("classes", ["", "-loud"])
async def test_styles_are_those_that_textual_computes(theme: str, classes: str) -> None:
    looks = []
    for sheet in (ComponentsOnDemand, Stylesheet):
        app = Tones(sheet)
        async with app.run_test() as pilot:
            app.theme = theme
            app.screen.set_classes(classes)
            await pilot.pause()
            looks.append([
                (widget.get_component_styles(name).css, widget.get_visual_style(name))
                for widget in app.query(Toned)
                for name in NAMES
            ])  # fmt: skip
    assert looks[0] == looks[1]


async def test_no_node_remains_of_those_that_styles_are_computed_for() -> None:
    app = Tones()
    async with app.run_test() as pilot:
        await pilot.pause()
        for widget in app.query(Toned):
            for name in NAMES:
                widget.get_component_rich_style(name)
        parents = set(app.query(Toned))
        virtual = [each for each in gc.get_objects() if type(each) is DOMNode]
        assert len([each for each in virtual if each.parent in parents]) == 1


async def test_a_change_repaints_the_widgets_that_are_drawn_with_what_it_changes() -> None:
    app = Tones()
    async with app.run_test() as pilot:
        first, second = app.query(Toned)
        app.set_focus(None)
        await pilot.pause()
        before = first.drawn, second.drawn
        app.screen.set_class(True, "-loud")
        await pilot.pause()
        assert (first.drawn, second.drawn) == before
        first.focus()
        await pilot.pause()
        assert first.drawn > before[0]
        assert first.get_component_styles("toned--good").text_style.bold
        assert second.drawn == before[1]


async def test_a_theme_repaints_everything_in_its_colours() -> None:
    app = Tones()
    async with app.run_test() as pilot:
        widget = app.query_one("#first", Toned)
        await pilot.pause()
        before, look = widget.drawn, widget.get_visual_style("toned--good")
        app.theme = "textual-light"
        await pilot.pause()
        assert widget.drawn > before
        assert widget.get_visual_style("toned--good") != look


async def test_a_class_that_there_is_not_and_a_removed_widget_have_no_styles() -> None:
    app = Tones()
    async with app.run_test():
        widget = app.query_one("#first")
        with pytest.raises(KeyError, match="toned--loud"):
            widget.get_component_styles("toned--loud")
        await widget.remove()
        with pytest.raises(KeyError, match="toned--good"):
            widget.get_component_styles("toned--good")
