"""Which requests a watch sends for a pipeline and its jobs, and when."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
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
from studio_tui.service.pacing import Pacing
from studio_tui.service.polling.jobs_feed import JobList
from studio_tui.service.polling.pipeline_watch import (
    AT_ONCE,
    PipelineDetail,
    PipelineWatch,
    RecalledDetail,
)
from studio_tui.service.polling.pipeline_watches import PipelineWatches
from studio_tui.service.polling.poller import Poller
from studio_tui.service.polling.reachability import Reachability
from tests.jobs import NOON, job
from tests.pipelines import pipeline
from tests.service.polling.virtual_time import run

pytestmark = pytest.mark.usefixtures("longest_rests")

PACING = Pacing(is_local=False)


async def nothing_recorded() -> None:
    return None


OPTIONS: Any = {
    "read_name": lambda: None,
    "recall": nothing_recorded,
    "follows_jobs": False,
    "reachability": Reachability(),
}


class Studio(StudioClient):
    """A Studio in memory: one pipeline, and the runs of its jobs."""

    def __init__(self, status: str = "RUNNING", **runs: str) -> None:
        self.listed: tuple[str, ...] = ()
        """Ids of the runs that the list of jobs contains."""
        self.errors: dict[str, list[StudioError]] = {}
        """Errors of the next requests: for `pipeline`, for `list`, or for the id of a run."""
        self.pipeline_requests: list[float] = []
        """When the pipeline was requested."""
        self.requested_ids: list[str] = []
        """Ids of the jobs that were requested, in order."""
        self.pending = self.most_pending = 0
        """Requests for jobs that have not been answered: now, and at most."""
        self.accepts_ids = True
        """Whether a pipeline can be requested by its id, and not only by its name."""
        self.rejected_ids = 0
        """Requests by id that were rejected."""
        self.change(status, **runs)

    def change(self, status: str, **runs: str) -> None:
        """Set the status of the pipeline, and of its jobs by name."""
        self.current = pipeline(1, status, runs)
        self.runs = {
            f"run-1-{name}": job(1, word, id=f"run-1-{name}") for name, word in runs.items()
        }

    async def pipeline(
        self, *, name: str | None = None, pipeline_id: str | None = None
    ) -> Pipeline:
        self.pipeline_requests.append(asyncio.get_running_loop().time())
        await asyncio.sleep(0.01)
        self._raise_error("pipeline")
        if pipeline_id is not None and not self.accepts_ids:
            self.rejected_ids += 1
            raise InvalidRequest(422, "name is missing")
        assert name in {self.current.name, None}
        return self.current.model_copy()

    async def jobs(
        self, *, limit: int = 100, job_id: str | None = None, **_: object
    ) -> ResultPage[Job]:
        self.pending += 1
        self.most_pending = max(self.most_pending, self.pending)
        assert job_id is not None
        assert limit == 1
        self.requested_ids.append(job_id)
        try:
            await asyncio.sleep(0.05)
            self._raise_error(job_id)
            return ResultPage(tuple(run for run in self.runs.values() if run.id == job_id))
        finally:
            self.pending -= 1

    async def list(self) -> JobList:
        await asyncio.sleep(0.01)
        self._raise_error("list")
        return JobList(tuple(self.runs[run_id] for run_id in self.listed if run_id in self.runs))

    def _raise_error(self, request: str) -> None:
        if self.errors.get(request):
            raise self.errors[request].pop(0)


class Watched:
    """A watch, the poller of jobs that it uses, and the errors that it has reported."""

    def __init__(self, studio: Studio, **options: Any) -> None:
        self.rejections: list[StudioError] = []
        """The rejections of the token that were reported."""
        self.jobs: Poller[JobList] = Poller("jobs", studio.list, lambda _: 1.5)
        self.watch = PipelineWatch(
            studio,
            self.jobs,
            studio.current.pipeline_id,
            PACING,
            **OPTIONS | {"reachability": Reachability(on_refused=self.rejections.append)} | options,
        )

    @property
    def states(self) -> dict[str, str | None]:
        """The statuses of the jobs that the watch has loaded, by id."""
        detail = self.watch.snapshot.value
        return {run.id: run.status for run in detail.jobs.values()} if detail else {}

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition, for at most five minutes of virtual time."""
        async with asyncio.timeout(300):
            while not condition():  # noqa: ASYNC110 (the time is virtual, and anything may change)
                await asyncio.sleep(0.01)


