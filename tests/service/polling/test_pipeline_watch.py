"""A pipeline and its jobs are loaded as early as possible, with no unnecessary request."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from studio_tui.api.client import StudioClient
from studio_tui.api.models import Job, Pipeline
from studio_tui.api.pages import ResultPage
from studio_tui.errors import (
    AuthenticationError,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    ServerError,
    StudioError,
    TransportError,
)
from studio_tui.service.polling.jobs_feed import JobList
from studio_tui.service.polling.pipeline_watch import (
    AT_ONCE,
    Pace,
    PipelineDetail,
    PipelineWatch,
    RecalledDetail,
)
from studio_tui.service.polling.pipeline_watches import PipelineWatches
from studio_tui.service.polling.poller import Poller
from tests.jobs import NOON, job
from tests.pipelines import pipeline
from tests.service.polling.virtual_time import run

PACE = Pace(moving=1.5, resting=10.0, job=0.3)


class Studio(StudioClient):
    """The other side, in memory: one pipeline, and the runs of its jobs."""

    def __init__(self, status: str = "RUNNING", **runs: str) -> None:
        self.listed: tuple[str, ...] = ()
        """Runs that the list of jobs knows."""
        self.refusals: dict[str, list[StudioError]] = {}
        """What comes instead of answers: of `pipeline`, of `list`, of a run."""
        self.looks: list[float] = []
        self.asked: list[str] = []
        self.under_way = self.most = 0
        self.takes_ids = True
        self.refused_ids = 0
        self.becomes(status, **runs)

    def becomes(self, status: str, **runs: str) -> None:
        self.now = pipeline(1, status, runs)
        self.runs = {
            f"run-1-{name}": job(1, word, id=f"run-1-{name}") for name, word in runs.items()
        }

    async def pipeline(
        self, *, name: str | None = None, pipeline_id: str | None = None
    ) -> Pipeline:
        self.looks.append(asyncio.get_running_loop().time())
        await asyncio.sleep(0.01)
        self._refuse("pipeline")
        if pipeline_id is not None and not self.takes_ids:
            self.refused_ids += 1
            raise InvalidRequest(422, "name is missing")
        assert name in {self.now.name, None}
        return self.now.model_copy()

    async def jobs(
        self, *, limit: int = 100, job_id: str | None = None, **_: object
    ) -> ResultPage[Job]:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        assert job_id is not None
        assert limit == 1
        self.asked.append(job_id)
        try:
            await asyncio.sleep(0.05)
            self._refuse(job_id)
            return ResultPage(tuple(one for one in self.runs.values() if one.id == job_id))
        finally:
            self.under_way -= 1

    async def list(self) -> JobList:
        await asyncio.sleep(0.01)
        self._refuse("list")
        return JobList(tuple(self.runs[run_id] for run_id in self.listed if run_id in self.runs))

    def _refuse(self, question: str) -> None:
        if self.refusals.get(question):
            raise self.refusals[question].pop(0)


class Subscriber:
    """A watch with a subscriber, and what it has received."""

    def __init__(self, studio: Studio, **how: Any) -> None:
        self.refused: list[StudioError] = []
        self.jobs: Poller[JobList] = Poller("jobs", studio.list, lambda _: 1.5)
        self.watch = PipelineWatch(
            studio,
            self.jobs,
            studio.now.pipeline_id,
            PACE,
            refused=self.refused.append,
            jitter=lambda _, longest: longest,
            **how,
        )

    @property
    def states(self) -> dict[str, str | None]:
        """The statuses of the jobs that are known."""
        known = self.watch.snapshot.value
        return {one.id: one.status for one in known.jobs.values()} if known else {}

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for a condition, over anything that is told."""
        async with asyncio.timeout(300):
            while not holds():  # noqa: ASYNC110 (the time is virtual, and anything may change)
                await asyncio.sleep(0.01)


