"""The jobs of a list: what is known by id, which pass the filter, and in what order."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from studio_tui.api.models import Job
from studio_tui.presentation.filters import Filter
from studio_tui.presentation.format import seconds_between
from studio_tui.presentation.jobs import SORTS, haystack, is_moving

_MINUTE = 60

NEWEST_FIRST = "age"
"""The order in which Studio gives jobs."""


class JobList:
    """Jobs by id, kept from one answer to the next so that only what changed is looked at."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._haystacks: dict[str, str] = {}
        self._are_moving = False

    def __len__(self) -> int:
        return len(self._jobs)

    def __contains__(self, job_id: object) -> bool:
        return job_id in self._jobs

    def __getitem__(self, job_id: str) -> Job:
        return self._jobs[job_id]

    def get(self, job_id: str | None) -> Job | None:
        """Return the job with that id, if it is known."""
        return self._jobs.get(job_id) if job_id is not None else None

    def replace(self, jobs: Sequence[Job]) -> frozenset[str]:
        """Take `jobs`, newest first, for all there are; return the ids of those that changed."""
        before = self._jobs
        self._jobs = {job.id: job for job in jobs}
        self._are_moving = any(map(is_moving, jobs))
        changed = frozenset(
            job_id
            for job_id, job in self._jobs.items()
            if (old := before.get(job_id)) is not job and old != job
        )
        self._haystacks = {
            job_id: straw
            for job_id, straw in self._haystacks.items()
            if job_id in self._jobs and job_id not in changed
        }
        return changed

    def ids(self, wanted: Filter, sort: str, now: datetime, *, reverse: bool = False) -> list[str]:
        """Return the ids of the jobs that pass `wanted`, in the order of `sort` (see `SORTS`)."""
        passing: Iterable[Job] = self._jobs.values()
        if wanted:
            passing = (job for job in passing if wanted.passes(job, self._haystack(job), now))
        if sort != NEWEST_FIRST:
            key = SORTS[sort][1]
            passing = sorted(passing, key=lambda job: key(job, now))
        ids = [job.id for job in passing]
        if reverse:
            ids.reverse()
        return ids

    def changes_with_the_second(self, now: datetime) -> bool:
        """Whether some cell shows seconds that pass: of a job under way, or of a young one."""
        newest = next(iter(self._jobs.values()), None)
        young = newest is not None and (seconds_between(newest.created_at, now) or 0) < _MINUTE
        return young or self._are_moving

    def _haystack(self, job: Job) -> str:
        straw = self._haystacks.get(job.id)
        if straw is None:
            straw = self._haystacks[job.id] = haystack(job)
        return straw
