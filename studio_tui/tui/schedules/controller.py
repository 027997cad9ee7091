"""What can be done with a schedule."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, tzinfo
from functools import partial
from typing import Any, ClassVar

from studio_tui import clock
from studio_tui.api.models import Job
from studio_tui.errors import StudioError
from studio_tui.presentation.format import plural
from studio_tui.presentation.jobs.bulk import to_cancel
from studio_tui.presentation.jobs.filters import exactly
from studio_tui.presentation.lists.fitting import fitting
from studio_tui.presentation.schedules.rows import Explained, explain_expression, explain_moment
from studio_tui.presentation.schedules.start_times import resolve
from studio_tui.service.commands.jobs import rescheduled, said
from studio_tui.tui.frame.bulk import room_for_list
from studio_tui.tui.frame.commands import READ_ONLY, Command, Host
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.frame.progress_words import reported
from studio_tui.tui.jobs.bulk import cancel_all
from studio_tui.tui.jobs.controller import JobController
from studio_tui.tui.jobs.create import make_job
from studio_tui.tui.jobs.marked import MarkedJobs
from studio_tui.tui.jobs.naming import title
from studio_tui.tui.jobs.rerun import Repeat, submitted_of, with_schedule
from studio_tui.tui.messages import FilterJobs, OpenForm
from studio_tui.tui.schedules.time_dialog import AskTime

_BOTH_EXIST = "Now there are two, and both run: cancel one of them with x."


class ScheduleController(JobController):
    """Controller of a list of schedules, each of which is a job in the state TASK."""

    def __init__(
        self,
        host: Host,
        at_hand: Callable[[], Job | None],
        marked: MarkedJobs,
        zone: tzinfo,
    ) -> None:
        """Take where schedules come from, and in which zone times are told and typed."""
        super().__init__(host, at_hand, marked=marked, why_none=lambda: "There is no schedule here")
        self._zone = zone
        self._left: Mapping[str, str] = {}
        """Times that were typed and not sent, by the ids of their schedules."""

    def why_not_create(self) -> str | None:
        """Return why there can be no other schedule."""
        return READ_ONLY if self._host.read_only else None

    def show_runs(self) -> None:
        """Show the jobs that the marked schedules have made, else those of the one at hand."""
        tasks = self.marked.known() or tuple(filter(None, (self._at_hand(),)))
        self._host.post_message(FilterJobs(exactly("task", *(task.id for task in tasks))))

    def open_form(self) -> None:
        """Show the form of a new job."""
        self._host.post_message(OpenForm())

    async def run_once(self) -> None:
        """Say what is known and what is not, then create the schedule's job once."""
        repeat = await self._scheduled()
        if repeat is None:
            return
        sure = await self._host.ask(
            Confirm(
                "Run this once now?",
                (
                    *_named(repeat.job, self._zone),
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
            await make_job(self._host.app, self._host.session.creating, repeat.wish)

    async def end(self) -> None:
        """Ask, then end the marked schedules, else the one at hand."""
        if self.marked.count():
            await self._end_marked()
            return
        task = self._at_hand()
        if task is None:
            return
        task = with_schedule(task, (await submitted_of((task,), self._host.session)).get(task.id))
        sure = await self._host.ask(
            Confirm(
                "Cancel this schedule?",
                (*_named(task, self._zone), "", "It makes no more jobs. Those it has made go on."),
                yes="Cancel the schedule",
                no="Keep it",
            )
        )
        if sure:
            await reported(
                self._host,
                self._host.session.commands.cancel(task.id),
                f"Cancel was asked for {title(task)}",
            )

    async def _end_marked(self) -> None:
        """Name the marked schedules, ask, then end them."""
        tasks = [task for task in self.marked.known() if to_cancel((task,)).jobs]
        known = await submitted_of(tasks, self._host.session)
        names = []
        for task in tasks:
            when = _time_of(with_schedule(task, known.get(task.id)), self._zone)
            names.append(f"  {title(task)}  {when or 'Studio does not say when'}")
        after = ("", "They make no more jobs. Those they have made go on.")
        count = plural(len(tasks), "marked schedule")
        question = Confirm(
            f"Cancel {count}?",
            (*fitting(names, room_for_list(self._host, *after)), *after),
            yes="Cancel the schedules",
            no="Keep them",
        )
        if await self._host.ask(question):
            cancel_all(self._host, tasks, "schedule", self.marked.unmark)

    async def change(self) -> None:
        """Ask when it is to run, say what will be done, then do that."""
        repeat = await self._scheduled()
        if repeat is None:
            return
        task = repeat.job
        before = _time_of(task, self._zone)
        explain = _explainer(task, self._zone)
        begun = self._left.get(task.id, before)
        question = AskTime(f"When is {title(task)} to run?", begun, explain)
        typed = await self._host.ask(question)
        self._left = {**self._left, task.id: question.typed}
        if typed is None:
            return
        if typed == before:
            self._host.say("The schedule stays as it is.")
            return
        sure = await self._host.ask(
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

    async def _scheduled(self) -> Repeat | None:
        """Return what makes the schedule at hand again, with its times as far as they are known."""
        task = self._at_hand()
        repeat = None if task is None else await self._repeat_of(task)
        if repeat is None:
            return None
        return replace(repeat, job=with_schedule(repeat.job, repeat.submitted))

    async def _replace(self, repeat: Repeat, typed: str) -> None:
        """Create a schedule with another time, and cancel the old one only when that is done."""
        task, now = repeat.job, clock.now()
        try:
            once = resolve(typed, now, self._zone) if _is_once(task) else None
            wish = rescheduled(
                task,
                repeat.wish,
                cron_expression=None if once else typed,
                start_after=once or _begin(task, now),
            )
        except ValueError as error:
            self._host.say(f"{error} {title(task)} goes on as it was.", "error")
            return
        created = await make_job(self._host.app, self._host.session.creating, wish)
        if created is None:
            self._host.say(f"{title(task)} goes on as it was.", "warning")
            return
        try:
            await self._host.session.commands.cancel(task.id)
        except StudioError as error:
            self._host.say(
                f"Created {title(created)}, but {title(task)} was not cancelled: {said(error)} "
                f"{_BOTH_EXIST}",
                "error",
            )
        else:
            self._host.say(f"Created {title(created)} and cancelled {title(task)}")

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "schedule.runs",
            "l,L",
            "runs",
            "Show the jobs it has made",
            show_runs,
            JobController.why_no_id,
        ),
        Command(
            "schedule.new",
            "n",
            "new",
            "Fill in the form of a job that runs later, or again and again",
            open_form,
            why_not_create,
        ),
        Command(
            "schedule.run_once",
            "t",
            "run now",
            "Run its job once, now",
            run_once,
            JobController.why_not_repeat,
        ),
        Command(
            "schedule.edit",
            "e",
            "edit",
            "Change when it runs: create another, then cancel it",
            change,
            JobController.why_not_repeat,
        ),
        Command(
            "schedule.cancel",
            "x",
            "cancel",
            "End the schedule, after asking",
            end,
            JobController.why_not_cancel,
        ),
        *(
            command
            for command in JobController.COMMANDS
            if command.id in {"job.copy_id", "job.open_page"}
        ),
    )


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
