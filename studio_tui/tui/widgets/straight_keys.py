"""Sends a key that no widget handles straight to the app, which has the bindings.

Textual passes it from the focused widget through each container, with a message to each; see
docs/upstream/key-bubbling.md.
"""

from functools import lru_cache
from typing import Any, cast

from textual.app import App
from textual.events import Event, Key
from textual.message_pump import MessagePump
from textual.widget import Widget

from studio_tui.tui.idle_pump import is_idle

_KEPT = 1024
"""Pairs of a class and a key for which is cached whether the class handles the key."""


class SendsKeysStraight(MessagePump):
    """Mixin of a widget that has the focus and handles keys by bindings only.

    List it before Textual's class. It is not a widget itself, as Textual inherits style and focus
    from the first base that is one.
    """

    def _forward_event(self, event: Event) -> None:
        """Accept an event of the app; send a key back if all nodes on its way would pass it on.

        A node that has other messages before the key, or is not ready for any, gets it itself.
        """
        way = cast(Widget, self).ancestors_with_self
        if isinstance(event, Key) and not any(
            handles(type(node), event.key) or not is_idle(node)
            for node in way
            if not isinstance(node, App)
        ):
            event._set_forwarded()
            self.app.post_message(event)
        else:
            super()._forward_event(event)  # type: ignore[misc]


@lru_cache(maxsize=_KEPT)
def handles(kind: type[Any], key: str) -> bool:
    """Return whether nodes of a class may do more with a key than pass it on."""
    for base in kind.__mro__:
        own = vars(base)
        # Textual's widgets only look for the method of the key.
        if base is not Widget and not own.keys().isdisjoint(("on_key", "_on_key")):
            return True
        if any(issubclass(Key, message) for message in own.get("_decorated_handlers") or ()):
            return True
    names = Key(key, None).name_aliases
    return any(hasattr(kind, f"{prefix}{name}") for prefix in ("key_", "_key_") for name in names)
