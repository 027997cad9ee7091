"""How long one connection to a log may stay silent, and when it counts as stable."""

import asyncio

SILENCE = 45.0
"""Seconds without a frame after which a connection counts as dead."""
LINGER = 5.0
"""Seconds without new log after which an ended job's connection is closed."""
FORGIVEN_AFTER = 5.0
"""Seconds after which a connection with frames counts as a success, even without log text."""


class ConnectionTime:
    """The deadlines of one connection, which has just been opened, in the loop's time."""

    def __init__(self) -> None:
        self._steady_at = self.now + FORGIVEN_AFTER
        self._deadline: float | None = None
        """When to close if nothing is received; `None` until the job has ended."""

    @property
    def now(self) -> float:
        """The loop's time, in seconds."""
        return asyncio.get_running_loop().time()

    @property
    def is_steady(self) -> bool:
        """Whether the connection has lasted long enough to count as a success."""
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
        """Wait `LINGER` seconds from now on for text that follows the status of an ended job."""
        self._deadline = self.now + LINGER
