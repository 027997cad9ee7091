"""The name and time of a schedule, for questions."""

from datetime import tzinfo

from studio_tui.api.models import Job


def is_once(task: Job) -> bool:
    """Return whether a schedule is known to run only once."""
    return task.schedule is not None and task.schedule.cron_expression is None


def time_of(task: Job, zone: tzinfo) -> str:
    """Return the time of a schedule in a form that can be typed; empty if unknown."""
    schedule = task.schedule
    if schedule is None:
        return ""
    if schedule.cron_expression:
        return schedule.cron_expression
    moment = schedule.next_run_at or schedule.start_after
    if moment is None:
        return ""
    local = moment.astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M:%S}" if local.second else f"{local:%Y-%m-%d %H:%M}"


def named(task: Job, zone: tzinfo) -> tuple[str, ...]:
    """Return lines that identify a schedule."""
    return (
        f"  name    {task.name or '–'}",
        f"  id      {task.id}",
        f"  runs    {time_of(task, zone) or 'Studio does not say when'}",
        f"  by      {task.created_by or '–'}",
    )
