"""How long to rest between tries that fail."""

import random
from collections.abc import Callable
from dataclasses import dataclass

Jitter = Callable[[float, float], float]
"""Chooses a number between two."""

MOST_DOUBLINGS = 10


@dataclass(slots=True)
class Backoff:
    """Rests with full jitter over a span that doubles with each failure in a row."""

    base: float
    """Seconds of the span before any failure."""
    cap: float
    """Seconds of the longest span."""
    least: float = 0.0
    """Seconds of the shortest rest."""
    jitter: Jitter = random.uniform
    failures: int = 0
    """In a row."""

    def failed(self) -> float:
        """Count a failure, and return the seconds to rest after it."""
        self.failures += 1
        return self.rest()

    def rest(self) -> float:
        """Return the seconds to rest after so many failures."""
        span = min(self.cap, self.base * 2.0 ** min(self.failures, MOST_DOUBLINGS))
        return self.jitter(self.least, max(span, self.least))

    def succeeded(self) -> None:
        """Begin anew."""
        self.failures = 0
