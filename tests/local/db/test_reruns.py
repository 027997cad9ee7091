import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_tui.api.models import JobInput
from studio_tui.api.states import JobState
from studio_tui.local.db import jobs, new_pipeline, pipelines
from studio_tui.local.db.database import Database
from studio_tui.local.db.jobs import KeyReused, UnknownJob
from studio_tui.local.db.new_pipeline import NewRerun
from studio_tui.local.db.pipelines import PipelineRows
from studio_tui.local.db.times import stamp
from studio_tui.local.http.validation import RequestContext, validate_job
from studio_tui.local.run.metastore import Metastore
from tests.local.db.job_bench import CLUSTERS
from tests.local.db.test_pipelines import NOW, Bench, complete_runs
from tests.soak import at_length

CHAIN = {"a": [], "b": ["a"], "c": ["b"], "d": ["c"]}


async def rerun(
    bench: Bench, job_ids: Mapping[str, str], key: str | None = None, digest: str = "d"
) -> PipelineRows | None:
    """Run the jobs again in order; `job_ids` are by the name that the new job gets."""
    jobs = {}
    for name, job_id in job_ids.items():
        request = JobInput(query=f"print({name!r})", query_name=name, team_name="local")
        jobs[job_id] = validate_job(request, None, RequestContext(CLUSTERS, {}, None, "me", NOW))
    return await bench.database.write(
        new_pipeline.rerun, NewRerun(jobs, key, digest), Metastore(), stamp(NOW)
    )


async def complete_pipeline(
    bench: Bench, target: str, graph: Mapping[str, list[str]]
) -> dict[str, str]:
    """Trigger a pipeline and complete all of its runs; return their ids by name."""
    pipeline = await bench.trigger(target)
    await complete_runs(bench, pipeline, graph)
    return {run["name"]: run["created_job_id"] for run in pipeline.runs}


def parents(pipeline: PipelineRows) -> dict[str, set[str]]:
    """Return the names of each job's parents."""
    names = {run["job_id"]: run["name"] for run in pipeline.runs}
    return {
        run["name"]: {names[parent_id] for parent_id in json.loads(run["parents"])}
        for run in pipeline.runs
    }


async def test_jobs_that_depend_on_each_other_are_run_again_in_order(tmp_path: Path) -> None:
    bench = await Bench.open(tmp_path, CHAIN)
    runs = await complete_pipeline(bench, "d", CHAIN)
    pipeline = await rerun(bench, {name: runs[name] for name in ("d", "b")})
    assert pipeline is not None
    assert parents(pipeline) == {"b": set(), "d": {"b"}}
    assert await bench.states(pipeline) == {"b": "CREATED", "d": "PENDING"}
    await bench.end_run(pipeline, "b")
    assert await bench.states(pipeline) == {"b": "COMPLETE", "d": "CREATED"}
    await bench.end_run(pipeline, "d")
    assert await bench.state(pipeline) == "COMPLETED"


async def test_jobs_without_a_pipeline_are_ordered_by_the_datasets_they_read(
    tmp_path: Path,
) -> None:
    bench = await Bench.open(tmp_path, CHAIN)
    listed = await bench.database.read(jobs.list_jobs, None, None, 9)
    pipeline = await rerun(bench, {row["name"]: row["id"] for row in listed if row["name"] != "c"})
    assert pipeline is not None
    assert parents(pipeline) == {"a": set(), "b": {"a"}, "d": {"b"}}


async def test_a_failed_job_is_ordered_like_the_job_that_it_repeats(tmp_path: Path) -> None:
    bench = await Bench.open(tmp_path, CHAIN)
    pipeline = await bench.trigger("d")
    failed = await bench.run(pipeline, "a")
    await bench.end(failed["id"], JobState.FAILED)
    listed = await bench.database.read(jobs.list_jobs, [JobState.COMPLETE], None, 9)
    complete = {row["name"]: row["id"] for row in listed}
    again = await rerun(bench, {"b": complete["b"], "a": failed["id"]})
    assert again is not None
    assert parents(again) == {"a": set(), "b": {"a"}}


