"""A pipeline reaches the desired state, or an error says that it did not."""

import asyncio

import pytest

from studio_tui.api.client import StudioClient
from studio_tui.api.models import Pipeline
from studio_tui.api.own_routes import OwnRoutes
from studio_tui.errors import InvalidRequest, NotSent, OutcomeUnknown, StudioError, TransportError
from studio_tui.service.commands.pipelines import CANCELS_AT_ONCE, PipelineCommands
from tests.pipelines import pipeline
from tests.service.polling.virtual_time import run

UNKNOWN = OutcomeUnknown("Sent, and no answer came.")
LOST = OutcomeUnknown("The answer got lost.")
"""What was asked for has come about all the same."""


class Restores(OwnRoutes):
    """The endpoint of a local Studio that puts a job back."""

    def __init__(self, studio: "Studio") -> None:
        self._studio = studio

    async def restore_job(self, job_id: str, *, pipeline_id: str) -> Pipeline | None:
        self._studio.steer(f"restore {pipeline_id}", self._studio.status)
        self._studio.runs[job_id.removeprefix("job-")] = "PENDING"
        return None


class Studio(StudioClient):
    """Steers one pipeline in memory, and fails as a test tells it to."""

    def __init__(self, *answers: StudioError | None, status: str = "RUNNING", **runs: str) -> None:
        self.answers = list(answers)
        self.status = status
        self.runs = runs
        self.cannot_read = False
        self.slips_in: list[str] = []
        """Jobs that turn out to have begun, one at each look."""
        self.refuses_to_cancel: set[str] = set()
        self.sent: list[str] = []
        self.under_way = self.most = 0
        self.changes = 0
        self.version = 0
        self.own = Restores(self)

    @property
    def known(self) -> Pipeline:
        """The pipeline as it is now."""
        moved = f"2026-03-01T12:00:{self.version:02}Z"
        return pipeline(1, self.status, self.runs, updated_at=moved)

    async def pipeline(self, *, pipeline_id: str | None = None, **_: object) -> Pipeline:
        assert pipeline_id == pipeline(1).pipeline_id
        if self.cannot_read:
            raise TransportError("no answer")
        if self.slips_in:
            self.runs[self.slips_in.pop(0)] = "QUEUED"
        return self.known

    async def pause_pipeline(
        self, *, pipeline_id: str | None = None, **_: object
    ) -> Pipeline | None:
        self.steer(f"pause {pipeline_id}", "PAUSED")
        return None

    async def resume_pipeline(
        self, *, pipeline_id: str | None = None, **_: object
    ) -> Pipeline | None:
        self.steer(f"resume {pipeline_id}", "RUNNING")
        return None

    async def remove_job(
        self, job_id: str, *, pipeline_id: str | None = None, **_: object
    ) -> Pipeline | None:
        self.steer(f"remove {pipeline_id}", self.status, removes=job_id.removeprefix("job-"))
        return None

    def steer(self, request: str, status: str, removes: str = "") -> None:
        self.sent.append(request.partition(" ")[0])
        answer = self.answers.pop(0) if self.answers else None
        if answer in {None, LOST}:
            self.status = status
            self.version += 1
            self.runs.pop(removes, None)
        if answer is not None:
            raise answer

    async def cancel(self, job_id: str) -> None:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0.1)
        self.under_way -= 1
        self.sent.append(f"cancel {job_id}")
        name = job_id.removeprefix("run-1-")
        if name in self.refuses_to_cancel:
            raise InvalidRequest(400, f"{name} cannot be canceled")
        self.runs[name] = "CANCELING"

    def commands(self) -> PipelineCommands:
        def changed() -> None:
            self.changes += 1

        return PipelineCommands(self, self.cancel, changed)


def test_each_is_sent_once_and_the_lists_are_asked_again() -> None:
    async def scenario() -> None:
        studio = Studio(status="PAUSED", a="PENDING")
        commands = studio.commands()
        assert await commands.remove_job(studio.known, "job-a")
        assert await commands.resume(studio.known)
        assert await commands.pause(studio.known)
        assert studio.sent == ["remove", "resume", "pause"]
        assert studio.changes == 3

    run(scenario())


