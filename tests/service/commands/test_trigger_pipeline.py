"""One request for a pipeline creates one pipeline, even if the response is lost."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta

import pytest

from studio_tui.api.client import StudioClient
from studio_tui.api.models import Pipeline
from studio_tui.api.pages import ResultPage
from studio_tui.errors import (
    InvalidRequest,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    StatusError,
    StudioError,
    TransportError,
)
from studio_tui.service.commands.retries import KEY_LIFETIME
from studio_tui.service.commands.trigger_pipeline import (
    PipelineTrigger,
    Triggered,
    TriggerRequest,
    UnconfirmedPipeline,
    bare_name,
)
from tests.jobs import NOON
from tests.pipelines import pipeline
from tests.service.polling.virtual_time import run

UNKNOWN = OutcomeUnknown("Sent, and no answer came.")
REQUEST = TriggerRequest(("local.local.report",), environment="A=1", review=False)


class Studio(StudioClient):
    """Creates and lists pipelines in memory; a test sets which requests fail."""

    def __init__(self, *answers: StudioError | None, creates: bool = True) -> None:
        self.answers = list(answers)
        """Errors of the next requests for a pipeline; `None` if they succeed."""
        self.creates = creates
        """Whether a request whose answer is lost creates a pipeline."""
        self.old = [pipeline(5)]
        """Pipelines that were listed before the request."""
        self.created: dict[str, Pipeline] = {}
        """New pipelines, by idempotency key."""
        self.keys: list[str | None] = []
        """The idempotency key of each request."""
        self.requests: list[tuple[tuple[str, ...], str | None, bool]] = []
        """The datasets, the environment and `review` of each request."""
        self.unreadable_lists = 0
        """How many of the next requests for the list fail."""

    async def trigger_pipeline(
        self,
        datasets: Iterable[str],
        *,
        environment: str | None = None,
        review: bool = True,
        only: bool = False,  # noqa: ARG002
        idempotency_key: str | None = None,
    ) -> Pipeline:
        assert idempotency_key is not None
        datasets = tuple(datasets)
        self.keys.append(idempotency_key)
        self.requests.append((datasets, environment, review))
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, NotSent | StatusError):
            raise answer
        if answer is None or self.creates:
            number = len(self.created) + 100
            new = pipeline(number, created_at=NOON.isoformat(), triggered_from=", ".join(datasets))
            self.created.setdefault(idempotency_key, new)
        if answer is not None:
            raise answer
        return self.created[idempotency_key]

    async def pipelines(self, *, limit: int = 100, **_: object) -> ResultPage[Pipeline]:
        if self.unreadable_lists:
            self.unreadable_lists -= 1
            raise TransportError("no answer")
        return ResultPage((*self.created.values(), *self.old)[:limit])

    def pipeline_trigger(self) -> PipelineTrigger:
        return PipelineTrigger(self)

    async def trigger(self, request: TriggerRequest = REQUEST) -> Triggered | UnconfirmedPipeline:
        before = {old.pipeline_id for old in self.old}
        return await self.pipeline_trigger().trigger(request, before)


def test_an_answered_request_returns_its_pipeline() -> None:
    async def scenario() -> None:
        studio = Studio()
        outcome = await studio.trigger()
        assert isinstance(outcome, Triggered)
        assert not outcome.is_guess
        assert studio.requests == [(("local.local.report",), "A=1", False)]

    run(scenario())


def test_a_request_that_cannot_have_arrived_is_sent_again_with_the_same_key() -> None:
    async def scenario() -> None:
        studio = Studio(NotSent("refused"), NotSent("refused"))
        assert isinstance(await studio.trigger(), Triggered)
        assert len(studio.keys) == 3
        assert len(set(studio.keys)) == 1
        with pytest.raises(NotSent):
            await Studio(*[NotSent("refused")] * 3).trigger()

    run(scenario())


def test_a_refused_request_is_reported_and_creates_nothing() -> None:
    async def scenario() -> None:
        studio = Studio(InvalidRequest(404, "No dataset report."))
        with pytest.raises(InvalidRequest):
            await studio.trigger()
        assert not studio.created

    run(scenario())


def test_a_request_with_a_lost_answer_is_not_sent_again_and_its_pipeline_is_searched_for() -> None:
    async def scenario() -> None:
        studio = Studio(UNKNOWN)
        studio.unreadable_lists = 1
        outcome = await studio.trigger()
        assert isinstance(outcome, Triggered)
        assert outcome.is_guess
        assert outcome.pipeline in studio.created.values()
        assert len(studio.keys) == 1

    run(scenario())


@pytest.mark.parametrize("datasets", [("a",), ("@ns.proj.index@1.0.0", "thumbs")])
def test_a_pipeline_is_found_by_the_bare_names_of_its_datasets(datasets: tuple[str, ...]) -> None:
    async def scenario() -> None:
        studio = Studio(UNKNOWN)
        assert isinstance(await studio.trigger(TriggerRequest(datasets)), Triggered)

    run(scenario())


def test_a_pipeline_with_other_datasets_or_times_is_not_taken_for_the_requested_one() -> None:
    async def scenario() -> None:
        studio = Studio(UNKNOWN, creates=False)
        outcome = await studio.trigger()
        assert isinstance(outcome, UnconfirmedPipeline)
        assert outcome.why is UNKNOWN
        studio = Studio(UNKNOWN, creates=False)
        long_ago = (NOON - timedelta(hours=2)).isoformat()
        studio.created["another"] = pipeline(7, triggered_from="index", created_at=NOON.isoformat())
        studio.created["old"] = pipeline(8, created_at=long_ago)
        studio.created["timeless"] = pipeline(9, created_at=None)
        assert isinstance(await studio.trigger(), UnconfirmedPipeline)

    run(scenario())


def test_neither_of_two_likely_pipelines_is_chosen() -> None:
    async def scenario() -> None:
        studio = Studio(UNKNOWN)
        studio.created["twin"] = pipeline(7, created_at=NOON.isoformat())
        assert isinstance(await studio.trigger(), UnconfirmedPipeline)

    run(scenario())


def test_a_request_that_the_user_sends_again_creates_no_second_pipeline() -> None:
    async def scenario() -> None:
        studio = Studio(UNKNOWN, creates=True)
        studio.unreadable_lists = 2
        unconfirmed = await studio.trigger()
        assert isinstance(unconfirmed, UnconfirmedPipeline)
        assert isinstance(await studio.pipeline_trigger().send_again(unconfirmed), Triggered)
        assert len(studio.keys) == 1
        studio = Studio(UNKNOWN, creates=False)
        unconfirmed = await studio.trigger()
        assert isinstance(unconfirmed, UnconfirmedPipeline)
        assert isinstance(await studio.pipeline_trigger().send_again(unconfirmed), Triggered)
        assert len(set(studio.keys)) == 1
        assert len(studio.created) == 1

    run(scenario())


@pytest.mark.parametrize(
    "error", [InvalidRequest(400, "No dataset."), RateLimited(429, "Too many.")]
)
def test_a_repeat_that_fails_leaves_the_outcome_unknown_and_the_key(error: StudioError) -> None:
    async def scenario() -> None:
        studio = Studio(UNKNOWN, error, creates=False)
        unconfirmed = await studio.trigger()
        assert isinstance(unconfirmed, UnconfirmedPipeline)
        again = await studio.pipeline_trigger().send_again(unconfirmed)
        assert isinstance(again, UnconfirmedPipeline)
        assert (again.why, again.key) == (error, unconfirmed.key)

    run(scenario())


def test_an_equal_request_keeps_its_key_until_the_outcome_is_known_or_minutes_have_passed() -> None:
    async def scenario() -> None:
        studio = Studio(UNKNOWN, RateLimited(429, "slowly"), creates=False)
        pipeline_trigger = studio.pipeline_trigger()
        for _ in range(2):
            outcome = await pipeline_trigger.trigger(REQUEST, ())
            assert isinstance(outcome, UnconfirmedPipeline)
        assert isinstance(await pipeline_trigger.trigger(REQUEST, ()), Triggered)
        assert len(studio.keys) == 3
        assert len(set(studio.keys)) == 1
        studio = Studio(UNKNOWN, creates=False)
        pipeline_trigger = studio.pipeline_trigger()
        await pipeline_trigger.trigger(REQUEST, ())
        await asyncio.sleep(KEY_LIFETIME)
        await pipeline_trigger.trigger(REQUEST, ())
        await pipeline_trigger.trigger(REQUEST, ())
        assert len(set(studio.keys)) == 3

    run(scenario())


def test_nothing_is_sent_again_while_the_list_cannot_be_read() -> None:
    async def scenario() -> None:
        studio = Studio(UNKNOWN, creates=False)
        unconfirmed = await studio.trigger()
        assert isinstance(unconfirmed, UnconfirmedPipeline)
        studio.unreadable_lists = 1
        again = await studio.pipeline_trigger().send_again(unconfirmed)
        assert isinstance(again, UnconfirmedPipeline)
        assert isinstance(again.why, TransportError)
        assert len(studio.keys) == 1

    run(scenario())


@pytest.mark.parametrize(
    "dataset", ["report", "local.local.report", "@ns.proj.report", "@ns.proj.report@1.0.0"]
)
def test_a_bare_name_is_without_namespace_project_and_version(dataset: str) -> None:
    assert bare_name(dataset) == "report"