@asynccontextmanager
async def watching(studio: Studio, **how: Any) -> AsyncIterator[Subscriber]:
    subscriber = Subscriber(studio, **how)
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(subscriber.jobs.run()),
            tasks.create_task(subscriber.watch.run()),
        ]
        leave = subscriber.watch.subscribe(lambda _: None)
        try:
            yield subscriber
        finally:
            leave()
            for task in running:
                task.cancel()


def test_jobs_of_the_list_are_known_without_a_question_and_the_others_are_asked_about() -> None:
    async def scenario() -> None:
        studio = Studio(a="COMPLETE", b="RUNNING", c="PENDING")
        studio.listed = ("run-1-b",)
        async with watching(studio) as subscriber:
            await subscriber.until(
                lambda: subscriber.states == {"run-1-a": "COMPLETE", "run-1-b": "RUNNING"}
            )
            assert studio.asked == ["run-1-a"]

    run(scenario())


def test_what_has_ended_is_asked_about_once_for_good() -> None:
    async def scenario() -> None:
        studio = Studio(**{f"j{number}": "COMPLETE" for number in range(20)}, last="RUNNING")
        async with watching(studio) as subscriber:
            await subscriber.until(lambda: len(subscriber.states) == 21)
            await asyncio.sleep(3600)
            assert set(Counter(studio.asked).values()) == {1}

    run(scenario())


def test_a_run_that_comes_further_is_asked_about_again() -> None:
    async def scenario() -> None:
        studio = Studio(a="RUNNING")
        async with watching(studio) as subscriber:
            await subscriber.until(lambda: subscriber.states == {"run-1-a": "RUNNING"})
            studio.becomes("COMPLETED", a="COMPLETE")
            await subscriber.until(lambda: subscriber.states == {"run-1-a": "COMPLETE"})
            assert len(studio.asked) == 2

    run(scenario())


def test_few_are_asked_about_at_the_same_time_and_not_too_fast() -> None:
    async def scenario() -> None:
        studio = Studio(**{f"j{number}": "COMPLETE" for number in range(60)})
        loop = asyncio.get_running_loop()
        async with watching(studio) as subscriber:
            began = loop.time()
            await subscriber.until(lambda: len(subscriber.states) == 60)
            assert studio.most == AT_ONCE
            assert loop.time() - began > 60 / AT_ONCE * PACE.job

    run(scenario())


def test_what_is_in_sight_comes_first_then_what_runs_or_failed() -> None:
    async def scenario() -> None:
        studio = Studio(
            **{f"j{number}": "COMPLETE" for number in range(30)}, bad="FAILED", on="RUNNING"
        )
        async with watching(studio) as subscriber:
            subscriber.watch.request_first(["run-1-j28", "run-1-j29"])
            await subscriber.until(lambda: len(subscriber.states) == 32)
            assert studio.asked[:2] == ["run-1-j28", "run-1-j29"]
            assert set(studio.asked[2:4]) == {"run-1-bad", "run-1-on"}

    run(scenario())


def test_what_comes_into_sight_later_goes_before_the_rest() -> None:
    async def scenario() -> None:
        studio = Studio(**{f"j{number}": "COMPLETE" for number in range(90)}, x="PENDING")
        async with watching(studio) as subscriber:
            await subscriber.until(lambda: len(studio.asked) >= 9)
            known = len(studio.asked) + AT_ONCE
            subscriber.watch.request_first(["run-1-j89", "run-1-x"])
            await subscriber.until(lambda: {"run-1-j89", "run-1-x"} <= subscriber.states.keys())
            assert len(studio.asked) <= known + AT_ONCE + 2

    run(scenario())