@pytest.mark.parametrize(
    ("answers", "sent"),
    [([LOST], 1), ([UNKNOWN], 2), ([UNKNOWN, LOST], 2), ([NotSent("refused")], 2)],
)
def test_an_unknown_outcome_is_checked_and_sent_again_only_if_it_had_no_effect(
    answers: list[StudioError], sent: int
) -> None:
    async def scenario() -> None:
        for action in ("pause", "resume", "remove_job"):
            studio = Studio(*answers, status="PAUSED" if action != "pause" else "RUNNING", a="x")
            commands = studio.commands()
            more = ("job-a",) if action == "remove_job" else ()
            assert await getattr(commands, action)(studio.known, *more)
            assert len(studio.sent) == sent

    run(scenario())


def test_a_change_that_never_takes_effect_is_reported_after_three_tries() -> None:
    async def scenario() -> None:
        studio = Studio(*[UNKNOWN] * 9)
        with pytest.raises(OutcomeUnknown):
            await studio.commands().pause(studio.known)
        assert len(studio.sent) == 3
        assert studio.changes == 1

    run(scenario())


def test_if_the_outcome_stays_unknown_nothing_is_sent_again() -> None:
    async def scenario() -> None:
        studio = Studio(UNKNOWN)
        studio.cannot_read = True
        with pytest.raises(OutcomeUnknown):
            await studio.commands().resume(studio.known)
        assert studio.sent == ["resume"]

    run(scenario())


def test_a_refusal_is_reported_at_once() -> None:
    async def scenario() -> None:
        studio = Studio(InvalidRequest(400, "It is not paused."))
        with pytest.raises(InvalidRequest):
            await studio.commands().remove_job(studio.known, "job-a")
        assert studio.sent == ["remove"]

    run(scenario())


def test_a_failed_pipeline_that_failed_again_was_resumed() -> None:
    async def scenario() -> None:
        studio = Studio(LOST, status="FAILED", a="FAILED")
        before = studio.known

        async def resume_pipeline(**_: object) -> None:
            try:
                studio.steer("resume", "FAILED")
            finally:
                studio.status = "FAILED"

        studio.resume_pipeline = resume_pipeline  # type: ignore[method-assign] # fails at once
        assert await studio.commands().resume(before)
        assert studio.sent == ["resume"]

    run(scenario())


def test_a_newer_request_ends_an_older_that_is_tried_again() -> None:
    async def scenario() -> None:
        studio = Studio(UNKNOWN, None, a="PENDING")
        commands = studio.commands()
        pausing = asyncio.create_task(commands.pause(studio.known))
        await asyncio.sleep(0.1)
        assert await commands.resume(studio.known)
        assert await pausing is False
        assert studio.sent == ["pause", "resume"]
        assert studio.status == "RUNNING"

    run(scenario())


def test_stopping_pauses_first_and_cancels_what_runs_and_nothing_else() -> None:
    async def scenario() -> None:
        studio = Studio(a="COMPLETE", b="RUNNING", c="QUEUED", d="PENDING", e="CANCELING")
        stopped = await studio.commands().stop(studio.known)
        assert studio.sent == ["pause", "cancel run-1-b", "cancel run-1-c"]
        assert [run.name for run in stopped.canceling] == ["b.py", "c.py"]
        assert (stopped.canceled, stopped.still_running, stopped.starts_more_jobs) == (
            (),
            (),
            False,
        )

    run(scenario())


def test_what_slips_in_while_it_is_being_stopped_is_canceled_too() -> None:
    async def scenario() -> None:
        studio = Studio(a="RUNNING")
        studio.slips_in = ["a", "late", "later"]
        stopped = await studio.commands().stop(studio.known)
        assert [run.name for run in stopped.canceling] == ["a.py", "late.py", "later.py"]
        assert stopped.still_running == ()

    run(scenario())


