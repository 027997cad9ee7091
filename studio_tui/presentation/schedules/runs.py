"""The last runs of a schedule, as sent by Studio or else found among the jobs."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from studio_tui.api.models import Job
from studio_tui.api.schedules import ScheduleRun
from studio_tui.api.states import JobState, PipelineState
from studio_tui.presentation.cells import Tone
from studio_tui.presentation.format import ago
from studio_tui.presentation.jobs.causes import cause, own_error
from studio_tui.presentation.jobs.states import LOOKS
from studio_tui.presentation.schedules.start_times import span

RESULTS = 8
"""Maximum number of last runs shown."""

LATE = timedelta(minutes=1)
"""Delay after which a run is considered late."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)

_GAPS = {
    "missed": ("!", "no Studio was running"),
    "skipped": ("»", "the previous run was still going"),
}
"""Glyphs of fire times without a run, and the reasons."""

_JOB_STATES = {
    PipelineState.PENDING: JobState.PENDING,
    PipelineState.PAUSED: JobState.PENDING,
    PipelineState.RUNNING: JobState.RUNNING,
    PipelineState.COMPLETED: JobState.COMPLETE,
    PipelineState.FAILED: JobState.FAILED,
    PipelineState.CANCELED: JobState.CANCELED,
}
"""The state of a job that is equivalent to that of a pipeline."""


class ScheduledRun(NamedTuple):
    """A run of a schedule, or a fire time without one."""

    id: str | None
    """Id of the job or pipeline; `None` for a fire time without a run."""
    state: JobState
    """State of the job, or the equivalent of the pipeline's state."""
    status: str
    """The status as sent by Studio."""
    created_at: datetime | None
    by_hand: bool = False
    """Whether the user started it, not the schedule."""
    error: str = ""
    """Safe error message; empty if it has none."""
    scheduled_for: datetime | None = None
    """The fire time; `None` for a manual run."""
    gap: str = ""
    """`missed` or `skipped` for a fire time without a run."""

    @property
    def late(self) -> timedelta | None:
        """Delay between fire time and creation; `None` if it is less than `LATE`."""
        if self.scheduled_for is None or self.created_at is None:
            return None
        late = self.created_at - self.scheduled_for
        return late if late >= LATE else None

    @property
    def sign(self) -> str:
        """Result in a few cells: `✓`, `(✓)` manual, `✓+` late; `!` missed, `»` skipped."""
        if self.gap:
            return _GAPS[self.gap][0]
        glyph = LOOKS[self.state].glyph
        if self.by_hand:
            return f"({glyph})"
        return f"{glyph}+" if self.late is not None else glyph

    @property
    def tone(self) -> Tone:
        """Tone of the sign."""
        return Tone.WARN if self.gap else LOOKS[self.state].tone


class Scheduled(NamedTuple):
    """A schedule with its last runs."""

    task: Job
    """The schedule itself: a job in the state TASK."""
    runs: tuple[ScheduledRun, ...]
    """The last known runs, newest first."""

    @property
    def state(self) -> JobState:
        """State of the last run; `TASK` if there is none."""
        return next((run.state for run in self.runs if not run.gap), JobState.TASK)


def runs_by_task(jobs: Iterable[Job]) -> dict[str, tuple[ScheduledRun, ...]]:
    """Return the last runs of each schedule by its id, at most `RESULTS`, newest first.

    `jobs` are newest first.
    """
    runs: dict[str, list[ScheduledRun]] = {}
    for job in jobs:
        if job.scheduled_by is not None:
            newest = runs.setdefault(job.scheduled_by, [])
            if len(newest) < RESULTS:
                newest.append(run_of(job))
    return {task_id: tuple(made) for task_id, made in runs.items()}


def run_of(job: Job) -> ScheduledRun:
    """Convert a job to a run."""
    return ScheduledRun(
        job.id,
        job.state,
        job.status or "UNKNOWN",
        job.created_at,
        error=own_error(job.error_message, job.state),
        scheduled_for=job.scheduled_for,
    )


def with_manual(runs: Iterable[ScheduledRun], by_hand: Iterable[Job]) -> tuple[ScheduledRun, ...]:
    """Return the last runs, newest first, including jobs that were manual runs."""
    jobs = [run_of(job)._replace(by_hand=True) for job in by_hand]
    ids = {run.id for run in jobs}
    every = [*jobs, *(run for run in runs if run.id not in ids)]
    every.sort(key=lambda run: run.created_at or _LONG_AGO, reverse=True)
    return tuple(every[:RESULTS])


def runs_of(task: Job, jobs: Sequence[ScheduledRun] = ()) -> tuple[ScheduledRun, ...]:
    """Return the last runs of a schedule, newest first; `jobs` are those found among the jobs."""
    recent = task.schedule.recent if task.schedule else None
    if recent is None:
        return tuple(jobs[:RESULTS])
    return tuple(_from_schedule_run(run) for run in recent[:RESULTS])


def signs(runs: Sequence[ScheduledRun]) -> str:
    """Return the signs of the last runs, newest last, in at most `RESULTS` cells."""
    signs_so_far = ""
    for run in runs[:RESULTS]:
        if len(run.sign) + len(signs_so_far) > RESULTS:
            break
        signs_so_far = run.sign + signs_so_far
    return signs_so_far


def line(run: ScheduledRun, now: datetime) -> str:
    """Return a line about when a run was created and its result, or why there was none."""
    if run.gap:
        return f"{run.sign} {run.gap}  {ago(run.scheduled_for, now)}, as {_GAPS[run.gap][1]}"
    hand = ", by hand" if run.by_hand else ""
    late = f", {span(run.late)} late" if run.late is not None else ""
    error = f"  {cause(run.error)}" if run.error and cause(run.error) else ""
    return f"{run.sign} {run.status}  {ago(run.created_at, now)}{hand}{late}{error}"


def _from_schedule_run(run: ScheduleRun) -> ScheduledRun:
    if run.kind in _GAPS:
        at = run.scheduled_for
        return ScheduledRun(None, JobState.UNKNOWN, run.kind, None, scheduled_for=at, gap=run.kind)
    if run.kind == "pipeline":
        word = PipelineState(run.status) if run.status in set(PipelineState) else None
        state = _JOB_STATES.get(word, JobState.UNKNOWN) if word else JobState.UNKNOWN
    else:
        state = JobState.of(run.status)
    return ScheduledRun(
        run.id,
        state,
        run.status or "UNKNOWN",
        run.created_at,
        by_hand=bool(run.by_hand),
        error=own_error(run.error_message, state),
        scheduled_for=run.scheduled_for,
    )
