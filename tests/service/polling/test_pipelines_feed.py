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
        self.limits: list[int] = []
        """The `limit` of each request."""
        self.unreadable = self.duplicates = 0
        self.most: int | None = None
        """Most pipelines that fit into an answer; `None` if all fit."""

    async def pipelines(self, *, limit: int = 100, **_: object) -> ResultPage[Pipeline]:
        self.limits.append(limit)
        if self.most is not None and limit > self.most:
            raise AnswerTooLarge("The answer is too large.")
        shown = tuple(self.pipelines_now[: limit - self.unreadable - self.duplicates])
        return ResultPage(shown, self.unreadable, self.duplicates)


async def test_a_short_list_is_complete() -> None:
    fetched = await PipelinesFeed(Server(3)).fetch()
    assert [listed.name for listed in fetched.pipelines] == [
        "pipeline-1",
        "pipeline-2",
        "pipeline-3",
    ]
    assert fetched.has_all


async def test_an_unchanged_list_is_the_same_object() -> None:
    server = Server(3)
    feed = PipelinesFeed(server)
    first = await feed.fetch()
    assert await feed.fetch() is first
    server.pipelines_now[0] = pipeline(1, "FAILED")
    assert await feed.fetch() is not first


async def test_older_pipelines_are_fetched_on_demand_and_stay() -> None:
    server = Server(120)
    feed = PipelinesFeed(server)
    fetched = await feed.fetch()
    assert (len(fetched.pipelines), fetched.has_all) == (PAGE, False)
    feed.request_more()
    assert len((await feed.fetch()).pipelines) == 2 * PAGE
    feed.request_more()
    fetched = await feed.fetch()
    assert (len(fetched.pipelines), fetched.has_all) == (120, True)


async def test_unreadable_and_duplicate_rows_are_counted_and_the_list_is_incomplete() -> None:
    server = Server(120)
    server.unreadable, server.duplicates = 1, 2
    fetched = await PipelinesFeed(server).fetch()
    assert (fetched.unreadable, fetched.duplicates, fetched.has_all) == (1, 2, False)


async def test_fewer_pipelines_are_requested_if_the_answer_is_too_large() -> None:
    server = Server(120)
    server.most = 5
    feed = PipelinesFeed(server)
    assert len((await feed.fetch()).pipelines) == 4
    server.limits.clear()
    assert not (await feed.fetch()).has_all
    assert server.limits == [4]
    server.most = 60
    feed.request_more()
    assert len((await feed.fetch()).pipelines) == 54
    server.most = 0
    with pytest.raises(AnswerTooLarge):
        await feed.fetch()
    server.limits.clear()
    with pytest.raises(AnswerTooLarge):
        await feed.fetch()
    assert server.limits == [1]


async def test_the_pipeline_of_a_job_is_found_by_the_id_of_its_run() -> None:
    server = Server(1)
    server.pipelines_now = [
        pipeline(1, runs={"a": "RUNNING"}),
        pipeline(2, runs={"a": "FAILED"}),
    ]
    fetched = await PipelinesFeed(server).fetch()
    assert fetched.pipeline_of("run-2-a") is fetched.pipelines[1]
    assert fetched.pipeline_of("job-a") is None


def test_the_originals_of_a_run_are_the_runs_from_which_its_pipeline_was_planned() -> None:
    original = pipeline(1, runs={"a": "COMPLETE"})
    repeat = original.model_copy(
        update={
            "pipeline_id": "repeat",
            "job_runs": (
                original.job_runs[0].model_copy(
                    update={
                        "job_id": "run-1-a",
                        "created_job_id": "run-2-a",
                        "attempts": ("attempt-a",),
                    }
                ),
            ),
        }
    )
    circle = original.job_runs[0].model_copy(update={"job_id": "c", "created_job_id": "c"})
    removed = {"job_id": "run-1-a", "created_job_id": "removed-a"}
    with_removed = Pipeline.model_validate(
        {"pipeline_id": "with removed", "removed": [removed, {"job_id": "run-1-a"}]}
    )
    of_itself = original.model_copy(update={"pipeline_id": "of itself", "job_runs": (circle,)})
    assert PipelineList((of_itself, with_removed, repeat, original)).originals() == {
        "run-2-a": ("run-1-a", "job-a"),
        "attempt-a": ("run-1-a", "job-a"),
        "removed-a": ("run-1-a", "job-a"),
        "run-1-a": ("job-a",),
        "c": (),
    }


@pytest.mark.parametrize(
    ("status", "run_status", "moves"),
    [
        ("RUNNING", "PENDING", True),
        ("PENDING", "PENDING", True),
        ("PAUSED", "PENDING", False),
        ("PAUSED", "RUNNING", True),
        ("FAILED", "FAILED", False),
        ("COMPLETED", "COMPLETE", False),
    ],
)
def test_a_pipeline_moves_if_it_is_active_or_one_of_its_jobs_runs(
    status: str, run_status: str, moves: bool
) -> None:
    assert is_moving(pipeline(1, status, {"a": run_status})) is moves


@given(good_pipelines())
def test_the_blocked_jobs_of_a_list_are_those_of_the_graph(listed: Pipeline) -> None:
    statuses = judge(plan_of(listed), listed.state)
    blocked = {key for key, state in statuses.states.items() if state is NodeState.BLOCKED}
    assert PipelineList((listed,)).blocked == {f"run-{node_id}" for node_id in blocked}
