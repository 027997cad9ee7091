"""The key bindings of one screen or app, beyond those that its class declares.

Textual has no public way to any of this, and copies and filters all bindings twice per key; see
docs/upstream/bindings.md.
"""

from typing import Any

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import key_to_character
from textual.screen import Screen


def bind(node: DOMNode, key: str, action: str, description: str) -> None:
    """Bind a key in one screen or widget, but not in others of its class."""
    node._bindings.bind(key, action, description)


def has_priority(app: App[Any], key: str) -> bool:
    """Return whether a key of the app goes before those of all widgets."""
    return any(each.priority for each in app._bindings.key_to_bindings.get(key, ()))


def bindings_of(screen: Screen[Any], key: str, *, priority: bool) -> list[tuple[DOMNode, Binding]]:
    """Return the bindings of a key with their nodes, in the order in which Textual tries them.

    Those with priority are tried from the app down; the others from the focused widget up to the
    first modal screen. A widget that consumes the key, such as an input, hides those above it.
    """
    focused = screen.focused
    way = (
        [screen, screen.app] if focused is None or focused.loading else focused.ancestors_with_self
    )
    bindings: list[list[tuple[DOMNode, Binding]]] = []
    for node in way:
        bound = node._bindings.key_to_bindings.get(key, ())
        bindings.append([(node, each) for each in bound if each.priority == priority])
        is_end = node.is_modal and not priority
        if is_end or node.check_consume_key(key, key_to_character(key)):
            break
    return [each for bound in (reversed(bindings) if priority else bindings) for each in bound]
