"""Queue and run times of jobs; the run time is how long the query ran."""

from datetime import UTC, datetime, timedelta

from studio_tui.api.models import Job, JobStep
from studio_tui.api.states import WAITING_STATES, JobState
from studio_tui.presentation.format import seconds_between
from studio_tui.presentation.logs.timestamps import Life

WAITING, QUERY = "waiting", "running_query"
"""Names of the steps in which a job waits for workers, and in which its query runs."""

_MAY_HAVE_RUN = frozenset({JobState.RUNNING, JobState.COMPLETE, JobState.FAILED})
# Times beyond these limits cannot be converted to every time zone.
_EARLIEST = datetime.min.replace(tzinfo=UTC) + timedelta(days=2)
_LATEST = datetime.max.replace(tzinfo=UTC) - timedelta(days=2)


def released_at(job: Job) -> datetime | None:
    """Return when a job began to wait for workers; if unknown, when it was created.

    A job of a pipeline may have waited for other jobs before.
    """
    wait = _step(job, WAITING)
    return (wait.started_at if wait else None) or job.created_at


def left_queue_at(job: Job) -> datetime | None:
    """Return when a job left the queue; `None` if it has not, or if that is unknown.

    The job left the queue at the end of its wait for workers; if that is unknown, at the start of
    its first other step; if that is unknown too, at the start of its query.
    """
    if not job.steps:
        return job.began_at
    wait = _step(job, WAITING)
    if wait is not None and wait.finished_at is not None:
        return wait.finished_at
    starts = [step.started_at for step in job.steps if step.name != WAITING]
    return min((start for start in starts if start is not None), default=job.began_at)


def queue_seconds(job: Job, now: datetime) -> float | None:
    """Return how long a job waited, or has waited so far, for workers; `None` if unknown.

    If Studio sends neither steps nor a start time, the time is known only while the job waits.
    Also `None` for a PENDING job that waits for other jobs: it does not wait for workers yet.
    """
    if (left_at := left_queue_at(job)) is not None:
        return seconds_between(released_at(job), left_at)
    if job.state is JobState.PENDING and _step(job, WAITING) is None:
        return None
    return seconds_between(released_at(job), now) if is_waiting(job) else None


def is_waiting(job: Job) -> bool:
    """Whether the job has not started, and is not known to have left the queue."""
    return job.state in WAITING_STATES and left_queue_at(job) is None


def run_seconds(job: Job, now: datetime) -> float | None:
    """Return how long the query has run; `None` if it has not begun, or its start is unknown."""
    if (began := job.began_at) is None:
        return None
    if (query := _step(job, QUERY)) is not None and query.finished_at is not None:
        return seconds_between(began, query.finished_at)
    return seconds_between(began, job.finished_at if job.state.is_finished else now)


def guessed_seconds(job: Job, now: datetime) -> float | None:
    """Return an upper bound of the run time of a job whose start is unknown; `None` for others.

    Also `None` if the job is neither running, complete nor failed, if its steps show that it failed
    before its query ran, and for a schedule, whose runs are other jobs.
    """
    if job.schedule is not None or job.began_at is not None or job.state not in _MAY_HAVE_RUN:
        return None
    if job.steps and job.state is JobState.FAILED:
        return None
    earliest_start = (left_queue_at(job) if job.steps else None) or job.created_at
    return seconds_between(earliest_start, job.finished_at if job.state.is_finished else now)


def shown_run_seconds(job: Job, now: datetime) -> float | None:
    """Return the run time shown in lists: an estimate if the start is unknown."""
    ran = run_seconds(job, now)
    return guessed_seconds(job, now) if ran is None else ran


def step_seconds(step: JobStep, job: Job, now: datetime) -> float | None:
    """Return how long a step has taken; if its end is unknown, until its job ended, or `now`."""
    ended = job.finished_at if job.state.is_finished else now
    return seconds_between(step.started_at, step.finished_at or ended)


def life_of(job: Job, now: datetime) -> Life | None:
    """Return the period in which a job can have printed; `None` if its start is unknown.

    It starts when the job left the queue or, if that is unknown, was created. It ends when the job
    ended, or `now`.
    """
    begin = left_queue_at(job) or job.created_at
    if begin is None:
        return None
    # In whole seconds, as times read from lines are cached by this period.
    end = (job.finished_at if job.state.is_finished else None) or now.replace(microsecond=0)
    begin = min(max(begin, _EARLIEST), _LATEST)
    return Life(begin, min(max(begin, end), _LATEST))


def _step(job: Job, name: str) -> JobStep | None:
    for step in job.steps or ():
        if step.name == name:
            return step
    return None
