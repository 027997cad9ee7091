from collections.abc import Iterator
from typing import Any

import pytest
from textual import events, on
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button

from studio_tui.tui.quick_handlers import bound_handlers


class Base(Widget):
    def on_key(self) -> None: ...

    @on(events.Key)
    def first(self) -> None: ...


class Derived(Base):
    async def _on_key(self, event: events.Key) -> None: ...

    @on(events.Event)
    def any_event(self) -> None: ...


class Overriding(Derived):
    def on_key(self, event: events.Key) -> None: ...  # type: ignore[override]


class Choosing(Derived):
    @on(Button.Pressed, "#yes")
    def chosen(self) -> None: ...


def names(handlers: Iterator[tuple[type, Any]]) -> list[tuple[str, str]]:
    return [(owner.__name__, method.__name__) for owner, method in handlers]


@pytest.mark.parametrize("kind", [Base, Derived, Overriding, Choosing, Widget])
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("on_key", events.Key("a", "a")),
        ("on_idle", events.Idle()),
        ("on_button_pressed", Button.Pressed(Button(id="yes"))),
        ("on_button_pressed", Button.Pressed(Button(id="no"))),
    ],
)
def test_handlers_and_their_order_equal_those_of_textual(
    kind: type[Widget], name: str, message: Message
) -> None:
    widget = kind()
    message.set_sender(Button(id="yes"))
    textuals = names(iter(widget._get_dispatch_methods(name, message)))
    assert names(iter(bound_handlers(widget, name, message))) == textuals
    # The second result is made from the cache.
    assert names(iter(bound_handlers(widget, name, message))) == textuals


def test_prevent_default_skips_the_handlers_of_base_classes() -> None:
    key = events.Key("a", "a")
    handlers = iter(bound_handlers(Overriding(), "on_key", key))
    assert next(handlers)[0] is Overriding
    key.prevent_default()
    assert list(handlers) == []
