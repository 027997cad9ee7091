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

ELSEWHERE = (
    "Only the local Studio can suspend a schedule. Here e can postpone its next run, and x ends it"
)

NO_PIPELINES = (
    "Only the local Studio can trigger a pipeline on a schedule. Here n schedules a job; to "
    "rebuild datasets, have your own cron run `datachain pipeline create` and `resume`"
)


class Suspending:
    """Suspends and resumes the schedules of a list."""

    def __init__(self, host: Host, marked: MarkedJobs, zone: tzinfo) -> None:
        """Make a controller; times are shown in `zone`."""
        self._host = host
        self._marked = marked
        self._zone = zone

    async def suspend_or_resume(self, tasks: Sequence[Job], *, are_marked: bool) -> None:
        """Suspend the active schedules; if none is active, resume all of them.

        Unless `are_marked`, there is at most one.
        """
        active = [task for task in tasks if not is_suspended(task)]
        commands = self._host.session.commands.schedules
        command = commands.suspend if active else commands.resume
        if are_marked:
            begin_bulk(
                self._host,
                BulkCommand[Job, Job | None](
                    doing="Suspending" if active else "Resuming",
                    done="suspended" if active else "resumed",
                    noun="schedule",
                    items=active or tasks,
                    name=title,
                    command=lambda task: command(task.id),
                    unmark=lambda task: self._marked.unmark(task.id),
                ),
            )
        elif tasks:
            task = tasks[0]
            done = partial(self._outcome, task, suspended=bool(active))
            await run_and_report(self._host, title(task), command(task.id), done)

    def _outcome(self, task: Job, changed_task: Job | None, *, suspended: bool) -> str:
        if suspended:
            return f"Suspended {title(task)}: it creates no runs until p resumes it"
        schedule = changed_task.schedule if changed_task else None
        if schedule is None or schedule.next_run_at is None:
            return f"Resumed {title(task)}"
        next_run = describe_time(schedule.next_run_at, clock.now(), self._zone)
        return f"Resumed {title(task)}, next run {next_run}"
