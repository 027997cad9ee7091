"""Commands that change a pipeline reach the desired state, or report that they did not."""

import asyncio

import pytest

from studio_tui.api.client import StudioClient
from studio_tui.api.local_endpoints import LocalEndpoints
from studio_tui.api.models import Pipeline
from studio_tui.errors import (
    InvalidRequest,
    NotSent,
    OutcomeUnknown,
    PermissionDenied,
    RateLimited,
    StudioError,
    TransportError,
)
from studio_tui.service.commands.pipelines import CANCELS_AT_ONCE, PauseOutcome, PipelineCommands
from tests.pipelines import pipeline
from tests.service.polling.virtual_time import run
from tests.steps import step

UNKNOWN = OutcomeUnknown("Sent, and no answer came.")
DONE_BUT_LOST = OutcomeUnknown("The answer got lost.")
"""The outcome is unknown, but the request has taken effect."""


class RestoreRoute(LocalEndpoints):
    """The endpoint of a local Studio that restores a removed job."""

    def __init__(self, studio: "Studio") -> None:
        self._studio = studio

    async def restore_job(self, job_id: str, *, pipeline_id: str) -> Pipeline | None:
        self._studio.sent_ids.append(job_id)
        name = job_id.rpartition("-")[2]
        self._studio.apply(f"restore {pipeline_id}", self._studio.status, restores=name)
        return None


class Studio(StudioClient):
    """Changes one pipeline in memory; a test sets which requests fail."""

    def __init__(self, *answers: StudioError | None, status: str = "RUNNING", **runs: str) -> None:
        self.answers = list(answers)
        """Errors of the next requests; `None` if they succeed."""
        self.status = status
        self.runs = runs
        """Statuses of its jobs, by name."""
        self.cannot_read = False
        self.starting_jobs: list[str] = []
        """Jobs of which one starts whenever the pipeline is read."""
        self.refuses_to_cancel: set[str] = set()
        """Names of jobs that cannot be canceled."""
        self.sent: list[str] = []
        """The requests that were sent: the verb, and for a cancel the id."""
        self.pending = self.most_pending = 0
        """Requests to cancel that have not been answered: now, and at most."""
        self.version = 0
        self.local = RestoreRoute(self)
        self.is_local_studio = False
        self.sent_ids: list[str] = []
        """Ids of the jobs that were removed or restored, as sent."""

    @property
    def current(self) -> Pipeline:
        """The pipeline as it is now."""
        updated_at = f"2026-03-01T12:00:{self.version:02}Z"
        return pipeline(1, self.status, self.runs, updated_at=updated_at)

    async def pipeline(self, *, pipeline_id: str | None = None, **_: object) -> Pipeline:
        assert pipeline_id == pipeline(1).pipeline_id
        if self.cannot_read:
            raise TransportError("no answer")
        if self.starting_jobs:
            self.runs[self.starting_jobs.pop(0)] = "QUEUED"
        return self.current

    async def pause_pipeline(
        self, *, pipeline_id: str | None = None, **_: object
    ) -> Pipeline | None:
        self.apply(f"pause {pipeline_id}", "PAUSED")
        return None

    async def resume_pipeline(
        self, *, pipeline_id: str | None = None, **_: object
    ) -> Pipeline | None:
        self.apply(f"resume {pipeline_id}", "RUNNING")
        return None

    async def remove_job(
        self, job_id: str, *, pipeline_id: str | None = None, **_: object
    ) -> Pipeline | None:
        self.sent_ids.append(job_id)
        self.apply(f"remove {pipeline_id}", self.status, removes=job_id.rpartition("-")[2])
        return None

    def apply(self, request: str, status: str, removes: str = "", restores: str = "") -> None:
        """Set the status and remove or restore a job, if the next answer allows it."""
        self.sent.append(request.partition(" ")[0])
        answer = self.answers.pop(0) if self.answers else None
        if answer in {None, DONE_BUT_LOST}:
            self.status = status
            self.version += 1
            self.runs.pop(removes, None)
            if restores:
                self.runs[restores] = "PENDING"
        if answer is not None:
            raise answer

    async def cancel(self, job_id: str) -> None:
        self.pending += 1
        self.most_pending = max(self.most_pending, self.pending)
        await asyncio.sleep(0.1)
        self.pending -= 1
        self.sent.append(f"cancel {job_id}")
        name = job_id.removeprefix("run-1-")
        if name in self.refuses_to_cancel:
            raise InvalidRequest(400, f"{name} cannot be canceled")
        self.runs[name] = "CANCELING"

    def commands(self) -> PipelineCommands:
        return PipelineCommands(self, self.cancel, lambda: None)


