"""Links between jobs requested on this machine: what each continues, repeats or replaces."""

from collections.abc import Iterable, Mapping
from itertools import chain

from studio_tui.api.models import Job
from studio_tui.service.commands.submitted import Submitted


class Origins:
    """Links between jobs and between schedules, by their ids, in both directions."""

    def __init__(self) -> None:
        self.changes = 0
        """Number of recorded links from a job to the job that it continues or repeats."""
        self._origin: dict[str, str] = {}
        self._successors: dict[str, list[str]] = {}
        self._repeated: dict[str, str] = {}
        self._repeats: dict[str, list[str]] = {}
        self._runs: dict[str, list[str]] = {}
        self._replaced: dict[str, str] = {}
        self._looked_up: set[str] = set()

    def note(self, job_id: str, submitted: Submitted) -> None:
        """Record a job's links from its submission."""
        if submitted.run_of is not None and job_id not in self._runs.get(submitted.run_of, ()):
            self._runs.setdefault(submitted.run_of, []).append(job_id)
        if submitted.replaces is not None and submitted.replaces != job_id:
            self._replaced[job_id] = submitted.replaces
        origin = submitted.rerun_from_job_id
        if origin is not None and job_id not in self._origin and job_id != origin:
            self._origin[job_id] = origin
            self._successors.setdefault(origin, []).append(job_id)
            self.changes += 1
        repeated = submitted.repeats
        if repeated is not None and job_id not in self._repeats.get(repeated, ()):
            self._repeats.setdefault(repeated, []).append(job_id)
            self._repeated[job_id] = repeated
            self.changes += 1

    def not_looked_up(self, jobs: Iterable[Job]) -> list[str]:
        """Return the ids of listed jobs that were not looked up yet."""
        ids = [job.id for job in jobs]
        self._looked_up.intersection_update(ids)
        return [job_id for job_id in ids if job_id not in self._looked_up]

    def note_looked_up(
        self, looked_up: Iterable[str], submissions: Mapping[str, Submitted]
    ) -> None:
        """Record the submissions of jobs, by id; `looked_up` are all ids that were looked up."""
        self._looked_up.update(looked_up)
        for job_id, submitted in submissions.items():
            self.note(job_id, submitted)

    def origin(self, job_id: str) -> str | None:
        """Return the id of the job that this one continues."""
        return self._origin.get(job_id)

    def repeated(self, job_id: str) -> str | None:
        """Return the id of the job that this one repeats, or `None`."""
        return self._repeated.get(job_id)

    def successors(self, job_id: str) -> tuple[str, ...]:
        """Return the ids of the jobs that continue this one."""
        return tuple(self._successors.get(job_id, ()))

    def manual_runs(self, task_id: str) -> tuple[str, ...]:
        """Return the ids of the manual runs of a schedule."""
        return tuple(self._runs.get(task_id, ()))

    def predecessors(self, task_id: str) -> tuple[str, ...]:
        """Return the ids of a schedule and of the schedules that it replaced, newest first."""
        ids = [task_id]
        while (replaced := self._replaced.get(ids[-1])) is not None and replaced not in ids:
            ids.append(replaced)
        return tuple(ids)

    def all_later_runs(self, job_id: str) -> frozenset[str]:
        """Return the ids of the jobs that continue or repeat a job, directly or through others."""
        found, pending = {job_id}, [job_id]
        while pending:
            current = pending.pop()
            for later_id in (*self.successors(current), *self._repeats.get(current, ())):
                if later_id not in found:
                    found.add(later_id)
                    pending.append(later_id)
        return frozenset(found - {job_id})

    def later_runs(self) -> dict[str, tuple[str, ...]]:
        """Return the ids of the jobs that continue or repeat each job, by the id of that job."""
        links = (self._successors, self._repeats)
        return {
            job_id: tuple(chain.from_iterable(each.get(job_id, ()) for each in links))
            for job_id in {**self._successors, **self._repeats}
        }
