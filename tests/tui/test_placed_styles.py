"""Styles computed once for all equal places equal those that Textual computes for each."""

from collections.abc import Callable
from typing import Any, ClassVar
from unittest import mock

import pytest
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.css.styles import RenderStyles
from textual.css.stylesheet import Stylesheet
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, Static

from studio_tui.tui.placed_styles import PlacedStylesheet, resolved_once


class Row(Static, can_focus=True):
    """A row whose styles depend on all that styles can depend on."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"row--mark", "row--unused"}


class Rows(Screen[None]):
    """Rows that are alike, and others."""

    def compose(self) -> ComposeResult:
        with Vertical(id="rows"):
            yield from (Row(f"edge {number}", classes="edge") for number in range(2))
            yield from (Row(f"row {number}") for number in range(4))
            yield Row("other", classes="other")
            yield Row("off", disabled=True)
        with Vertical(id="more"):
            yield Row("in a place that only its ancestor's id tells from another")
        with Vertical(id="most"):
            yield Row("in that other place")
        yield Input()


class RowsApp(App[None]):
    CSS = """
    Row { color: red; }
    Row:focus { color: green; }
    Row:disabled { color: gray; }
    .edge:first-child { background: blue; }
    #rows.wide Row { color: yellow; }
    #more Row { background: red; }
    #most Row { background: green; }
    .other { background: white; }
    .row--mark { color: white; }
    .other .row--mark { color: black; }
    Row:focus .row--mark { color: magenta; }
    #rows:focus-within { background: cyan; }
    """

    def __init__(self, *, placed: bool) -> None:
        super().__init__()
        kind = PlacedStylesheet if placed else Stylesheet
        self.stylesheet = kind(variables=self.get_css_variables())


def rules_of(styles: RenderStyles) -> dict[str, object]:
    """Return what is set; a layout is another one in each program."""
    return {name: repr(value) for name, value in styles.base._rules.items()}


def looks(screen: Screen[None]) -> list[tuple[Any, ...]]:
    """Return the styles of all widgets of a screen, and of their components."""
    return [
        (
            widget.css_identifier_styled.plain,
            rules_of(widget.styles),
            widget.rich_style,
            {
                name: rules_of(widget.get_component_styles(name))
                for name in sorted(widget._get_component_classes())
            },
        )
        for widget in screen.query("*").results(Widget)
    ]


async def nothing(_: Screen[None]) -> None:
    """Leave it as it was opened."""


async def focus(screen: Screen[None]) -> None:
    screen.query(Row)[3].focus()


async def widen(screen: Screen[None]) -> None:
    screen.query_one("#rows").add_class("wide")


async def disable(screen: Screen[None]) -> None:
    screen.query_one("#rows").disabled = True


async def remove(screen: Screen[None]) -> None:
    await screen.query(Row)[0].remove()


async def change_theme(screen: Screen[None]) -> None:
    screen.app.theme = "textual-light"


@pytest.mark.parametrize("change", [nothing, focus, widen, disable, remove, change_theme])
async def test_each_place_looks_as_textual_computes_it(change: Callable[..., Any]) -> None:
    seen = []
    for placed in (False, True):
        app = RowsApp(placed=placed)
        async with app.run_test() as pilot:
            for _ in range(
                3
            ):  # the second screen is in known places, and the third has their styles
                screen = Rows()
                await app.push_screen(screen)
                await pilot.pause()
                await change(screen)
                await pilot.pause()
                seen.append(looks(screen))
    assert seen[3:] == seen[:3]


async def test_a_screen_that_is_opened_again_is_styled_without_textuals_rules() -> None:
    app = RowsApp(placed=True)
    async with app.run_test() as pilot:
        await app.push_screen(Rows())
        await pilot.pause()
        compute = Stylesheet.apply
        with mock.patch.object(Stylesheet, "apply", autospec=True, side_effect=compute) as computed:
            await app.push_screen(Rows())
            await pilot.pause()
        # Computed are those that depend on siblings or the focus within, or that no rule is about.
        nodes = {type(call.args[1]) for call in computed.call_args_list}
        assert nodes == {Row, Vertical}


async def test_rules_are_set_one_by_one_only_where_styles_change() -> None:
    app = RowsApp(placed=True)
    async with app.run_test() as pilot:
        for _ in range(2):  # computes the styles of each place, and sets them
            await app.push_screen(Rows())
            await pilot.pause()
            app.screen.add_class("no-rule-names-it")
            await pilot.pause()
        replace = Stylesheet.replace_rules
        with mock.patch.object(PlacedStylesheet, "replace_rules", side_effect=replace) as replaced:
            screen = Rows()
            await app.push_screen(screen)
            await pilot.pause()
            screen.add_class("no-rule-names-it")
            await pilot.pause()
            opened = [call.args[0] for call in replaced.call_args_list]
            more, most = (screen.query_one(name).children[0] for name in ("#more", "#most"))
            most.focus()
            await pilot.pause()
        changed = [call.args[0] for call in replaced.call_args_list[len(opened) :]]
        assert more not in opened
        assert most not in opened
        assert most in changed
        assert more not in changed


async def test_a_look_is_resolved_once_for_rows_that_are_alike() -> None:
    app = RowsApp(placed=True)
    async with app.run_test() as pilot:
        screen = Rows()
        await app.push_screen(screen)
        await pilot.pause()
        one, other = Input(), Input()
        await screen.mount(one, other)
        await pilot.pause()
        asked: list[Widget] = []

        def look(widget: Widget) -> object:
            def resolve() -> object:
                asked.append(widget)
                return widget.rich_style

            return resolved_once(widget, "look", resolve)

        assert look(one) == look(other) == one.rich_style
        assert asked == [one]
        other.focus()
        await pilot.pause()
        look(other)
        assert asked == [one, other]
