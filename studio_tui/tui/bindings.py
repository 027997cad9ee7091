"""Finds the bindings of a key; see docs/upstream/bindings.md."""

from typing import Any

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import key_to_character
from textual.screen import Screen


def has_priority(app: App[Any], key: str) -> bool:
    """Return whether the app itself binds a key with priority over all widgets."""
    return any(binding.priority for binding in app._bindings.key_to_bindings.get(key, ()))


def bindings_of(screen: Screen[Any], key: str, *, priority: bool) -> list[tuple[DOMNode, Binding]]:
    """Return the bindings of a key with their nodes, in the order in which Textual tries them.

    With `priority`, only bindings with priority: from the app down to the focused widget. Otherwise
    only the others: from the focused widget up to a modal screen, or to the app if there is none.
    A widget that takes the key as text, such as an input, hides the bindings of its ancestors.
    """
    focused = screen.focused
    nodes = (
        [screen, screen.app] if focused is None or focused.loading else focused.ancestors_with_self
    )
    by_node: list[list[tuple[DOMNode, Binding]]] = []
    for node in nodes:
        of_key = node._bindings.key_to_bindings.get(key, ())
        by_node.append([(node, binding) for binding in of_key if binding.priority == priority])
        is_last = node.is_modal and not priority
        if is_last or node.check_consume_key(key, key_to_character(key)):
            break
    if priority:
        by_node.reverse()
    return [pair for pairs in by_node for pair in pairs]
