"""How long to rest between attempts: on average longer after each failure in a row, up to a cap."""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass

DENIED_PAUSE = 300.0
"""Seconds until an item that the token may not read is requested again: permissions may change."""

MOST_DOUBLINGS = 10
"""Limit of the exponent, as a huge number would overflow a float."""


async def wait_for(event: asyncio.Event, seconds: float) -> None:
    """Return when `event` is set or after `seconds`, whichever is first."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


@dataclass(slots=True)
class Backoff:
    """Full-jitter back-off: a rest is random, from `least` up to a span of seconds.

    The span begins with `base`, doubles with each failure, and is at most `cap`.
    """

    base: float
    cap: float
    least: float = 0.0
    failures: int = 0

    def add_failure(self) -> float:
        """Count a failure; return the seconds to rest after it, like `rest`."""
        self.failures += 1
        return self.rest()

    def rest(self) -> float:
        """Return the seconds to rest after the current number of failures."""
        span = min(self.cap, self.base * 2.0 ** min(self.failures, MOST_DOUBLINGS))
        return random.uniform(self.least, max(span, self.least))  # noqa: S311 (no secret)

    def reset(self) -> None:
        self.failures = 0
