import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_tui.api.models import JobInput
from studio_tui.api.states import JobState
from studio_tui.local.db.database import Database
from studio_tui.local.db.jobs import JobTable, KeyReused
from studio_tui.local.db.pipelines import PipelineRows, PipelineTable
from studio_tui.local.db.reruns import NewRerun, UnknownJob
from studio_tui.local.http.validation import RequestContext, validate_job
from studio_tui.local.run.metastore import Metastore
from studio_tui.local.shim.datasets import read_name
from studio_tui.local.shim.lineage_file import ReportedDataset
from tests.local.db.test_pipelines import CLUSTERS, NOW, Bench
from tests.soak import at_length

CHAIN = {"a": [], "b": ["a"], "c": ["b"], "d": ["c"]}


async def rerun(
    bench: Bench, job_ids: Mapping[str, str], key: str | None = None, digest: str = "d"
) -> PipelineRows | None:
    """Run jobs again in order, each by its name."""
    jobs = {}
    for name, job_id in job_ids.items():
        request = JobInput(query=f"print({name!r})", query_name=name, team_name="local")
        jobs[job_id] = validate_job(request, None, RequestContext(CLUSTERS, {}, None, "me", NOW))
    return await bench.pipelines.rerun(NewRerun(jobs, key, digest), Metastore(), NOW)


async def completed(bench: Bench, target: str, graph: Mapping[str, list[str]]) -> dict[str, str]:
    """Let a pipeline run to its end; return its runs by name."""
    made = await bench.trigger(target)
    for run in made.runs:
        name = run["name"]
        sources = [found for source in graph[name] if (found := read_name(source))]
        await bench.end(
            run["created_job_id"],
            JobState.COMPLETE,
            ReportedDataset(f"local.local.{name}", None, (*sources,)),
        )
    return {run["name"]: run["created_job_id"] for run in made.runs}


def parents(made: PipelineRows) -> dict[str, set[str]]:
    names = {run["job_id"]: run["name"] for run in made.runs}
    return {run["name"]: {names[at] for at in json.loads(run["parents"])} for run in made.runs}


async def test_jobs_that_wait_for_each_other_run_again_in_their_order(tmp_path: Path) -> None:
    bench = await Bench.open(tmp_path, CHAIN)
    runs = await completed(bench, "d", CHAIN)
    made = await rerun(bench, {name: runs[name] for name in ("d", "b")})
    assert made is not None
    assert parents(made) == {"b": set(), "d": {"b"}}
    assert await bench.states(made) == {"b": "CREATED", "d": "PENDING"}
    await bench.end_run(made, "b")
    assert await bench.states(made) == {"b": "COMPLETE", "d": "CREATED"}
    await bench.end_run(made, "d")
    assert await bench.state(made) == "COMPLETED"


async def test_jobs_without_a_pipeline_are_ordered_by_what_they_read(tmp_path: Path) -> None:
    bench = await Bench.open(tmp_path, CHAIN)
    listed = await bench.jobs.list_jobs(states=None, job_id=None, limit=9)
    made = await rerun(bench, {row["name"]: row["id"] for row in listed if row["name"] != "c"})
    assert made is not None
    assert parents(made) == {"a": set(), "b": {"a"}, "d": {"b"}}


async def test_a_job_that_failed_is_ordered_by_the_job_that_it_repeats(tmp_path: Path) -> None:
    bench = await Bench.open(tmp_path, CHAIN)
    made = await bench.trigger("d")
    first = await bench.run(made, "a")
    await bench.end(first["id"], JobState.FAILED)
    later = {row["name"]: row["id"] for row in await bench.jobs.list_jobs(
        states=[JobState.COMPLETE], job_id=None, limit=9)}  # fmt: skip
    again = await rerun(bench, {"b": later["b"], "a": first["id"]})
    assert again is not None
    assert parents(again) == {"a": set(), "b": {"a"}}


async def test_jobs_that_do_not_wait_for_each_other_make_no_pipeline(tmp_path: Path) -> None:
    bench = await Bench.open(tmp_path, {"a": [], "b": ["a"], "c": ["a"]})
    listed = await bench.jobs.list_jobs(states=None, job_id=None, limit=9)
    both = {row["name"]: row["id"] for row in listed if row["name"] != "a"}
    assert await rerun(bench, both) is None
    assert len(await bench.jobs.list_jobs(states=None, job_id=None, limit=9)) == 3


async def test_the_same_request_makes_one_pipeline_and_a_strange_job_none(tmp_path: Path) -> None:
    bench = await Bench.open(tmp_path, CHAIN)
    listed = await bench.jobs.list_jobs(states=None, job_id=None, limit=9)
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
    """Any graph without circles."""
    count = draw(st.integers(2, 8))
    return {
        f"n{at}": [f"n{it}" for it in sorted(draw(st.sets(st.integers(0, at - 1), max_size=3)))]
        if at
        else []
        for at in range(count)
    }


def above(graph: Mapping[str, list[str]], name: str) -> set[str]:
    return set(graph[name]).union(*(above(graph, parent) for parent in graph[name]))


@settings(max_examples=at_length(10, 500), deadline=None)
@given(graphs(), st.data())
async def test_no_job_of_a_rerun_starts_before_its_marked_ancestors_have_completed(
    graph: dict[str, list[str]], data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        bench = await Bench.open(Path(folder), graph)
        last = f"n{len(graph) - 1}"
        runs = await completed(bench, last, graph)
        names = data.draw(st.sets(st.sampled_from(sorted(runs)), min_size=1), label="marked")
        made = await rerun(bench, {name: runs[name] for name in names})
        if made is None:
            assert not any(above(graph, name) & names for name in names)
        else:
            assert {run["name"] for run in made.runs} == names, "exactly these jobs"
            while await bench.state(made) not in {"COMPLETED", "CANCELED"}:
                if data.draw(st.booleans(), label="is killed"):
                    await bench.database.close()
                    bench.database = await Database.open(Path(folder) / "studio.db")
                    bench.jobs = JobTable(bench.database)
                    bench.pipelines = PipelineTable(bench.database)
                states = await bench.states(made)
                started = [name for name, state in states.items() if state != "PENDING"]
                for name in started:
                    assert all(states[at] == "COMPLETE" for at in above(graph, name) & names)
                ready = sorted(name for name in started if states[name] == "CREATED")
                step = data.draw(st.sampled_from(["end", "fail", "pause"]), label="step")
                if step == "pause":
                    await bench.pipelines.pause(made.pipeline["id"], NOW)
                    await bench.pipelines.resume(made.pipeline["id"], NOW)
                    continue
                ends = data.draw(st.sampled_from(ready), label="ends")
                state = JobState.COMPLETE if step == "end" else JobState.FAILED
                await bench.end_run(made, ends, state)
                if await bench.state(made) == "FAILED":
                    await bench.pipelines.resume(made.pipeline["id"], NOW)
        await bench.database.close()


async def test_the_target_of_many_jobs_without_a_pipeline_names_a_few_of_them(
    tmp_path: Path,
) -> None:
    bench = await Bench.open(tmp_path, {f"n{at}": [f"n{at - 1}"] if at else [] for at in range(6)})
    listed = await bench.jobs.list_jobs(states=None, job_id=None, limit=9)
    made = await rerun(bench, {row["name"]: row["id"] for row in reversed(listed)})
    assert made is not None
    assert made.pipeline["triggered_from"] == "jobs n0, n1, n2 and 3 more"