@asynccontextmanager
async def watching(studio: Studio, **options: Any) -> AsyncIterator[Watched]:
    """Run a watch and its poller of jobs, with a listener."""
    watched = Watched(studio, **options)
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(watched.jobs.run()),
            tasks.create_task(watched.watch.run()),
        ]
        leave = watched.watch.subscribe(lambda _: None)
        try:
            yield watched
        finally:
            leave()
            for task in running:
                task.cancel()


def test_only_jobs_that_the_list_lacks_are_requested() -> None:
    async def scenario() -> None:
        studio = Studio(a="COMPLETE", b="RUNNING", c="PENDING")
        studio.listed = ("run-1-b",)
        async with watching(studio) as watched:
            await watched.until(
                lambda: watched.states == {"run-1-a": "COMPLETE", "run-1-b": "RUNNING"}
            )
            assert studio.requested_ids == ["run-1-a"]

    run(scenario())


def test_a_job_that_has_ended_is_requested_once() -> None:
    async def scenario() -> None:
        studio = Studio(**{f"j{number}": "COMPLETE" for number in range(20)}, last="RUNNING")
        async with watching(studio) as watched:
            await watched.until(lambda: len(watched.states) == 21)
            await asyncio.sleep(3600)
            assert set(Counter(studio.requested_ids).values()) == {1}

    run(scenario())


def test_a_job_whose_status_changes_is_requested_again() -> None:
    async def scenario() -> None:
        studio = Studio(a="RUNNING")
        async with watching(studio) as watched:
            await watched.until(lambda: watched.states == {"run-1-a": "RUNNING"})
            studio.change("COMPLETED", a="COMPLETE")
            await watched.until(lambda: watched.states == {"run-1-a": "COMPLETE"})
            assert len(studio.requested_ids) == 2

    run(scenario())


def test_jobs_are_requested_a_few_at_a_time_and_with_rests() -> None:
    async def scenario() -> None:
        studio = Studio(**{f"j{number}": "COMPLETE" for number in range(60)})
        loop = asyncio.get_running_loop()
        async with watching(studio) as watched:
            began = loop.time()
            await watched.until(lambda: len(watched.states) == 60)
            assert studio.most_pending == AT_ONCE
            assert loop.time() - began > 60 / AT_ONCE * PACING.job()

    run(scenario())


def test_visible_jobs_are_requested_first_and_then_running_and_failed_ones() -> None:
    async def scenario() -> None:
        studio = Studio(
            **{f"j{number}": "COMPLETE" for number in range(30)}, bad="FAILED", on="RUNNING"
        )
        async with watching(studio) as watched:
            watched.watch.request_first(["run-1-j28", "run-1-j29"])
            await watched.until(lambda: len(watched.states) == 32)
            assert studio.requested_ids[:2] == ["run-1-j28", "run-1-j29"]
            assert set(studio.requested_ids[2:4]) == {"run-1-bad", "run-1-on"}

    run(scenario())


def test_jobs_that_become_visible_later_are_requested_before_the_others() -> None:
    async def scenario() -> None:
        studio = Studio(**{f"j{number}": "COMPLETE" for number in range(90)}, x="PENDING")
        async with watching(studio) as watched:
            await watched.until(lambda: len(studio.requested_ids) >= 9)
            count = len(studio.requested_ids)
            watched.watch.request_first(["run-1-j89", "run-1-x"])
            await watched.until(lambda: {"run-1-j89", "run-1-x"} <= watched.states.keys())
            assert len(studio.requested_ids) <= count + 2 * AT_ONCE + 2

    run(scenario())


