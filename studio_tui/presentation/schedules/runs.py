"""The last runs of a schedule."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from studio_tui.api.models import Job, ScheduleRun
from studio_tui.api.states import JobState, PipelineState
from studio_tui.presentation.cells import Tone
from studio_tui.presentation.format import ago
from studio_tui.presentation.jobs.causes import cause, own_error
from studio_tui.presentation.jobs.states import EQUIVALENT_STATES, LOOKS
from studio_tui.presentation.schedules.start_times import span

RESULTS = 8
"""Maximum number of last runs that are kept, and of cells that their signs take."""

LATE = timedelta(minutes=1)
"""Minimum delay of a run that counts as late."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class ScheduledRun(NamedTuple):
    """A run of a schedule."""

    id: str | None
    """Id of the job or pipeline; `None` if Studio does not send it."""
    state: JobState
    """State of the job, or the job state that is equivalent to the pipeline's."""
    status: str
    """As sent by Studio; `UNKNOWN` if it sent none."""
    created_at: datetime | None
    by_hand: bool = False
    """Whether a user started the run, not the schedule."""
    error: str = ""
    """Safe to draw."""
    scheduled_for: datetime | None = None
    """The fire time; `None` for a manual run, or if Studio does not send it."""

    @property
    def delay(self) -> timedelta | None:
        """Delay from the fire time to the creation of the run; `None` if the run is not late."""
        if self.scheduled_for is None or self.created_at is None:
            return None
        delay = self.created_at - self.scheduled_for
        return delay if delay >= LATE else None

    @property
    def sign(self) -> str:
        """Result in at most three cells: `✓`, `(✓)` manual, `✓+` late."""
        glyph = LOOKS[self.state].glyph
        if self.by_hand:
            return f"({glyph})"
        return f"{glyph}+" if self.delay is not None else glyph

    @property
    def tone(self) -> Tone:
        return LOOKS[self.state].tone


class ScheduleWithRuns(NamedTuple):
    task: Job
    runs: tuple[ScheduledRun, ...]
    """Newest first."""

    @property
    def state(self) -> JobState:
        """State of the last known run; TASK if there is none."""
        return self.runs[0].state if self.runs else JobState.TASK


def runs_by_task(jobs: Iterable[Job]) -> dict[str, tuple[ScheduledRun, ...]]:
    """Return the last `RESULTS` runs of each schedule by its id; jobs and runs are newest first."""
    runs_by_id: dict[str, list[ScheduledRun]] = {}
    for job in jobs:
        if job.scheduled_by is not None:
            runs = runs_by_id.setdefault(job.scheduled_by, [])
            if len(runs) < RESULTS:
                runs.append(run_of(job))
    return {task_id: tuple(runs) for task_id, runs in runs_by_id.items()}


def run_of(job: Job) -> ScheduledRun:
    return ScheduledRun(
        job.id,
        job.state,
        job.status or "UNKNOWN",
        job.created_at,
        error=own_error(job.error_message, job.state),
        scheduled_for=job.scheduled_for,
    )


def with_manual(runs: Iterable[ScheduledRun], by_hand: Iterable[Job]) -> tuple[ScheduledRun, ...]:
    """Return the last `RESULTS` of `runs` and the jobs that were run `by_hand`, newest first."""
    manual_runs = [run_of(job)._replace(by_hand=True) for job in by_hand]
    manual_ids = {run.id for run in manual_runs}
    all_runs = [*manual_runs, *(run for run in runs if run.id not in manual_ids)]
    all_runs.sort(key=lambda run: run.created_at or _LONG_AGO, reverse=True)
    return tuple(all_runs[:RESULTS])


def runs_of(task: Job, listed_runs: Sequence[ScheduledRun] = ()) -> tuple[ScheduledRun, ...]:
    """Return the last runs that Studio sends with a schedule, else `listed_runs`, newest first."""
    recent = task.schedule.recent if task.schedule else None
    if recent is None:
        return tuple(listed_runs[:RESULTS])
    return tuple(_from_schedule_run(run) for run in recent[:RESULTS])


def run_signs(runs: Sequence[ScheduledRun]) -> str:
    """Return the signs that fit into `RESULTS` cells, newest last; `runs` are newest first."""
    fitting = ""
    for run in runs[:RESULTS]:
        if len(run.sign) + len(fitting) > RESULTS:
            break
        fitting = run.sign + fitting
    return fitting


def run_line(run: ScheduledRun, now: datetime) -> str:
    """Return a line with the result and age of a run."""
    hand = ", by hand" if run.by_hand else ""
    late = f", {span(run.delay)} late" if run.delay is not None else ""
    error = f"  {cause(run.error)}" if run.error and cause(run.error) else ""
    return f"{run.sign} {run.status}  {ago(run.created_at, now)}{hand}{late}{error}"


def _from_schedule_run(run: ScheduleRun) -> ScheduledRun:
    if run.kind == "pipeline":
        status = run.status or ""
        is_known = status in set(PipelineState)
        state = EQUIVALENT_STATES[PipelineState(status)] if is_known else JobState.UNKNOWN
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