def test_nothing_is_asked_while_nobody_listens() -> None:
    async def scenario() -> None:
        studio = Studio(**{f"j{number}": "COMPLETE" for number in range(60)})
        subscriber = Subscriber(studio)
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(subscriber.jobs.run()),
                tasks.create_task(subscriber.watch.run()),
            ]
            leave = subscriber.watch.subscribe(lambda _: None)
            await subscriber.until(lambda: len(studio.asked) > 5)
            leave()
            await asyncio.sleep(1)
            looks, asked = len(studio.looks), len(studio.asked)
            await asyncio.sleep(3600)
            assert (len(studio.looks), len(studio.asked)) == (looks, asked)
            subscriber.watch.subscribe(lambda _: None)
            await subscriber.until(lambda: len(subscriber.states) == 60)
            for task in running:
                task.cancel()

    run(scenario())


def test_the_same_pipeline_with_the_same_jobs_is_the_same_object() -> None:
    async def scenario() -> None:
        studio = Studio(a="COMPLETE", b="RUNNING")
        studio.listed = ("run-1-b",)
        async with watching(studio) as subscriber:
            await subscriber.until(lambda: len(subscriber.states) == 2)
            before = subscriber.watch.snapshot
            await asyncio.sleep(60)
            assert subscriber.watch.snapshot.value is before.value
            assert subscriber.watch.snapshot.fetched_at != before.fetched_at

    run(scenario())


def test_it_is_polled_more_often_while_something_moves() -> None:
    async def scenario() -> None:
        studio = Studio(a="RUNNING")
        async with watching(studio):
            await asyncio.sleep(30)
            busy = len(studio.looks)
            studio.becomes("COMPLETED", a="COMPLETE")
            await asyncio.sleep(30)
            assert busy > 15
            assert len(studio.looks) - busy < 6

    run(scenario())


def test_a_studio_without_ids_is_asked_by_name_from_then_on() -> None:
    async def scenario() -> None:
        studio = Studio(a="RUNNING")
        studio.takes_ids = False
        async with watching(studio, name=lambda: "pipeline-1") as subscriber:
            await subscriber.until(lambda: len(studio.looks) == 5)
            assert studio.refused_ids == 1
            assert subscriber.watch.snapshot.error is None

    run(scenario())


def test_another_pipeline_of_the_same_name_is_not_taken_for_it() -> None:
    async def scenario() -> None:
        studio = Studio(a="RUNNING")
        async with watching(studio) as subscriber:
            await subscriber.until(lambda: subscriber.watch.snapshot.value is not None)
            studio.now = pipeline(2)
            await subscriber.until(lambda: subscriber.watch.snapshot.error is not None)
            assert subscriber.watch.snapshot.value is not None
            assert subscriber.watch.snapshot.value.pipeline.name == "pipeline-1"

    run(scenario())


@pytest.mark.parametrize("error", [TransportError("gone"), ServerError(503, "down")])
def test_an_outage_is_a_state_and_nothing_known_is_lost(error: StudioError) -> None:
    async def scenario() -> None:
        studio = Studio(a="COMPLETE", b="COMPLETE")
        studio.refusals = {"run-1-a": [error] * 3, "list": [error] * 2}
        async with watching(studio) as subscriber:
            await subscriber.until(lambda: len(subscriber.states) == 2)
            studio.refusals = {"pipeline": [error] * 3}
            await subscriber.until(lambda: subscriber.watch.snapshot.error is error)
            assert len(subscriber.states) == 2
            await subscriber.until(lambda: subscriber.watch.snapshot.error is None)

    run(scenario())


def test_a_job_that_studio_does_not_know_is_not_asked_about_again() -> None:
    async def scenario() -> None:
        studio = Studio(a="COMPLETE", b="COMPLETE")
        del studio.runs["run-1-a"]
        studio.refusals = {"run-1-b": [NotFound(404, "no such job")]}
        async with watching(studio) as subscriber:
            await asyncio.sleep(600)
            assert sorted(studio.asked) == ["run-1-a", "run-1-b"]
            assert subscriber.states == {}

    run(scenario())