def test_each_command_is_sent_once() -> None:
    async def scenario() -> None:
        studio = Studio(status="PAUSED", a="PENDING")
        commands = studio.commands()
        assert await commands.remove_job(studio.current, "job-a")
        assert await commands.resume(studio.current)
        assert await commands.pause(studio.current) is PauseOutcome.PAUSED
        assert studio.sent == ["remove", "resume", "pause"]

    run(scenario())


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("RUNNING", PauseOutcome.REQUESTED),
        ("PAUSING", PauseOutcome.REQUESTED),
        ("PAUSED", PauseOutcome.PAUSED),
        ("COMPLETED", PauseOutcome.PAUSED),
    ],
)
def test_a_pause_is_only_requested_while_the_answered_pipeline_may_start_jobs(
    status: str, outcome: PauseOutcome
) -> None:
    async def scenario() -> None:
        studio = Studio()

        async def pause_pipeline(**_: object) -> Pipeline:
            return pipeline(1, status)

        studio.pause_pipeline = pause_pipeline  # type: ignore[method-assign] # pauses later
        assert await studio.commands().pause(studio.current) is outcome

    run(scenario())


@pytest.mark.parametrize(
    ("answers", "sent"),
    [
        ([DONE_BUT_LOST], 1),
        ([UNKNOWN], 2),
        ([UNKNOWN, DONE_BUT_LOST], 2),
        ([NotSent("refused")], 2),
    ],
)
def test_an_unknown_outcome_is_checked_and_sent_again_only_if_it_had_no_effect(
    answers: list[StudioError], sent: int
) -> None:
    async def scenario() -> None:
        for action in ("pause", "resume", "remove_job", "restore_job"):
            jobs = {} if action == "restore_job" else {"a": "PENDING"}
            studio = Studio(*answers, status="RUNNING" if action == "pause" else "PAUSED", **jobs)
            arguments = ("job-a",) if action in {"remove_job", "restore_job"} else ()
            with step(action):
                assert await getattr(studio.commands(), action)(studio.current, *arguments)
                assert len(studio.sent) == sent

    run(scenario())


def test_a_change_that_never_takes_effect_is_reported_after_three_attempts() -> None:
    async def scenario() -> None:
        studio = Studio(*[UNKNOWN] * 9)
        with pytest.raises(OutcomeUnknown):
            await studio.commands().pause(studio.current)
        assert len(studio.sent) == 3

    run(scenario())


@pytest.mark.parametrize(
    "error", [PermissionDenied(403, "Not allowed."), RateLimited(429, "Too many.")]
)
def test_a_repeat_that_fails_leaves_the_outcome_unknown(error: StudioError) -> None:
    async def scenario() -> None:
        studio = Studio(UNKNOWN, error)
        with pytest.raises(OutcomeUnknown, match=f"{error} An earlier attempt may"):
            await studio.commands().pause(studio.current)
        assert studio.sent == ["pause", "pause"]

    run(scenario())


def test_a_refused_repeat_counts_as_success_if_the_first_request_had_an_effect() -> None:
    async def scenario() -> None:
        studio = Studio(UNKNOWN, InvalidRequest(400, "It is paused already."))
        pausing = asyncio.create_task(studio.commands().pause(studio.current))
        await asyncio.sleep(0.1)
        studio.status = "PAUSED"
        assert await pausing is PauseOutcome.PAUSED

    run(scenario())


def test_a_request_is_not_sent_again_if_its_effect_cannot_be_checked() -> None:
    async def scenario() -> None:
        studio = Studio(UNKNOWN)
        studio.cannot_read = True
        with pytest.raises(OutcomeUnknown):
            await studio.commands().resume(studio.current)
        assert studio.sent == ["resume"]

    run(scenario())


def test_a_refusal_is_reported_at_once() -> None:
    async def scenario() -> None:
        studio = Studio(InvalidRequest(400, "It is not paused."))
        with pytest.raises(InvalidRequest):
            await studio.commands().remove_job(studio.current, "job-a")
        assert studio.sent == ["remove"]

    run(scenario())


def test_a_local_studio_is_sent_the_id_of_the_run_and_another_that_in_the_plan() -> None:
    async def scenario() -> None:
        for is_local_studio, sent_id in ((True, "run-1-a"), (False, "job-a")):
            studio = Studio(a="PENDING")
            studio.is_local_studio = is_local_studio
            commands = studio.commands()
            assert await commands.remove_job(studio.current, "job-a")
            assert await commands.restore_job(commands.with_removed(studio.current), "job-a")
            assert studio.sent_ids == [sent_id, sent_id]

    run(scenario())


def test_a_pipeline_that_failed_again_after_a_lost_answer_counts_as_resumed() -> None:
    async def scenario() -> None:
        studio = Studio(DONE_BUT_LOST, status="FAILED", a="FAILED")
        before = studio.current

        async def resume_pipeline(**_: object) -> None:
            try:
                studio.apply("resume", "FAILED")
            finally:
                studio.status = "FAILED"

        studio.resume_pipeline = resume_pipeline  # type: ignore[method-assign] # fails at once
        assert await studio.commands().resume(before)
        assert studio.sent == ["resume"]

    run(scenario())


def test_a_newer_request_ends_the_retries_of_an_older_one() -> None:
    async def scenario() -> None:
        studio = Studio(UNKNOWN, None, a="PENDING")
        commands = studio.commands()
        pausing = asyncio.create_task(commands.pause(studio.current))
        await asyncio.sleep(0.1)
        assert await commands.resume(studio.current)
        assert await pausing is PauseOutcome.REPLACED
        assert studio.sent == ["pause", "resume"]
        assert studio.status == "RUNNING"

    run(scenario())


