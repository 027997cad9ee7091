"""Delays slow updates until the cursor stops moving, so that a held key is not slowed down."""

from collections.abc import Callable

from textual.timer import Timer
from textual.widget import Widget

from studio_tui.clock import monotonic

RESTS_AFTER = 0.06
"""Seconds without a move after which the cursor is at rest; a held key repeats in 30 to 50 ms."""

FOLLOWS_WITHIN = 0.5
"""Seconds of continuous movement after which the update happens anyway."""


class Rest:
    """Calls back when the cursor stops, and at intervals during continuous movement."""

    def __init__(self, widget: Widget, rested: Callable[[], None]) -> None:
        """Make a debouncer with the timers of `widget`; `rested` is the callback."""
        self._widget = widget
        self._rested = rested
        self._due: Timer | None = None
        self._since = 0.0

    def moved(self) -> None:
        """Restart the delay after a move."""
        now = monotonic()
        if self._due is None:
            self._since = now
            self._due = self._widget.set_timer(RESTS_AFTER, self._rests, name="rest")
        elif now - self._since < FOLLOWS_WITHIN:
            self._due.reset()

    def _rests(self) -> None:
        self._due = None
        self._rested()
