"""Keys and messages skip the containers that would only pass them on."""

import pytest
from textual import events, on
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget

from studio_tui.tui.idle_pump import is_idle
from studio_tui.tui.logs.view.pane import LogPane
from studio_tui.tui.widgets.big_table import BigTable
from studio_tui.tui.widgets.straight import SendsStraight, handles_key
from tests.driving import driving
from tests.tui.dashboards import until


class FocusedWidget(SendsStraight, Widget, can_focus=True):
    """A focusable widget that handles no key itself."""


class Box(Vertical):
    """A container that counts the keys that it receives."""

    received_keys = 0

    async def on_event(self, event: events.Event) -> None:
        self.received_keys += isinstance(event, events.Key)
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
            yield FocusedWidget()

    def action_count(self) -> None:
        """Count the key."""
        self.counted += 1


@pytest.mark.parametrize(
    ("kind", "expected_keys"),
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
async def test_a_container_receives_a_key_only_if_it_may_handle_the_key(
    kind: type[Box], expected_keys: int
) -> None:
    app = Nested(kind())
    async with driving(app) as pilot:
        focused = app.query_one(FocusedWidget)
        focused.focus()
        nodes = (focused, app.box, app.screen)
        await until(pilot, lambda: app.focused is focused)
        await pilot.pause()  # no message that the focus causes comes before the key
        await until(pilot, lambda: all(map(is_idle, nodes)))
        app.post_message(events.Key("x", "x"))
        await until(pilot, lambda: app.counted)
        assert (app.counted, app.box.received_keys) == (1, expected_keys)


async def test_a_key_is_handled_after_earlier_messages_of_a_container() -> None:
    app = Nested(Box())
    async with driving(app) as pilot:
        focused = app.query_one(FocusedWidget)
        focused.focus()
        await until(pilot, lambda: app.focused is focused and is_idle(app.box))
        counts_before_key: list[int] = []
        app.box.call_later(lambda: counts_before_key.append(app.counted))
        focused._forward_event(events.Key("x", "x"))
        await until(pilot, lambda: app.counted)
        assert (counts_before_key, app.box.received_keys) == ([0], 1)


class Notice(Message):
    """A message that bubbles."""


class PassingBox(Vertical):
    """A container that counts the notices that it receives, and handles none."""

    received = 0

    async def _on_message(self, message: Message) -> None:
        self.received += isinstance(message, Notice)
        await super()._on_message(message)


class HandlingBox(PassingBox):
    handled = 0

    @on(Notice)
    def handle_notice(self) -> None:
        """Count the handled notices."""
        self.handled += 1


class NoticeApp(App[None]):
    def compose(self) -> ComposeResult:
        with HandlingBox(), PassingBox():
            yield FocusedWidget()


async def test_a_message_skips_containers_that_would_pass_it_on_at_once() -> None:
    app = NoticeApp()
    async with driving(app) as pilot:
        focused, handling_box = app.query_one(FocusedWidget), app.query_one(HandlingBox)
        passing_box = app.query(PassingBox).last()
        await until(pilot, lambda: is_idle(focused) and is_idle(passing_box))
        focused.post_straight(Notice())
        await until(pilot, lambda: handling_box.handled)
        assert (handling_box.handled, passing_box.received) == (1, 0)
        await until(pilot, lambda: is_idle(focused) and is_idle(passing_box))
        focused.refresh()
        focused.post_straight(Notice())
        assert passing_box.message_queue_size == 0
        await until(pilot, lambda: handling_box.handled == 2)
        assert passing_box.received == 0
        await until(pilot, lambda: is_idle(focused) and is_idle(passing_box))
        passing_box.call_later(lambda: None)
        focused.post_straight(Notice())
        await until(pilot, lambda: handling_box.handled == 3)
        assert passing_box.received == 1


@pytest.mark.parametrize("focused", [BigTable, LogPane])
def test_tables_and_logs_send_keys_straight_and_handle_them_only_by_bindings(
    focused: type[Widget],
) -> None:
    assert issubclass(focused, SendsStraight)
    assert not any(handles_key(focused, key) for key in ("down", "x", "enter", "pageup"))
