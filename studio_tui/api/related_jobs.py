"""The jobs that are related to a job: what it continues or repeats, and other attempts at it."""

from collections.abc import Mapping
from typing import NamedTuple

from studio_tui.api.models import Job
from studio_tui.api.states import JobState


class NewerAttempt(NamedTuple):
    """The attempt because of which an older, failed one is no problem."""

    job_id: str
    state: JobState

    @property
    def is_fix(self) -> bool:
        """Whether the attempt is complete; if not, it supersedes the failed one."""
        return self.state is JobState.COMPLETE


class RelatedJobs(NamedTuple):
    """The jobs that are related to a job, by their ids, newest last.

    A single id is `None` if there is no such job, or if it is not known.
    """

    origin: str | None
    """The job from whose checkpoints this job continues."""
    continued_by: tuple[str, ...]
    """The jobs that continue from the checkpoints of this job."""
    jobs: Mapping[str, Job]
    """The related jobs that are loaded, by id."""
    earlier_runs: tuple[str, ...] = ()
    """Earlier runs of the same job of a pipeline."""
    later_runs: tuple[str, ...] = ()
    """Later runs of the same job of a pipeline."""
    newer_attempt: NewerAttempt | None = None
    """The attempt because of which this failed job is no problem."""
    repeat_of: str | None = None
    """The job that this one repeats."""
    newest_run: str | None = None
    """The newest of the later runs and of the jobs that continue or repeat this one.

    Unlike `newer_attempt`, it can have any state.
    """
