"""What follows a cursor waits until keys rest, lest it hold up those that a held key sends."""

from collections.abc import Callable
from time import monotonic

from textual.timer import Timer
from textual.widget import Widget

RESTS_AFTER = 0.06
"""Seconds without a move after which a cursor rests; a held key moves it every 30 to 50 ms."""

FOLLOWS_WITHIN = 0.5
"""Seconds of moving after which it is followed all the same."""


class Rest:
    """Calls once a cursor rests, and now and then while it moves on and on."""

    def __init__(self, widget: Widget, rested: Callable[[], None]) -> None:
        """Take whose timers are used, and what is called."""
        self._widget = widget
        self._rested = rested
        self._due: Timer | None = None
        self._since = 0.0

    def moved(self) -> None:
        """Wait for rest once more."""
        now = monotonic()
        if self._due is None:
            self._since = now
            self._due = self._widget.set_timer(RESTS_AFTER, self._rests, name="rest")
        elif now - self._since < FOLLOWS_WITHIN:
            self._due.reset()

    def _rests(self) -> None:
        self._due = None
        self._rested()
