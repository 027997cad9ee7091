"""The job created last, whose log `l` opens while the notice about it is shown."""

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
    """On the clock of `monotonic`."""
    beside: str | None
    """The id of the job that was selected then; `None` if there was none."""


class JustCreated:
    """The job that `l` opens just after it was created."""

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        """Initialise with a monotonic clock in seconds."""
        self._now = now
        self._made: _Made | None = None

    def note(self, job: Job, beside: str | None) -> None:
        """Record that a job was created, and the id of the job that was selected then."""
        self._made = _Made(job, self._now() + IN_SIGHT, beside)

    def instead_of(self, at_hand: str | None) -> Job | None:
        """Return the new job if `l` should open it instead of the selected job, else `None`.

        Once the user has moved to another job, `l` opens the selected job again.
        """
        made = self._made
        if made is None or self._now() >= made.until:
            return None
        return made.job if made.beside in {None, at_hand} else None
