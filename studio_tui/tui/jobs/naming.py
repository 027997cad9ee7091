"""The names of jobs and schedules in questions and reports."""

from studio_tui import clock
from studio_tui.api.models import Job
from studio_tui.api.states import JobState
from studio_tui.presentation.format import SHORT_ID
from studio_tui.presentation.jobs.causes import cause_of


def title(job: Job) -> str:
    """Return the name and the short id of a job, for a sentence."""
    return f"{job.name or 'a job without a name'} ({job.id[:SHORT_ID]})"


def describe(job: Job) -> tuple[str, ...]:
    """Return lines that identify a job; they include its whole id, as names can look alike."""
    if job.state is JobState.TASK:
        return describe_schedule(job)
    return (
        f"  name    {job.name or '–'}",
        f"  id      {job.id}",
        f"  status  {(job.status or 'UNKNOWN').lower()}",
        f"  by      {job.created_by or '–'}",
        *((f"  error   {error}",) if (error := cause_of(job)) else ()),
    )


def describe_schedule(task: Job) -> tuple[str, ...]:
    return (
        f"  name    {task.name or '–'}",
        f"  id      {task.id}",
        f"  runs    {time_of(task) or 'Studio does not say when'}",
        f"  by      {task.created_by or '–'}",
    )


def time_of(task: Job) -> str:
    """Return when a schedule runs, as it can be typed into a form; empty if unknown.

    It is a cron expression such as `0 9 * * *`, or a local time such as `2026-11-25 14:05`.
    """
    schedule = task.schedule
    if schedule is None:
        return ""
    if schedule.cron_expression:
        return schedule.cron_expression
    moment = schedule.next_run_at or schedule.start_after
    if moment is None:
        return ""
    local = moment.astimezone(clock.zone())
    return f"{local:%Y-%m-%d %H:%M:%S}" if local.second else f"{local:%Y-%m-%d %H:%M}"
