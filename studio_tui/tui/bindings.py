"""The key bindings of one screen or app, beyond those that its class declares.

Textual has no public way to either; see docs/upstream/bindings.md.
"""

from typing import Any

from textual.app import App
from textual.dom import DOMNode


def bind(node: DOMNode, key: str, action: str, description: str) -> None:
    """Bind a key in one screen or widget, but not in others of its class."""
    node._bindings.bind(key, action, description)


def has_priority(app: App[Any], key: str) -> bool:
    """Return whether a key of the app goes before those of all widgets."""
    return any(each.priority for each in app._bindings.key_to_bindings.get(key, ()))
