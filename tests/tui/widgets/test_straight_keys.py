"""A key takes the short way to the app only if nothing on the long way could handle it."""

import pytest
from textual import events, on
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widget import Widget

from studio_tui.tui.idle_pump import is_idle
from studio_tui.tui.widgets.big_table import BigTable
from studio_tui.tui.widgets.straight_keys import SendsKeysStraight, handles
from tests.driving import driving
from tests.tui.dashboards import until


class Focused(SendsKeysStraight, Widget, can_focus=True):
    """Has bindings only."""


class Box(Vertical):
    """Counts the keys that pass."""

    keys = 0

    async def on_event(self, event: events.Event) -> None:
        self.keys += isinstance(event, events.Key)
        await super().on_event(event)


class ByName(Box):
    def on_key(self) -> None:
        """Handle any key."""


class ByPrivateName(Box):
    async def _on_key(self, event: events.Key) -> None:
        """Handle any key."""


class Decorated(Box):
    @on(events.Key)
    def handle(self) -> None:
        """Handle any key."""


class ByBase(Box):
    @on(events.InputEvent)
    def handle(self) -> None:
        """Handle any input."""


class ByMethod(Box):
    def key_x(self) -> None:
        """Handle this key."""


class OtherMethod(Box):
    def key_y(self) -> None:
        """Handle another key."""


class Nested(App[None]):
    BINDINGS = [Binding("x", "count", "count")]  # noqa: RUF012
    counted = 0

    def __init__(self, box: Box) -> None:
        super().__init__()
        self.box = box

    def compose(self) -> ComposeResult:
        with self.box:
            yield Focused()

    def action_count(self) -> None:
        """Count the key."""
        self.counted += 1


@pytest.mark.parametrize(
    ("kind", "passed"),
    [
        (Box, 0),
        (OtherMethod, 0),
        (ByName, 1),
        (ByPrivateName, 1),
        (Decorated, 1),
        (ByBase, 1),
        (ByMethod, 1),
    ],
)
async def test_a_key_passes_a_container_only_if_it_may_handle_the_key(
    kind: type[Box], passed: int
) -> None:
    app = Nested(kind())
    async with driving(app) as pilot:
        focused = app.query_one(Focused)
        focused.focus()
        way = (focused, app.box, app.screen)
        await until(pilot, lambda: app.focused is focused and all(map(is_idle, way)))
        app.post_message(events.Key("x", "x"))
        await until(pilot, lambda: app.counted)
        assert (app.counted, app.box.keys) == (1, passed)


async def test_a_key_waits_behind_messages_that_came_before_it() -> None:
    app = Nested(Box())
    async with driving(app) as pilot:
        focused = app.query_one(Focused)
        focused.focus()
        await until(pilot, lambda: app.focused is focused and is_idle(app.box))
        before: list[int] = []
        app.box.call_later(lambda: before.append(app.counted))
        focused._forward_event(events.Key("x", "x"))
        await until(pilot, lambda: app.counted)
        assert (before, app.box.keys) == ([0], 1)


def test_the_keys_of_a_table_are_bindings() -> None:
    assert not any(handles(BigTable, key) for key in ("down", "x", "enter", "pageup"))
