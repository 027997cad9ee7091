"""Which job continues or repeats which, and which belongs to which schedule, if requested here."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain

from studio_tui.api.models import Job
from studio_tui.api.states import JobState
from studio_tui.service.commands.submitted import Submitted


class Origins:
    """Links from jobs to those that they continue from checkpoints or repeat, and back."""

    def __init__(self) -> None:
        self.changes = 0
        """How often a job was linked with an earlier one."""
        self._origin: dict[str, str] = {}
        self._successors: dict[str, list[str]] = {}
        self._repeats: dict[str, list[str]] = {}
        self._runs: dict[str, list[str]] = {}
        self._replaced: dict[str, str] = {}
        self._asked: set[str] = set()

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
            self.changes += 1

    def unknown(self, jobs: Iterable[Job]) -> list[str]:
        """Return the ids of jobs that were not looked up yet."""
        return [job.id for job in jobs if job.id not in self._asked]

    def learn(self, asked: Iterable[str], known: Mapping[str, Submitted]) -> None:
        """Record the submissions of jobs, by id; `asked` are all ids that were looked up."""
        self._asked.update(asked)
        for job_id, submitted in known.items():
            self.note(job_id, submitted)

    def origin(self, job_id: str) -> str | None:
        """Return the id of the job that this one continues, or `None`."""
        return self._origin.get(job_id)

    def successors(self, job_id: str) -> tuple[str, ...]:
        """Return the ids of the jobs that continue this one, newest last."""
        return tuple(self._successors.get(job_id, ()))

    def manual_runs(self, task_id: str) -> tuple[str, ...]:
        """Return the ids of the manual runs of a schedule."""
        return tuple(self._runs.get(task_id, ()))

    def predecessors(self, task_id: str) -> tuple[str, ...]:
        """Return a schedule's id and those of the schedules it replaced, newest first."""
        found = [task_id]
        while (before := self._replaced.get(found[-1])) is not None and before not in found:
            found.append(before)
        return tuple(found)

    def linked(self) -> frozenset[str]:
        """Return the ids of all jobs that continue or repeat others, and of these."""
        links = (self._successors, self._repeats)
        later = (job_id for each in links for ids in each.values() for job_id in ids)
        return frozenset(chain(*links, later))

    def fixed_by(self, job: Job, find: Callable[[str], Job | None]) -> Job | None:
        """Return the completed job that continued or repeated a failed one, or such a job.

        `find` returns a known job by its id.
        """
        if job.state is not JobState.FAILED:
            return None
        later = (find(job_id) for job_id in self._later(job.id))
        return next((one for one in later if one and one.state is JobState.COMPLETE), None)

    def _later(self, job_id: str) -> Iterator[str]:
        """Yield the ids of the jobs that continue or repeat a job, or such a job."""
        seen, pending = {job_id}, [job_id]
        while pending:
            current = pending.pop()
            for each in (*self.successors(current), *self._repeats.get(current, ())):
                if each not in seen:
                    seen.add(each)
                    pending.append(each)
                    yield each
