"""What a schedule is called in questions, and when it runs."""

from datetime import tzinfo

from studio_tui.api.models import Job


def is_once(task: Job) -> bool:
    """Whether a schedule is known to run once."""
    return task.schedule is not None and task.schedule.cron_expression is None


def time_of(task: Job, zone: tzinfo) -> str:
    """Return when a schedule runs, as it can be typed; empty where Studio does not say."""
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
    """Return the lines that name a schedule beyond doubt."""
    return (
        f"  name    {task.name or '–'}",
        f"  id      {task.id}",
        f"  runs    {time_of(task, zone) or 'Studio does not say when'}",
        f"  by      {task.created_by or '–'}",
    )
