"""What can be done with a schedule."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, tzinfo
from functools import partial
from types import MappingProxyType

from textual import work
from textual.binding import Binding

from studio_tui import clock
from studio_tui.api.models import Job
from studio_tui.errors import StudioError
from studio_tui.presentation.jobs.filters import exactly
from studio_tui.presentation.schedules.rows import Explained, explain_expression, explain_moment
from studio_tui.presentation.schedules.start_times import resolve
from studio_tui.service.commands.jobs import rescheduled, said
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.jobs.actions import JOB_BINDINGS, READ_ONLY, JobActions, title
from studio_tui.tui.jobs.create import make_job
from studio_tui.tui.jobs.rerun import Repeat, submitted_of, with_schedule
from studio_tui.tui.messages import FilterJobs, OpenForm
from studio_tui.tui.schedules.time_dialog import AskTime

SCHEDULE_BINDINGS = (
    Binding("l,L", "runs", "runs", id="schedule.runs", tooltip="Show the jobs it has made"),
    Binding(
        "n",
        "new_schedule",
        "new",
        id="schedule.new",
        tooltip="Fill in the form of a job that runs later, or again and again",
    ),
    Binding("t", "run_once", "run now", id="schedule.run_once", tooltip="Run its job once, now"),
    Binding(
        "e",
        "change",
        "edit",
        id="schedule.edit",
        tooltip="Change when it runs: create another, then cancel it",
    ),
    Binding(
        "x", "cancel", "cancel", id="schedule.cancel", tooltip="End the schedule, after asking"
    ),
    *(binding for binding in JOB_BINDINGS if binding.id in {"job.copy_id", "job.open_url"}),
)
"""Keys of everything here; a screen puts them among its own."""

_ABOUT_ONE = frozenset(binding.action for binding in SCHEDULE_BINDINGS) - {"new_schedule"}

_BOTH_EXIST = "Now there are two, and both run: cancel one of them with x."


class ScheduleActions(JobActions):
    """Mixin of a screen that has a schedule at hand, which is a job in the state TASK."""

    zone: tzinfo
    """That in which times are told and typed."""
    _left: Mapping[str, str] = MappingProxyType({})
    """Times that were typed and not sent, by the ids of their schedules."""

    def why_not(self, action: str) -> str | None:
        """Return why `action` cannot work now, in words; `None` when it can."""
        if action == "new_schedule":
            return READ_ONLY if self.read_only else None
        if action in _ABOUT_ONE and self.job_at_hand() is None:
            return "There is no schedule here"
        if action in {"run_once", "change"}:
            # Both make a job like it.
            return super().why_not("run_again")
        return super().why_not(action)

    def action_runs(self) -> None:
        """Show the jobs that the schedule has made."""
        if task := self.job_for("runs"):
            self.post_message(FilterJobs(exactly("task", task.id)))

    def action_new_schedule(self) -> None:
        """Show the form of a new job."""
        if reason := self.why_not("new_schedule"):
            self._say(reason, "warning")
        else:
            self.post_message(OpenForm())

    @work(name="run once", group="command")
    async def action_run_once(self) -> None:
        """Say what is known and what is not, then create the schedule's job once."""
        repeat = await self._repeat_for("run_once")
        if repeat is None:
            return
        sure = await self.app.push_screen_wait(
            Confirm(
                "Run this once now?",
                (
                    *_named(repeat.job, self.zone),
                    "",
                    "The schedule goes on as it is.",
                    "",
                    *repeat.lines,
                ),
                yes="Run it now",
                no="Don't",
                default_yes=True,
            )
        )
        if sure:
            await make_job(self.app, self.session.creating, repeat.wish)

    @work(name="cancel", group="command")
    async def action_cancel(self) -> None:
        """Ask, then end the schedule."""
        task = self.job_for("cancel")
        if task is None:
            return
        task = with_schedule(task, (await submitted_of((task,), self.session)).get(task.id))
        sure = await self.app.push_screen_wait(
            Confirm(
                "Cancel this schedule?",
                (*_named(task, self.zone), "", "It makes no more jobs. Those it has made go on."),
                yes="Cancel the schedule",
                no="Keep it",
            )
        )
        if sure:
            await self._run(
                self.session.commands.cancel(task.id), f"Cancel was asked for {title(task)}"
            )

    @work(name="edit schedule", group="command")
    async def action_change(self) -> None:
        """Ask when it is to run, say what will be done, then do that."""
        repeat = await self._repeat_for("change")
        if repeat is None:
            return
        task = repeat.job
        before = _time_of(task, self.zone)
        explain = _explainer(task, self.zone)
        begun = self._left.get(task.id, before)
        question = AskTime(f"When is {title(task)} to run?", begun, explain)
        typed = await self.app.push_screen_wait(question)
        self._left = {**self._left, task.id: question.typed}
        if typed is None:
            return
        if typed == before:
            self._say("The schedule stays as it is.", "information")
            return
        sure = await self.app.push_screen_wait(
            Confirm(
                "Change this schedule?",
                (
                    f"  name    {task.name or '–'}",
                    f"  id      {task.id}",
                    f"  runs    {before or 'Studio does not say when'}",
                    f"  then    {typed}",
                    f"  that is {explain(typed).lines[0]}",
                    "",
                    "The new one is created first, then this one is cancelled.",
                    "Should that fail, both exist, and it is said.",
                    "",
                    *repeat.lines,
                ),
                yes="Create, then cancel",
                no="Don't",
            )
        )
        if sure:
            await self._replace(repeat, typed)

    async def _repeat_for(self, action: str) -> Repeat | None:
        """Return what makes the schedule at hand again, with its times as far as they are known."""
        task = self.job_for(action)
        repeat = None if task is None else await self.repeat_of(task)
        if repeat is None:
            return None
        return replace(repeat, job=with_schedule(repeat.job, repeat.submitted))

    async def _replace(self, repeat: Repeat, typed: str) -> None:
        """Create a schedule with another time, and cancel the old one only when that is done."""
        task, now = repeat.job, clock.now()
        try:
            once = resolve(typed, now, self.zone) if _is_once(task) else None
            wish = rescheduled(
                task,
                repeat.wish,
                cron_expression=None if once else typed,
                start_after=once or _begin(task, now),
            )
        except ValueError as error:
            self._say(f"{error} {title(task)} goes on as it was.", "error")
            return
        created = await make_job(self.app, self.session.creating, wish)
        if created is None:
            self._say(f"{title(task)} goes on as it was.", "warning")
            return
        try:
            await self.session.commands.cancel(task.id)
        except StudioError as error:
            self._say(
                f"Created {title(created)}, but {title(task)} was not cancelled: {said(error)} "
                f"{_BOTH_EXIST}",
                "error",
            )
        else:
            self._say(f"Created {title(created)} and cancelled {title(task)}", "information")


def _begin(task: Job, now: datetime) -> datetime:
    """Return when an expression is to count from: the published client sends the present."""
    start = task.schedule.start_after if task.schedule else None
    return max(start, now) if start else now


def _is_once(task: Job) -> bool:
    return task.schedule is not None and task.schedule.cron_expression is None


def _time_of(task: Job, zone: tzinfo) -> str:
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


def _explainer(task: Job, zone: tzinfo) -> "partial[Explained]":
    """Return what says what is typed as the time of a schedule."""
    if _is_once(task):
        return partial(explain_moment, now=clock.now(), zone=zone)
    time_zone = task.schedule.time_zone if task.schedule else None
    return partial(explain_expression, time_zone=time_zone, now=clock.now(), zone=zone)


def _named(task: Job, zone: tzinfo) -> tuple[str, ...]:
    """Return the lines that name a schedule beyond doubt."""
    return (
        f"  name    {task.name or '–'}",
        f"  id      {task.id}",
        f"  runs    {_time_of(task, zone) or 'Studio does not say when'}",
        f"  by      {task.created_by or '–'}",
    )