async def test_independent_jobs_are_not_run_again_as_a_pipeline(tmp_path: Path) -> None:
    bench = await Bench.open(tmp_path, {"a": [], "b": ["a"], "c": ["a"]})
    listed = await bench.database.read(jobs.list_jobs, None, None, 9)
    both = {row["name"]: row["id"] for row in listed if row["name"] != "a"}
    assert await rerun(bench, both) is None
    assert len(await bench.database.read(jobs.list_jobs, None, None, 9)) == 3


async def test_a_repeated_request_makes_one_pipeline_and_an_unknown_job_none(
    tmp_path: Path,
) -> None:
    bench = await Bench.open(tmp_path, CHAIN)
    listed = await bench.database.read(jobs.list_jobs, None, None, 9)
    ids = {row["name"]: row["id"] for row in listed}
    first, second = await rerun(bench, ids, "k"), await rerun(bench, ids, "k")
    assert first is not None
    assert second is not None
    assert first.pipeline["id"] == second.pipeline["id"]
    with pytest.raises(KeyReused):
        await rerun(bench, ids, "k", "other")
    with pytest.raises(UnknownJob):
        await rerun(bench, {"x": "nobody"})


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, list[str]]:
    """Draw any acyclic graph: the sources of each node by its name."""
    graph: dict[str, list[str]] = {"n0": []}
    for number in range(1, draw(st.integers(2, 8))):
        sources = draw(st.sets(st.integers(0, number - 1), max_size=3))
        graph[f"n{number}"] = [f"n{source}" for source in sorted(sources)]
    return graph


def ancestors(graph: Mapping[str, list[str]], name: str) -> set[str]:
    return set(graph[name]).union(*(ancestors(graph, parent) for parent in graph[name]))


@settings(max_examples=at_length(10, 500), deadline=None)
@given(graphs(), st.data())
async def test_no_job_of_a_rerun_starts_before_its_marked_ancestors_have_completed(
    graph: dict[str, list[str]], data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        bench = await Bench.open(Path(folder), graph)
        last = f"n{len(graph) - 1}"
        runs = await complete_pipeline(bench, last, graph)
        names = data.draw(st.sets(st.sampled_from(sorted(runs)), min_size=1), label="marked")
        pipeline = await rerun(bench, {name: runs[name] for name in names})
        if pipeline is None:
            assert not any(ancestors(graph, name) & names for name in names)
        else:
            assert {run["name"] for run in pipeline.runs} == names, "exactly these jobs"
            while await bench.state(pipeline) not in {"COMPLETED", "CANCELED"}:
                if data.draw(st.booleans(), label="reopens the database"):
                    await bench.database.close()
                    bench.database = await Database.open(Path(folder) / "studio.db")
                states = await bench.states(pipeline)
                started = [name for name, state in states.items() if state != "PENDING"]
                for name in started:
                    marked_ancestors = ancestors(graph, name) & names
                    assert all(states[ancestor] == "COMPLETE" for ancestor in marked_ancestors)
                ready = sorted(name for name in started if states[name] == "CREATED")
                step = data.draw(st.sampled_from(["end", "fail", "pause"]), label="step")
                if step == "pause":
                    await bench.database.write(pipelines.pause, pipeline.pipeline["id"], stamp(NOW))
                    await bench.database.write(
                        pipelines.resume, pipeline.pipeline["id"], stamp(NOW)
                    )
                    continue
                ends = data.draw(st.sampled_from(ready), label="ends")
                state = JobState.COMPLETE if step == "end" else JobState.FAILED
                await bench.end_run(pipeline, ends, state)
                if await bench.state(pipeline) == "FAILED":
                    await bench.database.write(
                        pipelines.resume, pipeline.pipeline["id"], stamp(NOW)
                    )
        await bench.database.close()


async def test_the_target_of_a_rerun_names_three_jobs_and_counts_the_others(
    tmp_path: Path,
) -> None:
    chain = {"n0": [], **{f"n{number}": [f"n{number - 1}"] for number in range(1, 6)}}
    bench = await Bench.open(tmp_path, chain)
    listed = await bench.database.read(jobs.list_jobs, None, None, 9)
    pipeline = await rerun(bench, {row["name"]: row["id"] for row in reversed(listed)})
    assert pipeline is not None
    assert pipeline.pipeline["triggered_from"] == "jobs n0, n1, n2 and 3 more"
