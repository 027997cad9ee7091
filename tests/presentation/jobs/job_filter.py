"""Applies a filter of jobs to a single job."""

from datetime import datetime

from studio_tui.api.models import Job
from studio_tui.presentation.jobs.filters import JOBS
from studio_tui.presentation.lists.filter_terms import Terms


class Filter(Terms[Job]):
    """A parsed filter of jobs, all of whose terms are valid."""

    def __init__(self, text: str) -> None:
        super().__init__(text, JOBS)
        assert not self.problem

    def matches(self, job: Job, now: datetime) -> bool:
        """Whether a job passes the filter."""
        return bool(self.passing_rows([(job.id, job)], {job.id: JOBS.haystack(job)}, now))
