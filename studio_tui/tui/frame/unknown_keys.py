"""Notices for keys that do nothing here: once per key, with the key that shows the help."""

from typing import Any

from textual.app import App
from textual.binding import Binding
from textual.keys import key_to_character


class UnknownKeys:
    """The unknown keys pressed in this run."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._said: set[str] = set()

    def pressed(self, key: str) -> None:
        """Notify that a key does nothing, once per key, if the screen has a help key."""
        help_key = getattr(self._app.screen, "help_key", None)
        if help_key is None or key in self._said:
            return
        self._said.add(key)
        sign = key_to_character(key) or ""
        # Textual displays only ASCII characters as themselves.
        name = (
            sign
            if sign.strip() and sign.isprintable()
            else self._app.get_key_display(Binding(key, ""))
        )
        self._app.notify(f"{name} does nothing here; {help_key} lists the keys", markup=False)