def test_jobs_that_cannot_be_canceled_are_tried_three_times_and_reported() -> None:
    async def scenario() -> None:
        studio = Studio(status="PAUSED", a="RUNNING", b="RUNNING")
        studio.refuses_to_cancel = {"a"}
        stopped = await studio.commands().stop(studio.known)
        assert studio.sent.count("cancel run-1-a") == 3
        assert studio.sent.count("cancel run-1-b") == 1
        assert [run.name for run in stopped.canceling] == ["b.py"]
        assert [(one.run.name, str(one.error)) for one in stopped.still_running] == [
            ("a.py", "a cannot be canceled")
        ]

    run(scenario())


def test_few_are_canceled_at_the_same_time() -> None:
    async def scenario() -> None:
        studio = Studio(**{f"j{number}": "RUNNING" for number in range(20)})
        stopped = await studio.commands().stop(studio.known)
        assert len(stopped.canceling) == 20
        assert studio.most == CANCELS_AT_ONCE

    run(scenario())


def test_nothing_is_canceled_when_it_could_not_be_paused() -> None:
    async def scenario() -> None:
        studio = Studio(InvalidRequest(400, "no"), a="RUNNING")
        with pytest.raises(InvalidRequest):
            await studio.commands().stop(studio.known)
        assert studio.sent == ["pause"]

    run(scenario())


def test_one_that_ends_before_it_can_be_paused_is_stopped() -> None:
    async def scenario() -> None:
        studio = Studio(InvalidRequest(409, "It is over."), a="FAILED")
        before = studio.known
        studio.status = "FAILED"
        stopped = await studio.commands().stop(before)
        assert (stopped.canceled, stopped.still_running, stopped.starts_more_jobs) == (
            (),
            (),
            False,
        )

    run(scenario())


def test_one_who_resumes_it_ends_the_stopping() -> None:
    async def scenario() -> None:
        studio = Studio(a="RUNNING")
        studio.slips_in = ["a", "b"]
        commands = studio.commands()
        stopping = asyncio.create_task(commands.stop(studio.known))
        await asyncio.sleep(0.2)
        await commands.resume(studio.known)
        stopped = await stopping
        assert [left.run.name for left in stopped.still_running] == ["b.py"]
        assert stopped.starts_more_jobs
        assert "cancel run-1-b" not in studio.sent

    run(scenario())


def test_what_pausing_took_back_and_what_ended_meanwhile_is_not_counted_as_canceled() -> None:
    async def scenario() -> None:
        studio = Studio(a="RUNNING", b="RUNNING", c="QUEUED", d="RUNNING")
        before = studio.known
        studio.refuses_to_cancel = {"a"}
        cancel = studio.cancel

        async def ends_meanwhile(job_id: str) -> None:
            try:
                await cancel(job_id)
            finally:
                studio.runs |= {"a": "COMPLETE", "b": "FAILED", "d": "CANCELED"}

        studio.runs["c"] = "PENDING"
        commands = PipelineCommands(studio, ends_meanwhile, lambda: None)
        stopped = await commands.stop(before)
        assert [run.name for run in stopped.canceled] == ["d.py"]
        assert [run.name for run in stopped.ended] == ["a.py", "b.py"]
        assert (stopped.canceling, stopped.still_running, stopped.starts_more_jobs) == (
            (),
            (),
            False,
        )

    run(scenario())


def test_it_is_stopped_once_what_was_canceled_has_ended() -> None:
    async def scenario() -> None:
        studio = Studio(a="RUNNING")

        async def ends() -> None:
            await asyncio.sleep(2)
            studio.runs["a"] = "CANCELED"

        ending = asyncio.create_task(ends())
        stopped = await studio.commands().stop(studio.known)
        assert [run.name for run in stopped.canceled] == ["a.py"]
        await ending

    run(scenario())


def test_after_stopping_the_pipeline_is_as_it_was_read_until_a_list_has_it_newer() -> None:
    async def scenario() -> None:
        studio = Studio(a="RUNNING")
        commands, before = studio.commands(), studio.known
        assert commands.newest(before) is before
        await commands.stop(before)
        assert commands.newest(before).status == "PAUSED"
        await commands.resume(studio.known)
        assert commands.newest(studio.known).status == "RUNNING"

    run(scenario())
