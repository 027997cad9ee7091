"""One request for a pipeline creates one pipeline, even if the response is lost."""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from studio_tui.api.client import StudioClient
from studio_tui.api.models import Pipeline
from studio_tui.api.pages import ResultPage
from studio_tui.errors import InvalidRequest, NotSent, OutcomeUnknown, StudioError, TransportError
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
    """Makes pipelines in memory, and tells of them as a test wants."""

    def __init__(self, *answers: StudioError | None, makes: bool = True) -> None:
        self.answers = list(answers)
        self.makes = makes
        """Whether a request whose answer is lost makes a pipeline."""
        self.old = [pipeline(5)]
        self.made: dict[str, Pipeline] = {}
        self.keys: list[str | None] = []
        self.sent: list[tuple[tuple[str, ...], str | None, bool]] = []
        self.cannot_list = 0

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
        self.sent.append((datasets, environment, review))
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, NotSent | InvalidRequest):
            raise answer
        if answer is None or self.makes:
            number = len(self.made) + 100
            new = pipeline(number, created_at=NOON.isoformat(), triggered_from=", ".join(datasets))
            self.made.setdefault(idempotency_key, new)
        if answer is not None:
            raise answer
        return self.made[idempotency_key]

    async def pipelines(self, *, limit: int = 100, **_: object) -> ResultPage[Pipeline]:
        if self.cannot_list:
            self.cannot_list -= 1
            raise TransportError("no answer")
        return ResultPage((*self.made.values(), *self.old)[:limit])

    def pipeline_trigger(self) -> PipelineTrigger:
        return PipelineTrigger(self, now=lambda: NOON)

    async def trigger(self, request: TriggerRequest = REQUEST) -> Triggered | UnconfirmedPipeline:
        before = {one.pipeline_id for one in self.old}
        return await self.pipeline_trigger().trigger(request, before)


def test_a_clear_answer_is_the_pipeline() -> None:
    async def scenario() -> None:
        studio = Studio()
        outcome = await studio.trigger()
        assert isinstance(outcome, Triggered)
        assert not outcome.is_guess
        assert studio.sent == [(("local.local.report",), "A=1", False)]

    run(scenario())


def test_what_cannot_have_arrived_is_sent_again_under_the_same_key() -> None:
    async def scenario() -> None:
        studio = Studio(NotSent("refused"), NotSent("refused"))
        assert isinstance(await studio.trigger(), Triggered)
        assert len(studio.keys) == 3
        assert len(set(studio.keys)) == 1
        with pytest.raises(NotSent):
            await Studio(*[NotSent("refused")] * 3).trigger()

    run(scenario())


def test_a_refused_trigger_is_reported_and_creates_nothing() -> None:
    async def scenario() -> None:
        studio = Studio(InvalidRequest(404, "No dataset report."))
        with pytest.raises(InvalidRequest):
            await studio.trigger()
        assert not studio.made

    run(scenario())


def test_a_lost_answer_is_searched_for_and_never_sent_again_automatically() -> None:
    async def scenario() -> None:
        studio = Studio(UNKNOWN)
        studio.cannot_list = 1
        outcome = await studio.trigger()
        assert isinstance(outcome, Triggered)
        assert outcome.is_guess
        assert outcome.pipeline in studio.made.values()
        assert len(studio.keys) == 1

    run(scenario())


@pytest.mark.parametrize("datasets", [("a",), ("@ns.proj.index@1.0.0", "thumbs")])
def test_a_pipeline_is_known_by_the_bare_names_of_its_datasets(datasets: tuple[str, ...]) -> None:
    async def scenario() -> None:
        studio = Studio(UNKNOWN)
        assert isinstance(await studio.trigger(TriggerRequest(datasets)), Triggered)

    run(scenario())


def test_a_pipeline_of_others_is_not_taken_for_it() -> None:
    async def scenario() -> None:
        studio = Studio(UNKNOWN, makes=False)
        outcome = await studio.trigger()
        assert isinstance(outcome, UnconfirmedPipeline)
        assert outcome.why is UNKNOWN
        studio = Studio(UNKNOWN, makes=False)
        long_ago = (NOON - timedelta(hours=2)).isoformat()
        studio.made["another"] = pipeline(7, triggered_from="index", created_at=NOON.isoformat())
        studio.made["old"] = pipeline(8, created_at=long_ago)
        studio.made["timeless"] = pipeline(9, created_at=None)
        assert isinstance(await studio.trigger(), UnconfirmedPipeline)

    run(scenario())


def test_of_two_that_are_likely_neither_is_chosen() -> None:
    async def scenario() -> None:
        studio = Studio(UNKNOWN)
        studio.made["twin"] = pipeline(7, created_at=NOON.isoformat())
        assert isinstance(await studio.trigger(), UnconfirmedPipeline)

    run(scenario())


def test_the_user_may_send_it_again_which_makes_no_second_one() -> None:
    async def scenario() -> None:
        studio = Studio(UNKNOWN, makes=True)
        studio.cannot_list = 2
        untold = await studio.trigger()
        assert isinstance(untold, UnconfirmedPipeline)
        assert isinstance(await studio.pipeline_trigger().send_again(untold), Triggered)
        assert len(studio.keys) == 1
        studio = Studio(UNKNOWN, makes=False)
        untold = await studio.trigger()
        assert isinstance(untold, UnconfirmedPipeline)
        assert isinstance(await studio.pipeline_trigger().send_again(untold), Triggered)
        assert len(set(studio.keys)) == 1
        assert len(studio.made) == 1

    run(scenario())


def test_nothing_is_sent_again_while_the_list_cannot_be_read() -> None:
    async def scenario() -> None:
        studio = Studio(UNKNOWN, makes=False)
        untold = await studio.trigger()
        assert isinstance(untold, UnconfirmedPipeline)
        studio.cannot_list = 1
        again = await studio.pipeline_trigger().send_again(untold)
        assert isinstance(again, UnconfirmedPipeline)
        assert isinstance(again.why, TransportError)
        assert len(studio.keys) == 1

    run(scenario())


@pytest.mark.parametrize(
    "dataset", ["report", "local.local.report", "@ns.proj.report", "@ns.proj.report@1.0.0"]
)
def test_a_bare_name_is_without_namespace_project_and_version(dataset: str) -> None:
    assert bare_name(dataset) == "report"
