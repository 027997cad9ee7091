"""The keys in the footer: the most useful ones that can be used now."""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from textual.binding import ActiveBinding, Binding
from textual.screen import Screen
from textual.widget import Widget

from studio_tui.presentation.cells import Tone
from studio_tui.tui.frame.actions import reason_against
from studio_tui.tui.widgets.bar import Part

HINTS = 6
"""Keys that the footer shows, beside help."""


class KeyHints:
    """What the footer of one page says."""

    def __init__(self, page: Screen[Any]) -> None:
        self._page = page
        self._found: tuple[Widget | None, dict[str | None, ActiveBinding]] = (None, {})
        """The bindings by id, and the widget in focus when they were looked up."""

    def parts(self, wanted: Iterable[str], label: Callable[[Binding], str]) -> tuple[Part, ...]:
        """Return the keys of the commands whose ids are `wanted`; `label` says what each does."""
        by_id = self._by_id()
        parts: list[Part] = [Part(" ")]
        for command_id in islice(wanted, HINTS):
            hinted = by_id.get(command_id)
            if hinted and reason_against(hinted.node, hinted.binding) is None:
                press = f"screen.press('{hinted.binding.key}')"
                parts.append(Part(self._page.app.get_key_display(hinted.binding), "key", press))
                parts.append(Part(f" {label(hinted.binding)}  ", Tone.PLAIN, press))
        return tuple(parts)

    def _by_id(self) -> dict[str | None, ActiveBinding]:
        focused, by_id = self._found
        if not by_id or focused is not self._page.focused:
            # Looked up once a focus, as it asks every binding of every widget on the way.
            by_id = {}
            for active in self._page.active_bindings.values():
                # Of several keys for one thing the first is the one to learn.
                by_id.setdefault(active.binding.id, active)
            self._found = self._page.focused, by_id
        return by_id
