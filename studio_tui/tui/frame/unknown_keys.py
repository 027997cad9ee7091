"""Keys that do nothing: of each it is said once, with where the keys are listed."""

from typing import Any

from textual.app import App
from textual.binding import Binding
from textual.keys import key_to_character


class UnknownKeys:
    """What was said of keys in this run."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._said: set[str] = set()

    def pressed(self, key: str) -> None:
        """Say of a key that it does nothing, unless that was said, or keys cannot be listed."""
        help_key = getattr(self._app.screen, "help_key", None)
        if help_key is None or key in self._said:
            return
        self._said.add(key)
        sign = key_to_character(key) or ""
        # Textual knows the signs of ASCII alone by their names.
        name = (
            sign
            if sign.strip() and sign.isprintable()
            else self._app.get_key_display(Binding(key, ""))
        )
        self._app.notify(f"{name} does nothing here; {help_key} lists the keys", markup=False)
