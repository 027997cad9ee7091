"""The job that was made last, whose log `l` shows as long as the notice about it is in sight."""

from collections.abc import Callable
from dataclasses import dataclass

from studio_tui.api.models import Job
from studio_tui.clock import monotonic

IN_SIGHT = 5.0
"""Seconds for which a notice about a new job is shown."""


@dataclass(frozen=True, slots=True)
class _Made:
    job: Job
    until: float
    """By the clock of `monotonic`."""
    beside: str | None
    """The job that was at hand then; `None` where there was none."""


class NewJob:
    """What `l` is about, just after a job was made."""

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        """Take the clock."""
        self._now = now
        self._made: _Made | None = None

    def note(self, job: Job, beside: str | None) -> None:
        """Note that a job was made, and which one was at hand as it was."""
        self._made = _Made(job, self._now() + IN_SIGHT, beside)

    def instead_of(self, at_hand: str | None) -> Job | None:
        """Return the new job if `l` is about it, and not about the one at hand.

        Once the user has gone on to another job, it is about that one again.
        """
        made = self._made
        if made is None or self._now() >= made.until:
            return None
        return made.job if made.beside in {None, at_hand} else None
