"""Delays slow updates while events follow each other closely, such as the moves of a held key."""

import asyncio
from collections.abc import Callable

from textual.message_pump import MessagePump

RESTS_AFTER = 0.06
"""Seconds without a move until the cursor of a list rests; held keys repeat every 30 to 50 ms."""

FOLLOWS_WITHIN = 0.5
"""Seconds of continuous movement of a cursor after which updates follow it."""


class Debouncer:
    """Calls `update` in `pump` when events pause, and at intervals while they do not."""

    def __init__(
        self,
        pump: MessagePump,
        update: Callable[[], object],
        *,
        pause: float = RESTS_AFTER,
        most: float = FOLLOWS_WITHIN,
    ) -> None:
        """Update `pause` seconds after the last event, and at most `most` after the first."""
        self._pump = pump
        self._update = update
        self._pause = pause
        self._most = most
        # A Textual timer would not fire at all if the machine is busy at that moment.
        self._timer: asyncio.TimerHandle | None = None
        """Runs from the first event until the update."""
        self._deadline = 0.0
        """When to update at the latest, by the clock of the event loop."""

    def note(self) -> None:
        """Note an event: delay the update, but not beyond the deadline."""
        loop = asyncio.get_running_loop()
        if self._timer is None:
            self._deadline = loop.time() + self._most
        else:
            self._timer.cancel()
        due = min(loop.time() + self._pause, self._deadline)
        self._timer = loop.call_at(due, self._end_delay)

    def cancel(self) -> None:
        """Forget the events since the last update."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end_delay(self) -> None:
        self._timer = None
        self._pump.call_later(self._update)
