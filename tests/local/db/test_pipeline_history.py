"""Earlier runs of the jobs of a pipeline, and jobs that were removed from it."""

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_tui.api.states import JobState
from studio_tui.local.db import jobs, pipelines
from studio_tui.local.db.jobs import WrongState
from studio_tui.local.db.pipeline_removals import remove_job, restore_job
from studio_tui.local.db.pipelines import PipelineRows
from studio_tui.local.db.times import stamp
from tests.local.db.test_pipelines import NOW, Bench
from tests.local.db.test_reruns import graphs, parents
from tests.soak import at_length


@pytest.fixture
async def bench(tmp_path: Path) -> Bench:
    return await Bench.open(tmp_path)


def attempts(pipeline: PipelineRows, name: str) -> list[str]:
    """Return the ids of all runs of a job of a pipeline, oldest first."""
    (row,) = [run for run in pipeline.runs if run["name"] == name]
    return [*json.loads(row["attempts"]), row["created_job_id"]]


async def test_the_replaced_runs_of_a_job_are_kept_in_order(bench: Bench) -> None:
    pipeline = await bench.trigger("list")
    runs = [(await bench.run(pipeline, "list"))["id"]]
    await bench.end(runs[0], JobState.FAILED)
    runs.append(await bench.submit("list", runs[0]))
    await bench.end(runs[1], JobState.CANCELED)
    await bench.database.write(pipelines.resume, pipeline.pipeline["id"], stamp(NOW))
    runs.append((await bench.run(pipeline, "list"))["id"])
    await bench.end(runs[2], JobState.COMPLETE)
    assert attempts(await bench.reload(pipeline), "list") == runs
    for run in runs:
        owner = await bench.database.read(pipelines.find_by_job, run)
        assert owner is not None
        assert owner.pipeline["id"] == pipeline.pipeline["id"]


async def test_a_removed_job_is_listed_and_can_be_restored(bench: Bench) -> None:
    pipeline = await bench.trigger("join", review=True)
    before = parents(pipeline)
    pipeline_id = pipeline.pipeline["id"]
    removed_id = (await bench.run(pipeline, "tokens"))["id"]
    changed = await bench.change_job(remove_job, pipeline_id, removed_id)
    assert changed is not None
    assert [(job["name"], job["created_job_id"]) for job in changed.removed] == [
        ("tokens", removed_id)
    ]
    restored = await bench.change_job(restore_job, pipeline_id, removed_id)
    assert restored is not None
    assert (parents(restored), restored.removed, restored.pipeline["state"]) == (
        before,
        [],
        "PAUSED",
    )
    assert attempts(restored, "tokens")[:-1] == [], "the removed run, which never began, is none"
    assert await bench.change_job(restore_job, pipeline_id, removed_id) is None
    await bench.database.write(pipelines.resume, pipeline_id, stamp(NOW))
    for name in ("list", "tokens", "shingles", "join"):
        await bench.end_run(pipeline, name)
    assert await bench.state(pipeline) == "COMPLETED"
    assert await bench.database.read(jobs.state_of, removed_id) is JobState.CANCELED, (
        "the removed run stays ended"
    )


async def test_a_job_is_restored_to_an_ended_pipeline_but_not_to_a_running_one(
    bench: Bench,
) -> None:
    pipeline = await bench.trigger("tokens", review=True)
    pipeline_id = pipeline.pipeline["id"]
    removed_id = (await bench.run(pipeline, "tokens"))["id"]
    await bench.change_job(remove_job, pipeline_id, removed_id)
    await bench.database.write(pipelines.resume, pipeline_id, stamp(NOW))
    with pytest.raises(WrongState, match="RUNNING"):
        await bench.change_job(restore_job, pipeline_id, removed_id)
    await bench.end_run(pipeline, "list")
    assert await bench.state(pipeline) == "COMPLETED"
    await bench.change_job(restore_job, pipeline_id, removed_id)
    assert await bench.state(pipeline) == "PAUSED"
    await bench.database.write(pipelines.resume, pipeline_id, stamp(NOW))
    assert await bench.states(pipeline) == {"list": "COMPLETE", "tokens": "CREATED"}


def nearest_ancestors(graph: Mapping[str, list[str]], name: str, present: set[str]) -> set[str]:
    """Return the parents of a job; each that is not present is replaced by its own, and so on."""
    nearest: set[str] = set()
    for parent in graph[name]:
        nearest |= {parent} if parent in present else nearest_ancestors(graph, parent, present)
    return nearest


@settings(max_examples=at_length(10, 500), deadline=None)
@given(graphs(), st.data())
async def test_edges_do_not_depend_on_the_order_in_which_jobs_are_removed_and_restored(
    graph: dict[str, list[str]], data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        bench = await Bench.open(Path(folder), graph)
        pipeline = await bench.trigger(f"n{len(graph) - 1}", review=True)
        planned, pipeline_id = parents(pipeline), pipeline.pipeline["id"]
        ids = {run["name"]: run["job_id"] for run in pipeline.runs}
        present = {*planned}
        for _ in range(data.draw(st.integers(1, 8), label="steps")):
            name = data.draw(st.sampled_from(sorted(planned)), label="name")
            if name in present:
                changed = await bench.change_job(remove_job, pipeline_id, ids[name])
                if len(present) == 1:
                    assert await bench.state(pipeline) == "CANCELED"
                present -= {name}
            else:
                changed = await bench.change_job(restore_job, pipeline_id, ids[name])
                present |= {name}
            assert changed is not None
            assert {job["name"] for job in changed.removed} == {*planned} - present
            plan = {job: sorted(job_parents) for job, job_parents in planned.items()}
            expected = {job: nearest_ancestors(plan, job, present) for job in present}
            assert parents(changed) == expected
        await bench.database.close()