def test_a_watch_sends_nothing_without_a_listener() -> None:
    async def scenario() -> None:
        studio = Studio(**{f"j{number}": "COMPLETE" for number in range(60)})
        watched = Watched(studio)
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(watched.jobs.run()),
                tasks.create_task(watched.watch.run()),
            ]
            leave = watched.watch.subscribe(lambda _: None)
            await watched.until(lambda: len(studio.requested_ids) > 5)
            leave()
            await asyncio.sleep(1)
            counts = len(studio.pipeline_requests), len(studio.requested_ids)
            await asyncio.sleep(3600)
            assert (len(studio.pipeline_requests), len(studio.requested_ids)) == counts
            watched.watch.subscribe(lambda _: None)
            snapshot = watched.watch.snapshot
            assert snapshot.is_recalled
            assert snapshot.moment(NOON + timedelta(hours=2)) == snapshot.fetched_at
            await watched.until(lambda: len(watched.states) == 60)
            assert not watched.watch.snapshot.is_recalled
            for task in running:
                task.cancel()

    run(scenario())


def test_an_unchanged_pipeline_with_unchanged_jobs_is_the_same_object() -> None:
    async def scenario() -> None:
        studio = Studio(a="COMPLETE", b="RUNNING")
        studio.listed = ("run-1-b",)
        async with watching(studio) as watched:
            await watched.until(lambda: len(watched.states) == 2)
            before = watched.watch.snapshot
            await asyncio.sleep(60)
            assert watched.watch.snapshot.value is before.value
            assert watched.watch.snapshot.fetched_at != before.fetched_at

    run(scenario())


def test_a_pipeline_is_polled_more_often_while_a_job_runs() -> None:
    async def scenario() -> None:
        studio = Studio(a="RUNNING")
        async with watching(studio):
            await asyncio.sleep(30)
            while_running = len(studio.pipeline_requests)
            studio.change("COMPLETED", a="COMPLETE")
            await asyncio.sleep(30)
            assert while_running > 15
            assert len(studio.pipeline_requests) - while_running < 6

    run(scenario())


def test_a_pipeline_is_requested_by_name_once_studio_has_rejected_its_id() -> None:
    async def scenario() -> None:
        studio = Studio(a="RUNNING")
        studio.accepts_ids = False
        async with watching(studio, read_name=lambda: "pipeline-1") as watched:
            await watched.until(lambda: len(studio.pipeline_requests) == 5)
            assert studio.rejected_ids == 1
            assert watched.watch.snapshot.error is None

    run(scenario())


def test_a_pipeline_is_requested_by_id_again_if_the_request_by_name_failed_too() -> None:
    async def scenario() -> None:
        studio = Studio(a="RUNNING")
        studio.accepts_ids = False
        studio.errors = {"pipeline": [InvalidRequest(400, "not now"), ServerError(503, "down")]}
        async with watching(studio, read_name=lambda: "pipeline-1") as watched:
            await watched.until(lambda: watched.watch.snapshot.value is not None)
            assert studio.rejected_ids == 1

    run(scenario())


def test_another_pipeline_in_the_answer_is_an_error() -> None:
    async def scenario() -> None:
        studio = Studio(a="RUNNING")
        async with watching(studio) as watched:
            await watched.until(lambda: watched.watch.snapshot.value is not None)
            studio.current = pipeline(2)
            await watched.until(lambda: watched.watch.snapshot.error is not None)
            assert watched.watch.snapshot.value is not None
            assert watched.watch.snapshot.value.pipeline.name == "pipeline-1"

    run(scenario())


@pytest.mark.parametrize("error", [TransportError("gone"), ServerError(503, "down")])
def test_jobs_that_were_loaded_are_kept_in_an_outage(error: StudioError) -> None:
    async def scenario() -> None:
        studio = Studio(a="COMPLETE", b="COMPLETE")
        studio.errors = {"run-1-a": [error] * 3, "list": [error] * 2}
        async with watching(studio) as watched:
            await watched.until(lambda: len(watched.states) == 2)
            studio.errors = {"pipeline": [error] * 3}
            await watched.until(lambda: watched.watch.snapshot.error is error)
            assert len(watched.states) == 2
            await watched.until(lambda: watched.watch.snapshot.error is None)

    run(scenario())


