"""How long one connection to a log may stay silent, and when it counts as stable."""

import asyncio

SILENCE = 45.0
"""Seconds without a frame after which a connection counts as dead."""
LINGER = 5.0
"""Seconds without new log after which an ended job's connection is closed."""
FORGIVEN_AFTER = 5.0
"""Seconds after which a connection with frames, but no log, no longer counts as a failure."""


class ConnectionTime:
    """The time of one connection, which has just been opened, by the clock of the loop."""

    def __init__(self) -> None:
        self._steady_at = self.now + FORGIVEN_AFTER
        self._deadline: float | None = None
        """When it is to be closed; set once the job has ended."""

    @property
    def now(self) -> float:
        """The time, in seconds."""
        return asyncio.get_running_loop().time()

    @property
    def is_steady(self) -> bool:
        """Whether it has lasted long enough not to count as a failure."""
        return self.now >= self._steady_at

    @property
    def is_ending(self) -> bool:
        """Whether the job has ended."""
        return self._deadline is not None

    @property
    def patience(self) -> float:
        """Seconds to wait for the next frame."""
        return SILENCE if self._deadline is None else max(0.0, self._deadline - self.now)

    def linger(self) -> None:
        """Give an ended job's connection more time: a replay may well follow the status."""
        self._deadline = self.now + LINGER
