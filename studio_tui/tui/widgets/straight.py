"""Sends keys and messages straight to the node that handles them.

Textual passes them from a widget through each container, with a message to each; see
docs/upstream/key-bubbling.md.
"""

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

_KEPT = 1024
"""Pairs of a class and a message or key for which is cached whether the class handles it."""


class SendsStraight(MessagePump):
    """Mixin of a widget whose keys are bindings, and whose messages are for a container.

    A node that has other messages before them, or is not ready for any, is not left out. List it
    before Textual's class. It is not a widget itself, as Textual inherits style and focus from the
    first base that is one.
    """

    def _forward_event(self, event: Event) -> None:
        """Accept an event of the app; send a key back if all nodes on its way would pass it on."""
        way = cast(Widget, self).ancestors_with_self
        if isinstance(event, Key) and not any(
            handles_key(type(node), event.key) or not is_idle(node)
            for node in way
            if not isinstance(node, App)
        ):
            event._set_forwarded()
            self.app.post_message(event)
        else:
            super()._forward_event(event)  # type: ignore[misc]

    def post_straight(self, message: Message) -> None:
        """Post a message that bubbles to the first node that does more than pass it on."""
        kind: Any = type(message)
        for node in cast(Widget, self).ancestors_with_self:
            passes_on = not handles(type(node), kind) and would_handle_next(node)
            if isinstance(node, App) or not passes_on:
                node.post_message(message)
                return


@lru_cache(maxsize=_KEPT)
def handles(kind: type[DOMNode], message: type[Message]) -> bool:
    """Return whether nodes of a class may do more with a message than pass it on."""
    kinds: Any = kind, message
    found = handlers_of(*kinds, message.handler_name)
    # With a key, Textual's widgets only look for its method.
    return found is None or any(message is not Key or owner is not Widget for owner, _ in found)


@lru_cache(maxsize=_KEPT)
def handles_key(kind: type[DOMNode], key: str) -> bool:
    """Return whether nodes of a class may do more with a key than pass it on."""
    names = Key(key, None).name_aliases
    methods = (f"{prefix}{name}" for prefix in ("key_", "_key_") for name in names)
    return handles(kind, Key) or any(hasattr(kind, method) for method in methods)
