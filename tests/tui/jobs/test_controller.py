from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from textual.app import App
from textual.message import Message

from studio_tui.api.ids import NO_ID
from studio_tui.api.models import Job
from studio_tui.errors import StudioError
from studio_tui.service.commands.submitted import Submitted
from studio_tui.service.polling.pipelines_feed import PipelineList
from studio_tui.tui.frame.bulk import BulkCommand
from studio_tui.tui.frame.commands import READ_ONLY
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.jobs import bulk
from studio_tui.tui.jobs.controller import NO_JOB, JobController
from studio_tui.tui.jobs.marked import MarkedJobs
from studio_tui.tui.messages import EditJobs, OpenLog
from studio_tui.tui.schedules.controller import ScheduleController
from tests.jobs import job

CHANGING = {"job.cancel", "job.run_again", "job.continue", "job.edit"}


class NotifyingApp(App[None]):
    """An app that passes its notifications to a function."""

    def __init__(self, on_notification: Callable[[str], None]) -> None:
        super().__init__()
        self._on_notification = on_notification

    def notify(self, message: str, **_: Any) -> None:
        self._on_notification(message)


class Screen:
    """Records what a controller asks of its screen; each question is answered with `answer`."""

    def __init__(self, *, read_only: bool = False, answer: bool = False) -> None:
        self.read_only = read_only
        self.hidden_marks = 0
        self.answer = answer
        self.app = NotifyingApp(self.notify_user)
        self.notifications: list[str] = []
        self.posted: list[Message] = []
        self.questions: list[Confirm] = []
        self.canceled: list[str] = []
        self.session: Any = SimpleNamespace(
            pipelines=SimpleNamespace(snapshot=SimpleNamespace(value=None)),
            jobs=SimpleNamespace(snapshot=SimpleNamespace(error=StudioError("silent"))),
            commands=SimpleNamespace(cancel_job=self._cancel),
            known_items=SimpleNamespace(newer_attempts=dict, pipelines=PipelineList),
            client=SimpleNamespace(is_local_studio=True),
            records=SimpleNamespace(
                history=SimpleNamespace(own_or_inherited_submissions=lambda _jobs, _originals: {})
            ),
            team="local",
            is_local=True,
            replay=None,
        )

    def post_message(self, message: Message) -> bool:
        self.posted.append(message)
        return True

    def notify_user(self, words: str, _severity: str = "information") -> None:
        self.notifications.append(words)

    async def ask(self, question: Any) -> Any:
        self.questions.append(question)
        return self.answer

    async def _cancel(self, job_id: str) -> None:
        self.canceled.append(job_id)


def controller(current_job: Job | None, screen: Screen | None = None) -> JobController:
    """Return a controller of the job under the cursor, on a screen."""
    return JobController(screen or Screen(), lambda: current_job)


def reasons(jobs: JobController) -> dict[str, str]:
    """Return the reason for each disabled command, by the id of the command."""
    all_reasons = {command.id: command.why_not(jobs) for command in JobController.COMMANDS}
    return {command_id: reason for command_id, reason in all_reasons.items() if reason}


def test_without_a_job_every_command_is_disabled() -> None:
    assert reasons(controller(None)) == {command.id: NO_JOB for command in JobController.COMMANDS}


@pytest.mark.parametrize("status", ["CREATED", "QUEUED", "INIT", "RUNNING"])
def test_a_job_that_has_not_ended_can_be_canceled(status: str) -> None:
    assert "job.cancel" not in reasons(controller(job(1, status)))


@pytest.mark.parametrize("status", ["COMPLETE", "FAILED", "CANCELED"])
def test_canceling_a_job_that_has_ended_is_disabled_and_the_reason_names_its_status(
    status: str,
) -> None:
    disabled = reasons(controller(job(1, status)))
    assert disabled["job.cancel"] == f"The job has ended: {status.lower()}"
    assert CHANGING & disabled.keys() == {"job.cancel"}


@pytest.mark.parametrize("status", ["CANCELING", "CANCELING_SCHEDULED"])
def test_canceling_a_job_that_is_being_canceled_is_disabled_with_a_reason_of_its_own(
    status: str,
) -> None:
    assert reasons(controller(job(1, status)))["job.cancel"] == "The job is being canceled already"


def test_a_job_without_a_query_can_be_viewed_but_not_rerun() -> None:
    disabled = reasons(controller(job(1, query=None)))
    assert {disabled[name] for name in CHANGING - {"job.cancel"}} == {"Its query is not known here"}
    assert not {"job.log", "job.copy_id"} & disabled.keys()


def test_the_list_of_jobs_neither_reruns_nor_edits_a_schedule_and_says_where_that_is_done() -> None:
    disabled = reasons(controller(job(1, "TASK")))
    assert {disabled[name] for name in CHANGING - {"job.cancel"}} == {
        "In Schedules (4), t runs a schedule and e changes it"
    }


