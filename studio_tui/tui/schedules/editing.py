"""Changing the time of a schedule, or replacing the schedule if Studio cannot change it."""

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.getters import query_one
from textual.widgets import Input, Static

from studio_tui import clock
from studio_tui.api.local_models import ScheduleTimes
from studio_tui.api.models import Job, JobInput
from studio_tui.errors import StudioError
from studio_tui.presentation.schedules.explanations import (
    Explained,
    explain_expression,
    explain_single_time,
    fires_after,
)
from studio_tui.presentation.schedules.rows import is_suspended
from studio_tui.presentation.schedules.start_times import StartTimeError, parse_start_time
from studio_tui.service.commands.jobs import failure_message, schedule_request
from studio_tui.service.commands.submitted import RelatedRequest
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.commands import Host
from studio_tui.tui.frame.dialog import Dialog
from studio_tui.tui.frame.dialog_box import DialogBody
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.frame.request_notices import run_and_report
from studio_tui.tui.jobs.create import create_and_notify
from studio_tui.tui.jobs.naming import describe_schedule, time_of, title
from studio_tui.tui.jobs.rerun import Repeat, prepared_repeat, submitted_of, with_schedule


class AskTime(Dialog[str | None]):
    """Asks for a valid time or cron expression."""

    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "close", id="ask.close"),
    ]

    explanation = query_one("#explanation", Static)

    def __init__(self, question: str, before: str, explain: Callable[[str], Explained]) -> None:
        """Make a dialog; `before` is when the schedule runs now, empty if unknown."""
        super().__init__(question)
        self._before = before
        self._explain = explain

    def body(self) -> ComposeResult:
        yield Input(self._before, compact=True, select_on_focus=False)
        yield DialogBody(Static(markup=False, id="explanation"))
        yield Static("enter continues, esc closes", markup=False, classes="keys")

    def on_mount(self) -> None:
        self._show_explanation(self._before)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        self._show_explanation(event.value)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if self._explain(event.value.strip()).is_good:
            self.dismiss(event.value.strip())

    def _show_explanation(self, typed: str) -> None:
        explained = self._explain(typed.strip())
        self.explanation.update("\n".join(explained.lines))
        # For an empty field, the explanation says what to type, so it is no problem.
        self.set_class(bool(typed.strip()) and not explained.is_good, "-problem")


_CHANGE_NOTES = ("Its past runs stay listed, and running ones continue.",)
_REPLACEMENT_NOTES = (
    "The new one is created first, then this one is canceled.",
    "If canceling fails, both exist, and a message says so.",
    "",
)
_BOTH_EXIST = "Now there are two, and both run: cancel one of them with x."


class ScheduleEditor:
    """Changes the times of schedules in a list."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.replacements: dict[str, str] = {}
        """Ids of replacements that are not listed yet, by the id of the replaced schedule."""

    async def change(self, task: Job) -> None:
        """Ask for the new time and for confirmation, then change or replace the schedule."""
        repeat = None
        if not self._host.session.commands.schedules.is_possible:
            repeat = await prepared_repeat(self._host, task)
            if repeat is None:
                return
        submissions = await submitted_of((task,), self._host.session)
        task = with_schedule(task, submissions.get(task.id))
        before = time_of(task)
        question = AskTime(f"When should {title(task)} run?", before, _explainer(task))
        typed = await self._host.ask(question)
        if typed is None:
            return
        if typed == before:
            self._host.notify_user("The schedule has not changed.")
            return
        if not await self._confirm(task, typed, repeat):
            return
        if _has_ended(self._host.session, task):
            # A replacement would revive it.
            self._host.notify_user(f"{title(task)} has ended meanwhile.", "warning")
            return
        try:
            times = self._times(task, typed)
        except StartTimeError as error:
            self._host.notify_user(f"{error} {title(task)} has not changed.", "error")
            return
        if repeat is None:
            changing = self._host.session.commands.schedules.change(task.id, times)
            done = "\n".join((f"Changed {title(task)}: {typed}", *_suspension(task)))
            await run_and_report(self._host, f"Changing {title(task)}", changing, done)
        else:
            request = schedule_request(
                task,
                repeat.request,
                cron_expression=times.cron_expression,
                start_after=times.start_after,
            )
            await self._replace(task, request)

    def _times(self, task: Job, typed: str) -> ScheduleTimes:
        """Return when to run.

        Raises:
            StartTimeError: a single time has passed.
        """
        now = clock.now()
        if _is_once(task):
            return ScheduleTimes(start_after=parse_start_time(typed, now, clock.zone()))
        schedule = task.schedule
        # As in the published client, an expression applies from the schedule's start, or from now
        # if that is past.
        start = max(schedule.start_after, now) if schedule and schedule.start_after else now
        return ScheduleTimes(
            cron_expression=typed,
            start_after=start,
            time_zone=schedule.time_zone if schedule else None,
        )

    async def _confirm(self, task: Job, typed: str, repeat: Repeat | None) -> bool:
        notes = _CHANGE_NOTES if repeat is None else (*_REPLACEMENT_NOTES, *repeat.lines())
        question = Confirm(
            "Change this schedule?",
            (
                *describe_schedule(task)[:3],
                f"  then    {typed}",
                f"  that is {_explainer(task)(typed).lines[0]}",
                "",
                *notes,
                *_suspension(task),
            ),
            yes="Change it" if repeat is None else "Create, then cancel",
            no="Don't",
        )
        return await self._host.ask(question) is not None

    async def _replace(self, task: Job, request: JobInput) -> None:
        """Create a schedule and cancel the old one."""
        request = RelatedRequest.of(request, replaces=task.id)
        created = await create_and_notify(
            self._host.app, self._host.session.commands.job_creator, request
        )
        if created is None:
            self._host.notify_user(f"{title(task)} has not changed.", "warning")
            return
        self.replacements[task.id] = created.id
        try:
            await self._host.session.commands.cancel_job(task.id)
        except StudioError as error:
            self._host.notify_user(
                f"Created {title(created)}, but {title(task)} was not canceled: "
                f"{failure_message(error)} {_BOTH_EXIST}",
                "error",
            )
        else:
            self._host.notify_user(f"Created {title(created)} and canceled {title(task)}")


def _has_ended(session: StudioSession, task: Job) -> bool:
    """Return whether Studio no longer lists a schedule."""
    tasks = session.schedules.snapshot.value
    return tasks is not None and all(each.id != task.id for each in tasks)


def _explainer(task: Job) -> "partial[Explained]":
    schedule, now, zone = task.schedule, clock.now(), clock.zone()
    if _is_once(task):
        return partial(explain_single_time, now=now, zone=zone)
    time_zone, start = (schedule.time_zone, schedule.start_after) if schedule else (None, None)
    return partial(explain_expression, time_zone=time_zone, now=fires_after(start, now), zone=zone)


def _suspension(task: Job) -> tuple[str, ...]:
    return ("It stays suspended until p resumes it.",) if is_suspended(task) else ()


def _is_once(task: Job) -> bool:
    return task.schedule is not None and task.schedule.cron_expression is None