def test_a_refused_token_stops_everything_and_a_missing_right_the_jobs_for_minutes() -> None:
    async def scenario() -> None:
        studio = Studio(a="COMPLETE", b="COMPLETE", c="COMPLETE", d="RUNNING")
        refusal = AuthenticationError(401, "token expired")
        studio.refusals = {"run-1-d": [refusal]}
        async with watching(studio) as subscriber:
            await subscriber.until(lambda: subscriber.watch.snapshot.stopped)
            assert subscriber.refused == [refusal]
            asked = len(studio.asked)
            await asyncio.sleep(600)
            assert len(studio.asked) <= asked + AT_ONCE
            subscriber.watch.restart()
            await subscriber.until(lambda: len(subscriber.states) == 4)
        studio = Studio(a="COMPLETE", d="RUNNING")
        studio.refusals = {"run-1-d": [PermissionDenied(403, "not yours")]}
        async with watching(studio) as subscriber:
            await asyncio.sleep(299)
            assert subscriber.watch.snapshot.error is None
            assert len(studio.looks) > 100
            assert len(studio.asked) <= 2
            await asyncio.sleep(20)
            assert set(subscriber.states) == {"run-1-a", "run-1-d"}

    run(scenario())


def test_on_this_machine_it_is_asked_again_as_soon_as_jobs_have_moved() -> None:
    async def scenario() -> None:
        studio = Studio("PAUSED", a="COMPLETE", b="PENDING")
        async with watching(studio, follows_jobs=True) as subscriber:
            await asyncio.sleep(11)
            studio.becomes("RUNNING", a="COMPLETE", b="RUNNING")
            studio.listed = ("run-1-b",)
            moved = asyncio.get_running_loop().time()
            await subscriber.until(lambda: subscriber.states.get("run-1-b") == "RUNNING")
            assert asyncio.get_running_loop().time() - moved < 2

    run(scenario())


def test_recently_viewed_pipelines_are_kept_and_the_others_dropped() -> None:
    async def scenario() -> None:
        studio = Studio(a="COMPLETE")
        jobs: Poller[JobList] = Poller("jobs", studio.list, lambda _: 1.5)
        watches = PipelineWatches(lambda key: PipelineWatch(studio, jobs, key, PACE))
        running = asyncio.create_task(watches.run())
        first = watches.get("first")
        first.subscribe(lambda _: None)
        silent = watches.get("silent")
        await asyncio.sleep(1)
        for number in range(20):
            watches.get(f"other {number}")
        await asyncio.sleep(1)
        assert watches.get("first") is first
        assert watches.get("silent") is not silent
        assert len(watches.all()) < 12
        running.cancel()

    run(scenario())


def test_what_an_earlier_run_knew_is_there_while_studio_is_away_and_gives_way_to_its_answer() -> (
    None
):
    async def scenario() -> None:
        studio = Studio(a="COMPLETE", b="RUNNING")
        studio.refusals = {"pipeline": [ServerError(500, "broken")] * 3}
        runs = {"run-1-a": job(1, "RUNNING", id="run-1-a")}
        known = RecalledDetail(PipelineDetail(pipeline(1, "RUNNING", {"a": "RUNNING"}), runs), NOON)

        async def recalled() -> RecalledDetail:
            return known

        async with watching(studio, recalled=recalled) as subscriber:
            await subscriber.until(lambda: subscriber.watch.snapshot.error is not None)
            before = subscriber.watch.snapshot
            assert (before.is_recalled, before.fetched_at) == (True, NOON)
            assert subscriber.states == {"run-1-a": "RUNNING"}
            await subscriber.until(
                lambda: subscriber.states == {"run-1-a": "COMPLETE", "run-1-b": "RUNNING"}
            )
            assert not subscriber.watch.snapshot.is_recalled
            # What is recorded of a job has neither its query nor its environment.
            assert studio.asked.count("run-1-a") == 1

    run(scenario())
