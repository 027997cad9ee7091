"""The rest after a failed attempt, which on average grows with each consecutive failure."""

import random
from collections.abc import Callable
from dataclasses import dataclass

Jitter = Callable[[float, float], float]
"""Returns a random number between two bounds."""

DENIED_REST = 300.0
"""Seconds until an item that the token may not read is requested again: permissions change."""

MOST_DOUBLINGS = 10
"""Maximum number of times that the span is doubled, as a huge number would overflow a float."""


@dataclass(slots=True)
class Backoff:
    """Full-jitter back-off: a rest is a random part of a span that doubles with each failure."""

    base: float
    """Seconds of the span before any failure."""
    cap: float
    """Maximum span in seconds."""
    least: float = 0.0
    """Minimum rest in seconds."""
    jitter: Jitter = random.uniform
    failures: int = 0
    """Consecutive failures."""

    def add_failure(self) -> float:
        """Count a failure; return the seconds to rest after it, like `rest`."""
        self.failures += 1
        return self.rest()

    def rest(self) -> float:
        """Return the seconds to rest after the current number of failures."""
        span = min(self.cap, self.base * 2.0 ** min(self.failures, MOST_DOUBLINGS))
        return self.jitter(self.least, max(span, self.least))

    def reset(self) -> None:
        """Reset the count of failures, as an attempt succeeded."""
        self.failures = 0
