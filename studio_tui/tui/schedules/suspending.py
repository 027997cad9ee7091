"""Suspending and resuming one schedule, or all marked schedules."""

from collections.abc import Sequence
from datetime import tzinfo
from functools import partial

from studio_tui import clock
from studio_tui.api.models import Job
from studio_tui.presentation.schedules.rows import is_suspended
from studio_tui.presentation.schedules.start_times import describe_time
from studio_tui.tui.frame.bulk import BulkCommand, begin_bulk
from studio_tui.tui.frame.commands import Host
from studio_tui.tui.frame.request_notices import run_and_report
from studio_tui.tui.jobs.marked import MarkedJobs
from studio_tui.tui.jobs.naming import title

WHY_NOT_SUSPEND = (
    "Only the local Studio can suspend a schedule. Here e can postpone its next run, and x ends it"
)


async def suspend_or_resume(
    host: Host, marked: MarkedJobs, tasks: Sequence[Job], zone: tzinfo
) -> None:
    """Suspend the active schedules among `tasks`; if none is active, resume all of them.

    `tasks` are the `marked` schedules, or at most one that is not marked. `zone` is the user's.
    """
    active = [task for task in tasks if not is_suspended(task)]
    commands = host.session.commands.schedules
    command = commands.suspend if active else commands.resume
    if marked.count():
        begin_bulk(
            host,
            BulkCommand[Job, Job | None](
                doing="Suspending" if active else "Resuming",
                done="suspended" if active else "resumed",
                noun="schedule",
                items=active or tasks,
                name=title,
                command=lambda task: command(task.id),
                unmark=lambda task: marked.unmark(task.id),
                not_done_yet=lambda task: (
                    "suspension requested" if active and _is_active(task) else ""
                ),
            ),
        )
    elif tasks:
        task = tasks[0]
        done = partial(_outcome, task, zone, has_suspended=bool(active))
        await run_and_report(host, title(task), command(task.id), done)


def _is_active(task: Job | None) -> bool:
    return task is not None and task.schedule is not None and task.schedule.suspended_at is None


def _outcome(task: Job, zone: tzinfo, changed_task: Job | None, *, has_suspended: bool) -> str:
    schedule = changed_task.schedule if changed_task else None
    if has_suspended and _is_active(changed_task):
        return f"Studio will suspend {title(task)}; the list shows when it has"
    if has_suspended:
        return f"Suspended {title(task)}: it creates no runs until p resumes it"
    if schedule is None or schedule.next_run_at is None:
        return f"Resumed {title(task)}"
    return (
        f"Resumed {title(task)}, next run {describe_time(schedule.next_run_at, clock.now(), zone)}"
    )
