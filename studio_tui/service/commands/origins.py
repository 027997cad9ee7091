"""Links of the jobs and schedules that were requested on this machine.

A job can continue or repeat another job, or be a manual run of a schedule. A schedule can replace
another schedule.
"""

from collections.abc import Iterable, Mapping

from studio_tui.api.models import Job
from studio_tui.service.commands.submitted import Submitted


class _Links:
    """Links from each item to at most one other, by ids, in both directions."""

    def __init__(self) -> None:
        self.target: dict[str, str] = {}
        self.sources: dict[str, list[str]] = {}

    def add(self, source: str, target: str | None) -> bool:
        """Add a link, if there is a target; return whether it is new."""
        if target is None or target == source or source in self.target:
            return False
        self.target[source] = target
        self.sources.setdefault(target, []).append(source)
        return True


class Origins:
    """The known links, by the ids of jobs and schedules."""

    def __init__(self) -> None:
        self.changes = 0
        """Number of recorded links from a job to the job that it continues or repeats."""
        self._continued = _Links()
        self._repeated = _Links()
        self._run_of = _Links()
        self._replaced = _Links()
        self._looked_up: set[str] = set()
        """Ids of the listed jobs whose submissions were looked up in the history."""

    def note(self, job_id: str, submitted: Submitted) -> None:
        """Record a job's links from its submission."""
        self._run_of.add(job_id, submitted.run_of)
        self._replaced.add(job_id, submitted.replaces)
        self.changes += self._continued.add(job_id, submitted.rerun_from_job_id)
        self.changes += self._repeated.add(job_id, submitted.repeats)

    def not_looked_up(self, jobs: Iterable[Job]) -> list[str]:
        """Return the ids of the listed jobs whose submissions are to be looked up in the history.

        A job that is no longer listed is to be looked up when it is listed again.
        """
        ids = [job.id for job in jobs]
        self._looked_up.intersection_update(ids)
        return [job_id for job_id in ids if job_id not in self._looked_up]

    def note_looked_up(
        self, looked_up: Iterable[str], submissions: Mapping[str, Submitted]
    ) -> None:
        """Record submissions by job id; `looked_up` has the ids of jobs without one too."""
        self._looked_up.update(looked_up)
        for job_id, submitted in submissions.items():
            self.note(job_id, submitted)

    def origin(self, job_id: str) -> str | None:
        """Return the id of the job that this one continues, or `None`."""
        return self._continued.target.get(job_id)

    def repeat_of(self, job_id: str) -> str | None:
        """Return the id of the job that this one repeats, or `None`."""
        return self._repeated.target.get(job_id)

    def continued_by(self, job_id: str) -> tuple[str, ...]:
        """Return the ids of the jobs that continue this one."""
        return tuple(self._continued.sources.get(job_id, ()))

    def manual_runs(self, task_id: str) -> tuple[str, ...]:
        """Return the ids of the manual runs of a schedule."""
        return tuple(self._run_of.sources.get(task_id, ()))

    def with_replaced_schedules(self, task_id: str) -> tuple[str, ...]:
        """Return the id of a schedule, then of the one that it replaced, and so on."""
        ids = [task_id]
        while (replaced := self._replaced.target.get(ids[-1])) is not None and replaced not in ids:
            ids.append(replaced)
        return tuple(ids)

    def all_later_runs(self, job_id: str) -> frozenset[str]:
        """Return the ids of the jobs that continue or repeat a job, directly or through others."""
        found, pending = {job_id}, [job_id]
        while pending:
            for later_id in self._later_runs(pending.pop()):
                if later_id not in found:
                    found.add(later_id)
                    pending.append(later_id)
        return frozenset(found - {job_id})

    def later_runs(self) -> dict[str, tuple[str, ...]]:
        """Return the ids of the jobs that continue or repeat each job, by the id of that job."""
        job_ids = {**self._continued.sources, **self._repeated.sources}
        return {job_id: self._later_runs(job_id) for job_id in job_ids}

    def _later_runs(self, job_id: str) -> tuple[str, ...]:
        return (*self.continued_by(job_id), *self._repeated.sources.get(job_id, ()))
