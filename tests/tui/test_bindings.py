"""The bindings that are tried for a key, and their order, equal those of Textual."""

from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input

from studio_tui.tui.bindings import bindings_of
from tests.driving import driving
from tests.tui.dashboards import until

KEYS = ("a", "b", "ctrl+a", "left", "enter", "escape", "f1", "tab", "ctrl+q", "nothing")


class Box(Vertical):
    BINDINGS = [  # noqa: RUF012
        Binding("a,ctrl+a", "one", "one"),
        Binding("a", "two", "two"),
        Binding("b,ctrl+q", "three", "three", priority=True),
        Binding("left,f1", "four", "four"),
    ]


class Focusable(Widget, can_focus=True):
    BINDINGS = [  # noqa: RUF012
        Binding("a,b", "five", "five", priority=True),
        Binding("a,b,enter", "six", "six"),
    ]


class Question(ModalScreen[None]):
    BINDINGS = [Binding("a,escape", "seven", "seven")]  # noqa: RUF012

    def compose(self) -> ComposeResult:
        with Box():
            yield Focusable()


class BoundApp(App[None]):
    BINDINGS = [Binding("a,b,f1", "eight", "eight")]  # noqa: RUF012

    def compose(self) -> ComposeResult:
        with Box(), Box():
            yield Focusable()
            yield Input()


def bound_by_textual(app: App[None], key: str, *, priority: bool) -> list[tuple[object, Binding]]:
    """Return the bindings that `App._check_bindings` tries, as it finds them."""
    screen = app.screen
    chain = reversed(screen._binding_chain) if priority else screen._modal_binding_chain
    return [
        (node, binding)
        for node, bindings in chain
        for binding in bindings.key_to_bindings.get(key, ())
        if binding.priority == priority
    ]


def assert_bindings_equal_textuals(app: App[None]) -> None:
    for key in KEYS:
        for priority in (False, True):
            expected = bound_by_textual(app, key, priority=priority)
            assert bindings_of(app.screen, key, priority=priority) == expected, key


async def test_the_bindings_of_a_key_are_tried_in_the_order_of_textual() -> None:
    app = BoundApp()
    async with driving(app) as pilot:
        for widget in (app.query_one(Focusable), app.query_one(Input)):
            widget.focus()
            await until(pilot, lambda widget=widget: app.focused is widget)  # type: ignore[misc]
            assert_bindings_equal_textuals(app)
        app.screen.set_focus(None)
        assert_bindings_equal_textuals(app)
        await app.push_screen(Question())
        question = app.screen.query_one(Focusable)
        question.focus()
        await until(pilot, lambda: app.focused is question)
        assert bindings_of(app.screen, "a", priority=False)
        assert_bindings_equal_textuals(app)
        question.loading = True
        assert_bindings_equal_textuals(app)
        question.loading = False
