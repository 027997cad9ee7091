"""How long one connection to a log may stay silent, and when it counts as steady."""

import asyncio

SILENCE = 45.0
"""Seconds without a frame after which a connection counts as dead."""
LINGER = 5.0
"""Seconds without new log text after which an ended job's connection is closed."""
STEADY_AFTER = 5.0
"""Seconds after which a connection that receives frames resets the delay of retries.

New log text resets it at once.
"""


class ConnectionTime:
    """The deadlines of one connection, in the loop's time; create it when the connection opens."""

    def __init__(self) -> None:
        self._steady_at = self.now + STEADY_AFTER
        self._deadline: float | None = None
        """When to close if no log text is received; `None` until the job has ended."""

    @property
    def now(self) -> float:
        """The loop's time, in seconds."""
        return asyncio.get_running_loop().time()

    @property
    def is_steady(self) -> bool:
        """Whether the connection has lasted for `STEADY_AFTER`."""
        return self.now >= self._steady_at

    @property
    def is_lingering(self) -> bool:
        """Whether this connection has received the status of an ended job."""
        return self._deadline is not None

    @property
    def patience(self) -> float:
        """Seconds to wait for the next frame."""
        return SILENCE if self._deadline is None else max(0.0, self._deadline - self.now)

    def linger(self) -> None:
        """Set the deadline: for `LINGER` seconds, text may follow the status of an ended job."""
        self._deadline = self.now + LINGER
