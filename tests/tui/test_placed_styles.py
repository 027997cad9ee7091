"""Widgets in equal places share styles, and these are what Textual computes for each widget."""

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
    """Rows in equal places, and rows in other places."""

    def compose(self) -> ComposeResult:
        with Vertical(id="rows"):
            yield from (Row(f"edge {number}", classes="edge") for number in range(2))
            yield from (Row(f"row {number}") for number in range(4))
            yield Row("other", classes="other")
            yield Row("off", disabled=True)
        with Vertical(id="left"):
            yield Row("its place differs from the next one only by the id of its parent")
        with Vertical(id="right"):
            yield Row("its place differs from the previous one only by the id of its parent")
        yield Input()


class RowsApp(App[None]):
    CSS = """
    Row { color: red; }
    Row:focus { color: green; }
    Row:disabled { color: gray; }
    .edge:first-child { background: blue; }
    #rows.wide Row { color: yellow; }
    #left Row { background: red; }
    #right Row { background: green; }
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
    """Return the rules of a node as texts, since each app has its own layout objects."""
    return {name: repr(value) for name, value in styles.base._rules.items()}


def styles_of_all(screen: Screen[None]) -> list[tuple[Any, ...]]:
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


async def change_nothing(_: Screen[None]) -> None:
    """Leave the screen as it was opened."""


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


@pytest.mark.parametrize("change", [change_nothing, focus, widen, disable, remove, change_theme])
async def test_shared_styles_equal_those_that_textual_computes(change: Callable[..., Any]) -> None:
    computed_styles = []
    for placed in (False, True):
        app = RowsApp(placed=placed)
        async with app.run_test() as pilot:
            # The first screen computes the styles, the second one stores them for sharing, and the
            # third one uses the stored ones.
            for _ in range(3):
                screen = Rows()
                await app.push_screen(screen)
                await pilot.pause()
                await change(screen)
                await pilot.pause()
                computed_styles.append(styles_of_all(screen))
    assert computed_styles[3:] == computed_styles[:3]


async def test_opening_a_screen_again_computes_only_styles_that_cannot_be_shared() -> None:
    app = RowsApp(placed=True)
    async with app.run_test() as pilot:
        await app.push_screen(Rows())
        await pilot.pause()
        compute = Stylesheet.apply
        with mock.patch.object(Stylesheet, "apply", autospec=True, side_effect=compute) as computed:
            await app.push_screen(Rows())
            await pilot.pause()
        # These styles depend on siblings or on the focus within, or no rule mentions the node.
        nodes = {type(call.args[1]) for call in computed.call_args_list}
        assert nodes == {Row, Vertical}


async def test_rules_are_replaced_only_on_nodes_whose_styles_change() -> None:
    app = RowsApp(placed=True)
    async with app.run_test() as pilot:
        # The first screen computes the styles of each place, and the second one stores them.
        for _ in range(2):
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
            replaced_on_opening = [call.args[0] for call in replaced.call_args_list]
            left, right = (screen.query_one(name).children[0] for name in ("#left", "#right"))
            right.focus()
            await pilot.pause()
        changed = [call.args[0] for call in replaced.call_args_list[len(replaced_on_opening) :]]
        assert left not in replaced_on_opening
        assert right not in replaced_on_opening
        assert right in changed
        assert left not in changed


async def test_resolved_once_shares_a_result_between_widgets_in_equal_places() -> None:
    app = RowsApp(placed=True)
    async with app.run_test() as pilot:
        screen = Rows()
        await app.push_screen(screen)
        await pilot.pause()
        first, second = Input(), Input()
        await screen.mount(first, second)
        await pilot.pause()
        resolved_for: list[Widget] = []

        def shared_style(widget: Widget) -> object:
            def resolve() -> object:
                resolved_for.append(widget)
                return widget.rich_style

            return resolved_once(widget, "look", resolve)

        assert shared_style(first) == shared_style(second) == first.rich_style
        assert resolved_for == [first]
        second.focus()
        await pilot.pause()
        shared_style(second)
        assert resolved_for == [first, second]