def test_stopping_pauses_the_pipeline_and_then_cancels_its_active_jobs() -> None:
    async def scenario() -> None:
        studio = Studio(a="COMPLETE", b="RUNNING", c="QUEUED", d="PENDING", e="CANCELING")
        stopped = await studio.commands().stop(studio.current)
        assert studio.sent == ["pause", "cancel run-1-b", "cancel run-1-c"]
        assert [run.name for run in stopped.canceling] == ["b.py", "c.py"]
        assert (stopped.canceled, stopped.still_running) == ((), ())
        assert not stopped.starts_more_jobs

    run(scenario())


def test_jobs_that_start_while_a_pipeline_is_stopped_are_canceled_too() -> None:
    async def scenario() -> None:
        studio = Studio(a="RUNNING")
        studio.starting_jobs = ["a", "late", "later"]
        stopped = await studio.commands().stop(studio.current)
        assert [run.name for run in stopped.canceling] == ["a.py", "late.py", "later.py"]
        assert stopped.still_running == ()

    run(scenario())


def test_a_job_that_cannot_be_canceled_is_tried_three_times_and_reported() -> None:
    async def scenario() -> None:
        studio = Studio(status="PAUSED", a="RUNNING", b="RUNNING")
        studio.refuses_to_cancel = {"a"}
        stopped = await studio.commands().stop(studio.current)
        assert studio.sent.count("cancel run-1-a") == 3
        assert studio.sent.count("cancel run-1-b") == 1
        assert [run.name for run in stopped.canceling] == ["b.py"]
        assert [(running.run.name, str(running.error)) for running in stopped.still_running] == [
            ("a.py", "a cannot be canceled")
        ]

    run(scenario())


def test_jobs_are_canceled_a_few_at_a_time() -> None:
    async def scenario() -> None:
        studio = Studio(**{f"j{number}": "RUNNING" for number in range(20)})
        stopped = await studio.commands().stop(studio.current)
        assert len(stopped.canceling) == 20
        assert studio.most_pending == CANCELS_AT_ONCE

    run(scenario())


def test_no_job_is_canceled_if_the_pipeline_cannot_be_paused() -> None:
    async def scenario() -> None:
        studio = Studio(InvalidRequest(400, "no"), a="RUNNING")
        with pytest.raises(InvalidRequest):
            await studio.commands().stop(studio.current)
        assert studio.sent == ["pause"]

    run(scenario())


def test_a_pipeline_that_ends_before_it_can_be_paused_counts_as_stopped() -> None:
    async def scenario() -> None:
        studio = Studio(InvalidRequest(409, "It is over."), a="FAILED")
        before = studio.current
        studio.status = "FAILED"
        stopped = await studio.commands().stop(before)
        assert (stopped.canceled, stopped.still_running) == ((), ())
        assert not stopped.starts_more_jobs

    run(scenario())


def test_resuming_a_pipeline_ends_its_stopping() -> None:
    async def scenario() -> None:
        studio = Studio(a="RUNNING")
        studio.starting_jobs = ["a", "b"]
        commands = studio.commands()
        stopping = asyncio.create_task(commands.stop(studio.current))
        await asyncio.sleep(0.2)
        await commands.resume(studio.current)
        stopped = await stopping
        assert [running.run.name for running in stopped.still_running] == ["b.py"]
        assert stopped.starts_more_jobs
        assert "cancel run-1-b" not in studio.sent

    run(scenario())


def test_jobs_that_end_by_themselves_during_a_stop_do_not_count_as_canceled() -> None:
    async def scenario() -> None:
        studio = Studio(a="RUNNING", b="RUNNING", c="QUEUED", d="RUNNING")
        before = studio.current
        studio.refuses_to_cancel = {"a"}
        cancel = studio.cancel

        async def cancel_while_others_end(job_id: str) -> None:
            try:
                await cancel(job_id)
            finally:
                studio.runs |= {"a": "COMPLETE", "b": "FAILED", "d": "CANCELED"}

        studio.runs["c"] = "PENDING"
        commands = PipelineCommands(studio, cancel_while_others_end, lambda: None)
        stopped = await commands.stop(before)
        assert [run.name for run in stopped.canceled] == ["d.py"]
        assert [run.name for run in stopped.ended] == ["a.py", "b.py"]
        assert (stopped.canceling, stopped.still_running) == ((), ())
        assert not stopped.starts_more_jobs

    run(scenario())


def test_stopping_ends_when_the_canceled_jobs_have_ended() -> None:
    async def scenario() -> None:
        studio = Studio(a="RUNNING")

        async def end_later() -> None:
            await asyncio.sleep(2)
            studio.runs["a"] = "CANCELED"

        ending = asyncio.create_task(end_later())
        stopped = await studio.commands().stop(studio.current)
        assert [run.name for run in stopped.canceled] == ["a.py"]
        await ending

    run(scenario())