def test_a_job_that_studio_does_not_know_is_requested_once() -> None:
    async def scenario() -> None:
        studio = Studio(a="COMPLETE", b="COMPLETE")
        del studio.runs["run-1-a"]
        studio.errors = {"run-1-b": [NotFound(404, "no such job")]}
        async with watching(studio) as watched:
            await asyncio.sleep(600)
            assert sorted(studio.requested_ids) == ["run-1-a", "run-1-b"]
            assert watched.states == {}

    run(scenario())


def test_a_rejected_token_stops_all_requests_and_a_missing_permission_those_for_jobs() -> None:
    async def scenario() -> None:
        studio = Studio(a="COMPLETE", b="COMPLETE", c="COMPLETE", d="RUNNING")
        rejection = AuthenticationError(401, "token expired")
        studio.errors = {"run-1-d": [rejection]}
        async with watching(studio) as watched:
            await watched.until(lambda: watched.watch.snapshot.stopped)
            assert watched.rejections == [rejection]
            count = len(studio.requested_ids)
            await asyncio.sleep(600)
            assert len(studio.requested_ids) <= count + AT_ONCE
            watched.watch.restart()
            await watched.until(lambda: len(watched.states) == 4)
        studio = Studio(a="COMPLETE", d="RUNNING")
        studio.errors = {"run-1-d": [PermissionDenied(403, "not yours")]}
        async with watching(studio) as watched:
            await asyncio.sleep(299)
            assert watched.watch.snapshot.error is None
            assert len(studio.pipeline_requests) > 100
            assert len(studio.requested_ids) <= 2
            await asyncio.sleep(20)
            assert set(watched.states) == {"run-1-a", "run-1-d"}

    run(scenario())


def test_a_pipeline_of_a_local_studio_is_requested_as_soon_as_a_job_has_changed() -> None:
    async def scenario() -> None:
        studio = Studio("PAUSED", a="COMPLETE", b="PENDING")
        async with watching(studio, follows_jobs=True) as watched:
            await asyncio.sleep(11)
            studio.change("RUNNING", a="COMPLETE", b="RUNNING")
            studio.listed = ("run-1-b",)
            changed = asyncio.get_running_loop().time()
            await watched.until(lambda: watched.states.get("run-1-b") == "RUNNING")
            assert asyncio.get_running_loop().time() - changed < 2

    run(scenario())


def test_watches_with_a_listener_are_kept_and_the_oldest_others_dropped() -> None:
    async def scenario() -> None:
        studio = Studio(a="COMPLETE")
        jobs: Poller[JobList] = Poller("jobs", studio.list, lambda _: 1.5)
        watches = PipelineWatches(lambda key: PipelineWatch(studio, jobs, key, PACING, **OPTIONS))
        running = asyncio.create_task(watches.run())
        first = watches.get("first")
        first.subscribe(lambda _: None)
        without_listener = watches.get("without listener")
        await asyncio.sleep(1)
        for number in range(20):
            watches.get(f"other {number}")
        await asyncio.sleep(1)
        assert watches.get("first") is first
        assert watches.get("without listener") is not without_listener
        assert len(watches.all()) < 12
        running.cancel()

    run(scenario())


def test_a_recalled_pipeline_is_shown_while_studio_fails_and_replaced_by_its_answer() -> None:
    async def scenario() -> None:
        studio = Studio(a="COMPLETE", b="RUNNING")
        studio.errors = {"pipeline": [ServerError(500, "broken")] * 3}
        runs = {"run-1-a": job(1, "RUNNING", id="run-1-a")}
        detail = PipelineDetail(pipeline(1, "RUNNING", {"a": "RUNNING"}), runs)

        async def recall() -> RecalledDetail:
            return RecalledDetail(detail, NOON)

        async with watching(studio, recall=recall) as watched:
            await watched.until(lambda: watched.watch.snapshot.error is not None)
            recalled = watched.watch.snapshot
            assert (recalled.is_recalled, recalled.fetched_at) == (True, NOON)
            assert watched.states == {"run-1-a": "RUNNING"}
            await watched.until(
                lambda: watched.states == {"run-1-a": "COMPLETE", "run-1-b": "RUNNING"}
            )
            assert not watched.watch.snapshot.is_recalled
            # A recorded job lacks its query and its environment, so it is requested too.
            assert studio.requested_ids.count("run-1-a") == 1

    run(scenario())
