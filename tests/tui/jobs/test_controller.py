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
from studio_tui.tui.frame.commands import READ_ONLY
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.jobs.controller import NO_JOB, JobController
from studio_tui.tui.jobs.naming import title
from studio_tui.tui.messages import CreateJob, OpenLog
from tests.jobs import job

CHANGING = {"job.cancel", "job.run_again", "job.continue", "job.edit"}


class ToldApp(App[None]):
    """Hands on what it is to say."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__()
        self._say = say

    def notify(self, message: str, **_: Any) -> None:
        self._say(message)


class Screen:
    """A screen that notes what controllers ask of it, and answers every question alike."""

    def __init__(self, *, read_only: bool = False, answer: bool = False) -> None:
        self.read_only = read_only
        self.answer = answer
        self.app = ToldApp(self.notify_user)
        self.said: list[str] = []
        self.posted: list[Message] = []
        self.asked: list[Confirm] = []
        self.canceled: list[str] = []
        self.session: Any = SimpleNamespace(
            pipelines=SimpleNamespace(snapshot=SimpleNamespace(value=None)),
            jobs=SimpleNamespace(snapshot=SimpleNamespace(error=StudioError("silent"))),
            commands=SimpleNamespace(
                jobs=SimpleNamespace(cancel=self._cancel),
                job_creator=SimpleNamespace(
                    new_job=SimpleNamespace(job_instead_of=lambda _job_id: None)
                ),
            ),
            known_items=SimpleNamespace(fixing_runs=dict),
            is_local=True,
        )

    def post_message(self, message: Message) -> bool:
        self.posted.append(message)
        return True

    def notify_user(self, words: str, _severity: str = "information") -> None:
        self.said.append(words)

    async def ask(self, question: Any) -> Any:
        self.asked.append(question)
        return self.answer

    async def _cancel(self, job_id: str) -> None:
        self.canceled.append(job_id)


def controller(at_hand: Job | None, screen: Screen | None = None) -> JobController:
    return JobController(screen or Screen(), lambda: at_hand)


def reasons(jobs: JobController) -> dict[str, str]:
    """Return why commands cannot run, by their ids, of those that cannot."""
    found = {command.id: command.why_not(jobs) for command in JobController.COMMANDS}
    return {command_id: reason for command_id, reason in found.items() if reason}


def test_without_a_job_every_command_says_that_there_is_none() -> None:
    assert reasons(controller(None)) == {command.id: NO_JOB for command in JobController.COMMANDS}


@pytest.mark.parametrize("status", ["CREATED", "QUEUED", "INIT", "RUNNING"])
def test_a_job_that_is_not_over_can_be_canceled(status: str) -> None:
    assert "job.cancel" not in reasons(controller(job(1, status)))


@pytest.mark.parametrize("status", ["COMPLETE", "FAILED", "CANCELED"])
def test_a_job_that_is_over_says_how_it_ended_when_it_is_to_be_canceled(status: str) -> None:
    said = reasons(controller(job(1, status)))
    assert said["job.cancel"] == f"The job has ended: {status.lower()}"
    assert CHANGING & said.keys() == {"job.cancel"}


@pytest.mark.parametrize("status", ["CANCELING", "CANCELING_SCHEDULED"])
def test_a_job_that_is_being_canceled_is_not_said_to_be_over(status: str) -> None:
    assert reasons(controller(job(1, status)))["job.cancel"] == "The job is being canceled already"


def test_a_job_without_a_query_can_be_viewed_but_not_rerun() -> None:
    said = reasons(controller(job(1, query=None)))
    assert {said[name] for name in CHANGING - {"job.cancel"}} == {
        "The job's query is not known here"
    }
    assert not {"job.log", "job.copy_id"} & said.keys()


def test_with_read_only_nothing_that_changes_can_run_and_all_else_can() -> None:
    shown = job(1, "RUNNING", url="https://studio.example/job/1")
    said = reasons(controller(shown, Screen(read_only=True)))
    assert {name for name, reason in said.items() if reason == READ_ONLY} == CHANGING
    assert said.keys() - CHANGING == {"job.pipeline"}


def test_nothing_is_requested_for_a_job_with_an_unusable_id() -> None:
    said = reasons(controller(job(1, id="..")))
    assert {name for name, reason in said.items() if reason == NO_ID} == {
        *CHANGING,
        "job.log",
        "job.copy_id",
    }


def test_a_job_says_that_it_has_no_page_and_no_pipeline() -> None:
    assert reasons(controller(job(1, "RUNNING"))) == {
        "job.open_page": "Studio has no page for this job",
        "job.pipeline": "No known pipeline runs this job",
    }


def test_the_log_of_the_job_at_hand_is_opened() -> None:
    screen, shown = Screen(), job(1)
    controller(shown, screen).open_log()
    (message,) = screen.posted
    assert isinstance(message, OpenLog)
    assert message.job_id == shown.id


async def test_the_whole_id_is_copied_and_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    # Over SSH without tmux only the terminal has a clipboard.
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.setenv("SSH_TTY", "/dev/pts/1")
    screen, shown = Screen(), job(1)
    await controller(shown, screen).copy_id()
    assert (screen.app.clipboard, screen.said) == (shown.id, [shown.id])


@pytest.mark.parametrize("answer", [False, True])
async def test_a_job_is_canceled_if_the_question_is_answered_with_yes(answer: bool) -> None:
    screen, shown = Screen(answer=answer), job(1, "RUNNING")
    await controller(shown, screen).cancel()
    assert len(screen.asked) == 1
    assert screen.canceled == ([shown.id] if answer else [])


@pytest.mark.parametrize("is_continued", [False, True])
async def test_a_job_that_runs_again_is_linked_with_the_one_before(is_continued: bool) -> None:
    screen, shown = Screen(answer=True), job(1, "FAILED")
    screen.session.team = "local"
    history = SimpleNamespace(own_or_inherited_submissions=lambda _jobs, _originals: {})
    screen.session.records = SimpleNamespace(history=history)
    jobs = controller(shown, screen)
    await (jobs.run_from_checkpoints() if is_continued else jobs.run_again())
    (message,) = screen.posted
    assert isinstance(message, CreateJob)
    submitted = Submitted.of(message.request, {})
    assert submitted.rerun_from_job_id == (shown.id if is_continued else None)
    assert submitted.repeats == (None if is_continued else shown.id)


async def test_a_cancel_that_fails_names_the_job_it_was_about() -> None:
    class Refusing(Screen):
        async def _cancel(self, job_id: str) -> None:
            raise StudioError(f"not now, {len(job_id)}")

    screen, shown = Refusing(answer=True), job(1, "RUNNING")
    await controller(shown, screen).cancel()
    assert screen.said[-1].startswith(f"Canceling {title(shown)}: not now")
