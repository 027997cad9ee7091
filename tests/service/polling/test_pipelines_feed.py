import pytest
from hypothesis import given

from studio_tui.api.client import StudioClient
from studio_tui.api.models import Pipeline
from studio_tui.api.pages import ResultPage
from studio_tui.errors import AnswerTooLarge
from studio_tui.presentation.pipelines.graph.plan import plan_of
from studio_tui.presentation.pipelines.graph.statuses import NodeState, judge
from studio_tui.service.polling.pipelines_feed import PAGE, PipelineList, PipelinesFeed, is_moving
from tests.pipelines import pipeline
from tests.presentation.pipelines.graphs import good_pipelines


class Server(StudioClient):
    """Lists pipelines as the API does: newest first, by `limit`."""

    def __init__(self, count: int) -> None:
        self.pipelines_now = [pipeline(number) for number in range(1, count + 1)]
        self.asked: list[int] = []
        self.unreadable = self.duplicates = 0
        self.room: int | None = None
        """Pipelines of which an answer has room."""

    async def pipelines(self, *, limit: int = 100, **_: object) -> ResultPage[Pipeline]:
        self.asked.append(limit)
        if self.room is not None and limit > self.room:
            raise AnswerTooLarge("Ask for less.")
        shown = tuple(self.pipelines_now[: limit - self.unreadable - self.duplicates])
        return ResultPage(shown, self.unreadable, self.duplicates)


async def test_few_pipelines_are_all_there_is() -> None:
    known = await PipelinesFeed(Server(3)).fetch()
    assert [one.name for one in known.pipelines] == ["pipeline-1", "pipeline-2", "pipeline-3"]
    assert known.has_all


async def test_the_same_pipelines_are_the_same_object() -> None:
    server = Server(3)
    feed = PipelinesFeed(server)
    first = await feed.fetch()
    assert await feed.fetch() is first
    server.pipelines_now[0] = pipeline(1, "FAILED")
    assert await feed.fetch() is not first


async def test_older_pipelines_come_on_demand_and_stay() -> None:
    server = Server(120)
    feed = PipelinesFeed(server)
    known = await feed.fetch()
    assert (len(known.pipelines), known.has_all) == (PAGE, False)
    feed.request_more()
    assert len((await feed.fetch()).pipelines) == 2 * PAGE
    feed.request_more()
    known = await feed.fetch()
    assert (len(known.pipelines), known.has_all) == (120, True)


async def test_rows_that_cannot_be_used_are_counted_and_count_as_received() -> None:
    server = Server(120)
    server.unreadable, server.duplicates = 1, 2
    known = await PipelinesFeed(server).fetch()
    assert (known.unreadable, known.duplicates, known.has_all) == (1, 2, False)


async def test_of_very_large_pipelines_fewer_are_requested() -> None:
    server = Server(120)
    server.room = 5
    feed = PipelinesFeed(server)
    assert len((await feed.fetch()).pipelines) == 3
    server.asked.clear()
    feed.request_more()
    assert not (await feed.fetch()).has_all
    assert server.asked == [3]
    server.room = 0
    with pytest.raises(AnswerTooLarge):
        await feed.fetch()


async def test_a_job_is_owned_by_the_newest_pipeline_that_runs_it() -> None:
    server = Server(1)
    server.pipelines_now = [
        pipeline(1, runs={"a": "RUNNING"}),
        pipeline(2, runs={"a": "FAILED"}),
    ]
    known = await PipelinesFeed(server).fetch()
    assert known.pipeline_of("run-2-a") is known.pipelines[1]
    assert known.pipeline_of("job-a") is None


def test_a_run_repeats_what_its_pipeline_was_planned_from_and_so_on() -> None:
    first = pipeline(1, runs={"a": "COMPLETE"})
    second = first.model_copy(
        update={
            "pipeline_id": "another",
            "job_runs": (
                first.job_runs[0].model_copy(
                    update={
                        "job_id": "run-1-a",
                        "created_job_id": "run-2-a",
                        "attempts": ("attempt-a",),
                    }
                ),
            ),
        }
    )
    circle = first.job_runs[0].model_copy(update={"job_id": "c", "created_job_id": "c"})
    third = first.model_copy(update={"pipeline_id": "third", "job_runs": (circle,)})
    assert PipelineList((third, second, first)).originals() == {
        "run-2-a": ("run-1-a", "job-a"),
        "attempt-a": ("run-1-a", "job-a"),
        "run-1-a": ("job-a",),
        "c": (),
    }


@pytest.mark.parametrize(
    ("status", "run", "moves"),
    [
        ("RUNNING", "PENDING", True),
        ("PENDING", "PENDING", True),
        ("PAUSED", "PENDING", False),
        ("PAUSED", "RUNNING", True),
        ("FAILED", "FAILED", False),
        ("COMPLETED", "COMPLETE", False),
    ],
)
def test_a_paused_pipeline_moves_while_something_in_it_runs(
    status: str, run: str, moves: bool
) -> None:
    assert is_moving(pipeline(1, status, {"a": run})) is moves


@given(good_pipelines())
def test_the_blocked_jobs_are_those_of_the_pipelines_page(sent: Pipeline) -> None:
    statuses = judge(plan_of(sent), sent.state)
    shown = {key for key, kind in statuses.states.items() if kind is NodeState.BLOCKED}
    assert PipelineList((sent,)).blocked == {f"run-{node_id}" for node_id in shown}
