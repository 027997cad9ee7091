"""The commands on schedules."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any, ClassVar

from studio_tui import clock
from studio_tui.api.ids import NO_ID, is_usable_id
from studio_tui.api.models import Job, Pipeline
from studio_tui.presentation.format import plural
from studio_tui.presentation.jobs.bulk import why_not_cancel
from studio_tui.presentation.schedules.rows import is_suspended, rebuilt_datasets
from studio_tui.presentation.schedules.start_times import describe_time
from studio_tui.service.commands.submitted import RelatedRequest
from studio_tui.tui.frame.bulk import BulkCommand, begin_bulk, question_lines
from studio_tui.tui.frame.commands import Command, Host, why_read_only
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.frame.request_notices import run_and_report
from studio_tui.tui.jobs.bulk import BulkJobs
from studio_tui.tui.jobs.controller import JobController, show_runs
from studio_tui.tui.jobs.create import create_and_notify
from studio_tui.tui.jobs.marked import MarkedJobs
from studio_tui.tui.jobs.naming import describe_schedule, time_of, title
from studio_tui.tui.jobs.rerun import prepared_repeat, with_schedule
from studio_tui.tui.messages import CRON_FIELD, OpenForm, SchedulePipeline
from studio_tui.tui.schedules.editing import ScheduleEditor

_WHY_NOT_SUSPEND = (
    "Only the local Studio can suspend a schedule. Here e can postpone its next run, and x ends it"
)
_WHY_NO_PIPELINE_SCHEDULE = (
    "Only the local Studio can trigger a pipeline on a schedule. Here n schedules a job; to "
    "rebuild datasets, have your own cron run `datachain pipeline create` and `resume`"
)


class ScheduleController(JobController):
    """Controller of a list of schedules, each of which is a job in the state TASK."""

    def __init__(self, host: Host, at_hand: Callable[[], Job | None], marked: MarkedJobs) -> None:
        super().__init__(
            host, at_hand, marked=marked, why_no_job=lambda: "There is no schedule here"
        )
        self.editor = ScheduleEditor(host)

    @cached_property
    def _bulk(self) -> BulkJobs:
        return BulkJobs(self._host, self.marked, self.owner_of, why_not_cancel)

    def why_not_change(self) -> str | None:
        """Return why the current schedule can neither be changed nor run now."""
        if self._host.session.commands.schedules.is_possible:
            return self._why_no_change()
        # On other Studios, both commands create a job from the query.
        return self.why_not_rerun_at_hand()

    def why_not_suspend(self) -> str | None:
        if reason := self.why_not_cancel():
            return reason
        return None if self._host.session.commands.schedules.is_possible else _WHY_NOT_SUSPEND

    def why_not_cancel(self) -> str | None:
        return why_read_only(self._host) or self.why_no_runs()

    def why_no_runs(self) -> str | None:
        """Return why there is no target whose id requests can use."""
        if not (targets := self._targets()):
            return self.why_no_id()
        return None if any(is_usable_id(task.id) for task in targets) else NO_ID

    def _targets(self) -> Sequence[Job]:
        """Return the marked schedules; if there are none, the current one, if any."""
        return self.marked.available_jobs() or tuple(filter(None, (self._at_hand(),)))

    def schedule_pipeline(self) -> None:
        self._host.post_message(SchedulePipeline())

    def suspend_label(self) -> str:
        """Return `resume` if all targets are suspended, else `suspend`."""
        targets = self._targets()
        return "resume" if targets and all(map(is_suspended, targets)) else "suspend"

    async def suspend_or_resume(self) -> None:
        """Suspend the marked schedules, else the current one; if none is active, resume them."""
        tasks = [task for task in self._targets() if is_usable_id(task.id)]
        active = [task for task in tasks if not is_suspended(task)]
        commands = self._host.session.commands.schedules
        command = commands.suspend if active else commands.resume
        if self.marked.count():
            if not await self._ask_about_marked(active or tasks, suspending=bool(active)):
                return
            begin_bulk(
                self._host,
                BulkCommand[Job, Job | None](
                    doing="Suspending" if active else "Resuming",
                    done="suspended" if active else "resumed",
                    noun="schedule",
                    items=active or tasks,
                    name=title,
                    command=lambda task: command(task.id),
                    unmark=lambda task: self.marked.unmark(task.id),
                    not_done_yet=lambda task: (
                        "suspension requested" if active and _is_active(task) else ""
                    ),
                ),
            )
        elif tasks:
            task = tasks[0]
            done = partial(_outcome, task, has_suspended=bool(active))
            await run_and_report(self._host, title(task), command(task.id), done)

    async def _ask_about_marked(self, tasks: Sequence[Job], *, suspending: bool) -> bool:
        verb = "Suspend" if suspending else "Resume"
        effect = ("They create no runs until they are resumed; running ones finish.",)
        question = Confirm(
            f"{verb} {plural(len(tasks), 'schedule')}?",
            question_lines(
                self._host,
                effect if suspending else (),
                [f"  {title(task)}  {time_of(task)}" for task in tasks],
            ),
            yes=verb,
            no="Don't",
            default_yes=not suspending,
        )
        return await self._host.ask(question) is not None

    def show_runs(self) -> None:
        show_runs(self._host, [task for task in self._targets() if is_usable_id(task.id)])

    def open_form(self) -> None:
        self._host.post_message(OpenForm(initial_field=CRON_FIELD))

    async def run_once(self) -> None:
        """Ask, then let Studio run the current schedule once, or create a job with its settings."""
        task = self._at_hand()
        if task is None:
            return
        if self._host.session.commands.schedules.is_possible:
            await self._let_studio_run(task)
        elif (repeat := await prepared_repeat(self._host, task)) is not None:
            task = with_schedule(task, repeat.submitted)
            if await self._ask_to_run(
                task, "The schedule itself does not change.", "", *repeat.lines()
            ):
                request = RelatedRequest.of(repeat.request, run_of=task.id)
                await create_and_notify(
                    self._host.app, self._host.session.commands.job_creator, request
                )

    async def _ask_to_run(self, task: Job, *lines: str) -> bool:
        question = Confirm(
            "Run this once now?",
            (*describe_schedule(task), "", *lines),
            yes="Run it now",
            no="Don't",
            default_yes=True,
        )
        return await self._host.ask(question) is not None

    async def _let_studio_run(self, task: Job) -> None:
        if not await self._ask_to_run(
            task,
            "The run is listed as started by hand; the schedule does not change.",
            "A fire time during this run is skipped.",
        ):
            return
        session = self._host.session

        def watch_pipeline(pipeline: Pipeline) -> str:
            session.endings.watch_pipelines((pipeline,))
            return f"Triggered {pipeline.name or pipeline.pipeline_id}"

        def watch_job(run: Job) -> str:
            session.endings.watch((run,))
            return f"Created: {title(run)}"

        doing, commands = title(task), session.commands.schedules
        if rebuilt_datasets(task):
            await run_and_report(self._host, doing, commands.trigger(task.id), watch_pipeline)
        else:
            await run_and_report(self._host, doing, commands.run(task.id), watch_job)

    async def change(self) -> None:
        if (task := self._at_hand()) is not None:
            await self.editor.change(task)

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "schedule.runs",
            "l,L",
            "runs",
            "Show the jobs or pipelines that the schedule created",
            show_runs,
            why_no_runs,
        ),
        Command(
            "schedule.new",
            "n",
            "new",
            "Open the form for a job that runs later or repeatedly",
            open_form,
            lambda self: why_read_only(self._host),
        ),
        Command(
            "schedule.pipeline",
            "P",
            "new pipeline",
            "Open the form for a schedule that rebuilds datasets",
            schedule_pipeline,
            lambda self: why_no_pipeline_schedule(self._host),
        ),
        Command(
            "schedule.run_once",
            "t",
            "run now",
            "Run the schedule once, now",
            run_once,
            why_not_change,
        ),
        Command(
            "schedule.edit",
            "e",
            "edit",
            "Change when the schedule runs; its past runs stay listed",
            change,
            why_not_change,
        ),
        Command(
            "schedule.suspend",
            "p",
            "suspend or resume",
            "Create no runs until resumed (running ones finish); if suspended, resume",
            suspend_or_resume,
            why_not_suspend,
            repeats=True,
            search_words="pause continue",
            label_now=suspend_label,
        ),
        Command(
            "schedule.cancel",
            "x",
            "cancel",
            "End the schedule, after confirmation",
            JobController.cancel,
            why_not_cancel,
            search_words="delete remove",
        ),
        *(
            replace(command, help=command.help.replace("job's", "schedule's"))
            for command in JobController.COMMANDS
            if command.id in {"job.copy_id", "job.open_page"}
        ),
    )


def why_no_pipeline_schedule(host: Host) -> str | None:
    """Return why no pipeline can be scheduled; `None` if one can."""
    if reason := why_read_only(host):
        return reason
    is_possible = host.session.commands.schedules.is_possible
    return None if is_possible else _WHY_NO_PIPELINE_SCHEDULE


def _is_active(task: Job | None) -> bool:
    return task is not None and task.schedule is not None and task.schedule.suspended_at is None


def _outcome(task: Job, changed_task: Job | None, *, has_suspended: bool) -> str:
    schedule = changed_task.schedule if changed_task else None
    if has_suspended and _is_active(changed_task):
        return f"Studio will suspend {title(task)}; the list shows when it has"
    if has_suspended:
        return f"Suspended {title(task)}: it creates no runs until p resumes it"
    if schedule is None or schedule.next_run_at is None:
        return f"Resumed {title(task)}"
    next_run = describe_time(schedule.next_run_at, clock.now(), clock.zone())
    return f"Resumed {title(task)}, next run {next_run}"
