"""A rest between polls that grows while nothing happens."""

from dataclasses import dataclass

from studio_tui import clock

_GROWTH = 1.25
"""Factor by which a rest grows with each answer that is the same as the one before."""


@dataclass(slots=True)
class GrowingRest:
    """A rest that grows while answers are the same.

    At its maximum it ends at a multiple of it, so that lists are polled together.
    """

    least: float
    """Seconds to rest after a change."""
    most: float
    """Seconds of the longest rest, on average."""
    turn: float = 0.0
    """Seconds by which it ends later than a multiple: one connection is enough for all lists."""
    _seconds: float = 0.0
    _answer: object = None

    def after(self, answer: object) -> float:
        """Return the seconds to rest after an answer, which is the same object if unchanged."""
        if answer is not self._answer or not self._seconds:
            self._answer, self._seconds = answer, self.least
            return self._seconds
        self._seconds = min(self._seconds * _GROWTH, self.most)
        if self.least < self._seconds == self.most:
            rest = clock.until_multiple(self.most) + self.turn
            return rest if rest > self.most / 2 else rest + self.most
        return self._seconds

    def end(self) -> None:
        """Begin again with the least, as a change is expected."""
        self._seconds, self._answer = 0.0, None
