"""Keys that do nothing: that is said once of each, with the key that lists the others."""

from typing import Any

from textual.app import App
from textual.binding import Binding


class UnknownKeys:
    """What was said of keys in one run of a program."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._said: set[str] = set()

    def pressed(self, key: str) -> None:
        """Say of a key that it is bound to nothing, unless that was said of it, or none can be."""
        help_key = str(getattr(self._app.screen, "help_key", ""))
        if key in self._said or not help_key:
            return
        self._said.add(key)
        name = self._app.get_key_display(Binding(key, ""))
        self._app.notify(f"{name} does nothing here; {help_key} lists the keys", markup=False)
