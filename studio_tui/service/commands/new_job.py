"""The job created last, whose log `l` opens while the notice about it is shown."""

from collections.abc import Callable
from dataclasses import dataclass

from studio_tui.api.models import Job
from studio_tui.clock import monotonic

NOTICE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class _NewJob:
    job: Job
    until: float
    """In seconds of the monotonic clock."""
    selected_id: str | None


class JustCreated:
    """The job created last, and whether `l` opens its log."""

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._new: _NewJob | None = None

    def note(self, job: Job, selected_id: str | None) -> None:
        """Record a new job, and the id of the job that is selected now; `None` if none is."""
        self._new = _NewJob(job, self._now() + NOTICE_SECONDS, selected_id)

    def job_instead_of(self, selected_id: str | None) -> Job | None:
        """Return the new job if `l` opens its log instead of the selected job's, else `None`.

        It does until the notice ends or another job than at first is selected.
        """
        new = self._new
        if new is None or self._now() >= new.until:
            return None
        return new.job if new.selected_id in {None, selected_id} else None
