"""Suspending and resuming schedules, one or all marked ones."""

from collections.abc import Sequence
from datetime import tzinfo
from functools import partial

from studio_tui import clock
from studio_tui.api.models import Job
from studio_tui.presentation.schedules.rows import is_suspended
from studio_tui.presentation.schedules.start_times import describe_time
from studio_tui.tui.frame.bulk import BulkCommand, begin
from studio_tui.tui.frame.commands import Host
from studio_tui.tui.frame.request_notices import run_and_report
from studio_tui.tui.jobs.marked import MarkedJobs
from studio_tui.tui.jobs.naming import title

ELSEWHERE = (
    "Only the local Studio can suspend a schedule. Here e can postpone its next run, and x ends it"
)
"""Why a schedule cannot be suspended, and alternatives."""


NO_PIPELINES = (
    "Only the local Studio can trigger a pipeline on a schedule. Here n schedules a job; to "
    "rebuild datasets, have your own cron run `datachain pipeline create` and `resume`"
)
"""Why a pipeline cannot be scheduled, and alternatives."""


class Suspending:
    """Suspends and resumes the schedules of a list."""

    def __init__(self, host: Host, marked: MarkedJobs, zone: tzinfo) -> None:
        """Initialise; times are shown in `zone`."""
        self._host = host
        self._marked = marked
        self._zone = zone

    async def turn(self, tasks: Sequence[Job], *, are_marked: bool) -> None:
        """Suspend the schedules that are active; if there are none, resume all."""
        going = [task for task in tasks if not is_suspended(task)]
        commands = self._host.session.commands.schedules
        if are_marked:
            begin(
                self._host,
                BulkCommand[Job, Job | None](
                    doing="Suspending" if going else "Resuming",
                    done="suspended" if going else "resumed",
                    noun="schedule",
                    items=going or tasks,
                    name=title,
                    command=lambda task: (
                        commands.suspend(task.id) if going else commands.resume(task.id)
                    ),
                    unmark=lambda task: self._marked.unmark(task.id),
                ),
            )
            return
        for task in tasks[:1]:
            command = commands.suspend(task.id) if going else commands.resume(task.id)
            done = partial(self._outcome, task, suspended=bool(going))
            await run_and_report(self._host, title(task), command, done)

    def _outcome(self, task: Job, now: Job | None, *, suspended: bool) -> str:
        if suspended:
            return f"Suspended {title(task)}: it creates no runs until p resumes it"
        following = now.schedule.next_run_at if now and now.schedule else None
        when = (
            f", next run {describe_time(following, clock.now(), self._zone)}" if following else ""
        )
        return f"Resumed {title(task)}{when}"
