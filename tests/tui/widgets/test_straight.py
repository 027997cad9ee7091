"""Keys and messages skip the nodes on their way that would only pass them on."""

import pytest
from textual import events, on
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget

from studio_tui.tui.idle_pump import is_idle
from studio_tui.tui.widgets.big_table import BigTable
from studio_tui.tui.widgets.straight import SendsStraight, handles_key
from tests.driving import driving
from tests.tui.dashboards import until


class Focused(SendsStraight, Widget, can_focus=True):
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
        await until(pilot, lambda: app.focused is focused)
        await pilot.pause()  # no message that the focus causes comes before the key
        await until(pilot, lambda: all(map(is_idle, way)))
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


class Said(Message):
    """Something to pass on."""


class Passing(Vertical):
    """Counts the messages that pass."""

    said = 0

    async def _on_message(self, message: Message) -> None:
        self.said += isinstance(message, Said)
        await super()._on_message(message)


class Hearing(Passing):
    heard = 0

    @on(Said)
    def hear(self) -> None:
        """Count what is handled."""
        self.heard += 1


class Telling(App[None]):
    def compose(self) -> ComposeResult:
        with Hearing(), Passing():
            yield Focused()


async def test_a_message_is_posted_to_the_first_node_that_handles_it() -> None:
    app = Telling()
    async with driving(app) as pilot:
        focused, hearing = app.query_one(Focused), app.query_one(Hearing)
        passing = app.query(Passing).last()
        await until(pilot, lambda: is_idle(focused) and is_idle(passing))
        focused.post_straight(Said())
        await until(pilot, lambda: hearing.heard)
        assert (hearing.heard, passing.said) == (1, 0)
        await until(pilot, lambda: is_idle(focused) and is_idle(passing))
        focused.refresh()
        focused.post_straight(Said())
        assert passing.message_queue_size == 0
        await until(pilot, lambda: hearing.heard == 2)
        assert passing.said == 0
        await until(pilot, lambda: is_idle(focused) and is_idle(passing))
        passing.call_later(lambda: None)
        focused.post_straight(Said())
        await until(pilot, lambda: hearing.heard == 3)
        assert passing.said == 1


def test_the_keys_of_a_table_are_bindings() -> None:
    assert not any(handles_key(BigTable, key) for key in ("down", "x", "enter", "pageup"))
