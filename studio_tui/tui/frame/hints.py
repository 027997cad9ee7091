"""The keys in the footer: the most useful of those available."""

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
"""How many keys the footer shows, besides help."""


class KeyHints:
    """The key hints in the footer of one page."""

    def __init__(self, page: Screen[Any]) -> None:
        self._page = page
        self._found: tuple[Widget | None, dict[str | None, ActiveBinding]] = (None, {})
        """The bindings by id, and the widget that had the focus when they were looked up."""

    def parts(self, wanted: Iterable[str], label: Callable[[Binding], str]) -> tuple[Part, ...]:
        """Return the available keys of the commands `wanted`; `label` says what each does."""
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
            # Cached per focused widget, as it asks each binding of each ancestor.
            by_id = {}
            for active in self._page.active_bindings.values():
                # If a command has several keys, show the first.
                by_id.setdefault(active.binding.id, active)
            self._found = self._page.focused, by_id
        return by_id
