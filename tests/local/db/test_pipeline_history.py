"""What pipelines leave behind: the earlier runs of a job, and jobs that were removed."""

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_tui.api.states import JobState
from studio_tui.local.db.pipeline_removals import WrongPipelineState
from studio_tui.local.db.pipelines import PipelineRows
from tests.local.db.test_pipelines import NOW, Bench
from tests.local.db.test_reruns import graphs, parents
from tests.soak import at_length


@pytest.fixture
async def bench(tmp_path: Path) -> Bench:
    return await Bench.open(tmp_path)


def attempts(made: PipelineRows, name: str) -> list[str]:
    (row,) = [run for run in made.runs if run["name"] == name]
    return [*json.loads(row["attempts"]), row["created_job_id"]]


async def test_every_run_that_another_took_the_place_of_is_kept_in_order(bench: Bench) -> None:
    made = await bench.trigger("list")
    runs = [(await bench.run(made, "list"))["id"]]
    await bench.end(runs[0], JobState.FAILED)
    runs.append(await bench.submit("list", runs[0]))
    await bench.end(runs[1], JobState.CANCELED)
    await bench.pipelines.resume(made.pipeline["id"], NOW)
    runs.append((await bench.run(made, "list"))["id"])
    await bench.end(runs[2], JobState.COMPLETE)
    assert attempts(await bench.now(made), "list") == runs
    for run in runs:
        owner = await bench.pipelines.find_by_job(run)
        assert owner is not None
        assert owner.pipeline["id"] == made.pipeline["id"]


async def test_a_job_that_was_taken_out_is_listed_and_can_be_put_back(bench: Bench) -> None:
    made = await bench.trigger("join", review=True)
    before = parents(made)
    key = made.pipeline["id"]
    gone = (await bench.run(made, "tokens"))["id"]
    left = await bench.pipelines.remove_job(key, gone, NOW)
    assert left is not None
    assert [(job["name"], job["created_job_id"]) for job in left.removed] == [("tokens", gone)]
    back = await bench.pipelines.restore_job(key, gone, NOW)
    assert back is not None
    assert (parents(back), back.removed, back.pipeline["state"]) == (before, [], "PAUSED")
    assert await bench.pipelines.restore_job(key, gone, NOW) is None
    await bench.pipelines.resume(key, NOW)
    for name in ("list", "tokens", "shingles", "join"):
        await bench.end_run(made, name)
    assert await bench.state(made) == "COMPLETED"
    assert await bench.jobs.state(gone) is JobState.CANCELED, "an end is for good"


async def test_a_job_is_put_back_into_a_pipeline_that_is_over_but_not_into_one_that_runs(
    bench: Bench,
) -> None:
    made = await bench.trigger("tokens", review=True)
    key = made.pipeline["id"]
    gone = (await bench.run(made, "tokens"))["id"]
    await bench.pipelines.remove_job(key, gone, NOW)
    await bench.pipelines.resume(key, NOW)
    with pytest.raises(WrongPipelineState, match="RUNNING"):
        await bench.pipelines.restore_job(key, gone, NOW)
    await bench.end_run(made, "list")
    assert await bench.state(made) == "COMPLETED"
    await bench.pipelines.restore_job(key, gone, NOW)
    assert await bench.state(made) == "PAUSED"
    await bench.pipelines.resume(key, NOW)
    assert await bench.states(made) == {"list": "COMPLETE", "tokens": "CREATED"}


def nearest(graph: Mapping[str, list[str]], name: str, there: set[str]) -> set[str]:
    """Return the nearest ancestors of a job that are there."""
    return {
        found
        for parent in graph[name]
        for found in ({parent} if parent in there else nearest(graph, parent, there))
    }


@settings(max_examples=at_length(10, 500), deadline=None)
@given(graphs(), st.data())
async def test_edges_follow_from_the_plan_in_whichever_order_jobs_go_and_come_back(
    graph: dict[str, list[str]], data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        bench = await Bench.open(Path(folder), graph)
        made = await bench.trigger(f"n{len(graph) - 1}", review=True)
        planned, key = parents(made), made.pipeline["id"]
        ids = {run["name"]: run["job_id"] for run in made.runs}
        there = {*planned}
        for _ in range(data.draw(st.integers(1, 8), label="steps")):
            name = data.draw(st.sampled_from(sorted(planned)), label="name")
            if name in there:
                now = await bench.pipelines.remove_job(key, ids[name], NOW)
                if len(there) == 1:
                    assert await bench.state(made) == "CANCELED"
                there -= {name}
            else:
                now = await bench.pipelines.restore_job(key, ids[name], NOW)
                there |= {name}
            assert now is not None
            assert {job["name"] for job in now.removed} == {*planned} - there
            whole = {each: sorted(found) for each, found in planned.items()}
            assert parents(now) == {each: nearest(whole, each, there) for each in there}
        await bench.database.close()