def test_read_only_mode_disables_only_the_commands_that_change_something() -> None:
    current_job = job(1, "RUNNING", url="https://studio.example/job/1")
    disabled = reasons(controller(current_job, Screen(read_only=True)))
    assert {name for name, reason in disabled.items() if reason == READ_ONLY} == CHANGING
    assert disabled.keys() - CHANGING == {"job.pipeline"}


def test_commands_that_need_the_id_are_disabled_for_a_job_with_an_unusable_id() -> None:
    disabled = reasons(controller(job(1, id="..")))
    assert {name for name, reason in disabled.items() if reason == NO_ID} == {
        *CHANGING,
        "job.log",
        "job.copy_id",
    }


USABLE, UNUSABLE = job(1), job(2, id="..")


@pytest.mark.parametrize(
    ("current", "marked", "reason"),
    [(USABLE, [UNUSABLE], NO_ID), (UNUSABLE, [USABLE, UNUSABLE], None)],
)
def test_an_unusable_id_of_the_current_job_does_not_matter_if_others_are_marked(
    current: Job, marked: list[Job], reason: str | None
) -> None:
    marks = MarkedJobs(lambda: marked)
    jobs = JobController(Screen(), lambda: current, marked=marks)
    assert jobs.why_not_copy() == reason
    schedules = ScheduleController(Screen(), lambda: current, marks)
    assert schedules.why_no_runs() == reason


@pytest.mark.parametrize(
    ("marked", "reason"),
    [
        ([job(1, "FAILED")], "The marked job cannot be canceled: it has ended"),
        (
            [job(1, "FAILED"), job(2, "CANCELING")],
            "None of the 2 marked jobs can be canceled: 1 has ended, 1 is being canceled already",
        ),
    ],
)
def test_the_reason_why_no_marked_job_can_be_canceled_counts_several_jobs_by_state(
    marked: list[Job], reason: str
) -> None:
    jobs = JobController(Screen(), lambda: marked[0], marked=MarkedJobs(lambda: marked))
    assert jobs.why_not_cancel() == reason


def test_the_page_and_the_pipeline_of_a_job_cannot_be_opened_if_there_are_none() -> None:
    assert reasons(controller(job(1, "RUNNING"))) == {
        "job.open_page": "Studio has no page for it",
        "job.pipeline": "No known pipeline runs this job",
    }


def test_open_log_opens_the_log_of_the_current_job() -> None:
    screen, current_job = Screen(), job(1)
    controller(current_job, screen).open_log()
    (message,) = screen.posted
    assert isinstance(message, OpenLog)
    assert message.job_id == current_job.id


async def test_the_complete_id_is_copied_and_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    # Over SSH without tmux only the terminal has a clipboard.
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.setenv("SSH_TTY", "/dev/pts/1")
    screen, current_job = Screen(), job(1)
    await controller(current_job, screen).copy_id()
    assert screen.app.clipboard == current_job.id
    assert screen.notifications == [f"Sent to the terminal's clipboard: {current_job.id}"]


@pytest.mark.parametrize("is_continued", [False, True])
async def test_a_rerun_is_linked_to_the_job_it_continues_or_repeats(
    is_continued: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[BulkCommand[Any, Any]] = []
    monkeypatch.setattr(bulk, "begin_bulk", lambda _host, command: begun.append(command))
    screen, current_job = Screen(answer=True), job(1, "FAILED")
    jobs = controller(current_job, screen)
    await (jobs.run_from_checkpoints() if is_continued else jobs.run_again())
    ((_, request),) = begun[0].items
    submitted = Submitted.of(request, {})
    assert submitted.rerun_from_job_id == (current_job.id if is_continued else None)
    assert submitted.repeats == (None if is_continued else current_job.id)


async def test_a_job_that_cannot_be_created_again_is_reported_before_any_question() -> None:
    screen, current_job = Screen(answer=True), job(1, "FAILED", environment={"KEY": "a\nb"})
    await controller(current_job, screen).run_again()
    assert screen.questions == []
    (words,) = screen.notifications
    assert words.startswith("The environment variable KEY has a line break in its value")


async def test_a_schedule_among_edited_jobs_is_left_out_and_a_notice_says_so() -> None:
    screen, marked = Screen(), [job(1, "FAILED"), job(2, "TASK")]
    jobs = JobController(screen, lambda: marked[1], marked=MarkedJobs(lambda: marked))
    await jobs.edit()
    (message,) = screen.posted
    assert isinstance(message, EditJobs)
    assert list(message.job_ids) == [marked[0].id]
    assert screen.notifications == [
        "Left out: 1 has to be run as a schedule, by t in Schedules (4)"
    ]
