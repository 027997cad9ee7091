"""Delays slow updates until the cursor stops moving, so that they do not slow down a held key."""

from collections.abc import Callable

from textual.timer import Timer
from textual.widget import Widget

from studio_tui.clock import monotonic

RESTS_AFTER = 0.06
"""Seconds after the last move; a held key repeats every 30 to 50 ms."""

FOLLOWS_WITHIN = 0.5
"""Seconds of continuous movement after which a move no longer delays the update."""


class Debouncer:
    """Calls `update` when the cursor stops moving, and at intervals while it moves."""

    def __init__(self, widget: Widget, update: Callable[[], None]) -> None:
        self._widget = widget
        self._update = update
        self._timer: Timer | None = None
        """Runs from the first move until the update."""
        self._first_move = 0.0

    def note_move(self) -> None:
        """Delay the update, unless the cursor has moved for `FOLLOWS_WITHIN`."""
        now = monotonic()
        if self._timer is None:
            self._first_move = now
            self._timer = self._widget.set_timer(RESTS_AFTER, self._end_delay, name="rest")
        elif now - self._first_move < FOLLOWS_WITHIN:
            self._timer.reset()

    def _end_delay(self) -> None:
        self._timer = None
        self._update()
