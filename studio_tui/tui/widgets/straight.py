"""Sends keys and messages straight to their handlers; see docs/upstream/key-bubbling.md."""

from functools import lru_cache
from typing import Any, cast

from textual.app import App
from textual.dom import DOMNode
from textual.events import Event, Key
from textual.message import Message
from textual.message_pump import MessagePump
from textual.widget import Widget

from studio_tui.tui.idle_pump import is_idle, would_handle_next
from studio_tui.tui.quick_handlers import handlers_of

_MAX_CACHED = 1024


class SendsStraight(MessagePump):
    """Mixin of a widget that has bindings for its keys, and whose messages are for a container.

    A container is skipped only if it would pass the key or message on at once. List the mixin
    before Textual's class, like `Lifetime`.
    """

    def _forward_event(self, event: Event) -> None:
        """Send a key back to the app at once if all nodes would pass it on."""
        nodes_below_app = [
            node for node in cast(Widget, self).ancestors_with_self if not isinstance(node, App)
        ]
        if isinstance(event, Key) and all(
            is_idle(node) and not handles_key(type(node), event.key) for node in nodes_below_app
        ):
            event._set_forwarded()
            self.app.post_message(event)
        else:
            super()._forward_event(event)  # type: ignore[misc]

    def post_straight(self, message: Message) -> None:
        """Post a bubbling message to the first node that would not just pass it on at once."""
        message_class: Any = type(message)  # mypy does not accept the class as `Hashable`
        for node in cast(Widget, self).ancestors_with_self:
            passes_on_at_once = not handles(type(node), message_class) and would_handle_next(node)
            if isinstance(node, App) or not passes_on_at_once:
                node.post_message(message)
                return


@lru_cache(maxsize=_MAX_CACHED)
def handles(node_class: type[DOMNode], message_class: type[Message]) -> bool:
    """Return whether nodes of a class may do more with a message than pass it on."""
    classes: Any = node_class, message_class  # see `post_straight`
    handlers = handlers_of(*classes, message_class.handler_name)
    if handlers is None:  # depends on the single message
        return True
    # The handler of keys of `Widget` only calls the methods that `handles_key` looks for.
    return any(message_class is not Key or owner is not Widget for owner, _ in handlers)


@lru_cache(maxsize=_MAX_CACHED)
def handles_key(node_class: type[DOMNode], key: str) -> bool:
    """Return whether nodes of a class may do more with a key than pass it on."""
    key_names = Key(key, None).name_aliases
    methods = (f"{prefix}{name}" for prefix in ("key_", "_key_") for name in key_names)
    return handles(node_class, Key) or any(hasattr(node_class, method) for method in methods)
