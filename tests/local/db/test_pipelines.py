import asyncio
import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_tui.api import label
from studio_tui.api.states import JobState
from studio_tui.local.db import jobs, new_pipeline, pipelines
from studio_tui.local.db.database import Database
from studio_tui.local.db.jobs import JobEnd, KeyReused, WrongState
from studio_tui.local.db.new_pipeline import NewPipeline, NothingToRun
from studio_tui.local.db.pipeline_removals import remove_job
from studio_tui.local.db.pipelines import PipelineRows
from studio_tui.local.db.planning import UnknownDataset
from studio_tui.local.db.times import stamp
from studio_tui.local.run.metastore import Metastore
from studio_tui.local.run.runner import RunLineage
from studio_tui.local.shim.datasets import read_name
from studio_tui.local.shim.lineage_file import ReportedDataset
from tests.local.db.job_bench import JobBench
from tests.soak import at_length

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


DIAMOND = {"list": [], "tokens": ["list"], "shingles": ["list"], "join": ["tokens", "shingles"]}
"""The sources of each dataset; the job that makes a dataset has the dataset's name."""


def reported_dataset(name: str, sources: Sequence[str]) -> ReportedDataset:
    """Return a dataset that a job reports, made from the newest versions of its sources."""
    source_names = [dataset for source in sources if (dataset := read_name(source))]
    return ReportedDataset(f"local.local.{name}", None, (*source_names,))


ChangeJob = Callable[[sqlite3.Connection, str, str, str], PipelineRows | None]


class Bench(JobBench):
    """Pipelines in a real database; the test ends each job in a chosen state."""

    @classmethod
    async def open(cls, folder: Path, graph: dict[str, list[str]] | None = None) -> "Bench":
        """Open a database in which every job of `graph` is complete; by default of `DIAMOND`."""
        bench = cls(await Database.open(folder / "studio.db"))
        for name, sources in (DIAMOND if graph is None else graph).items():
            job_id = await bench.submit(name)
            await bench.end(job_id, JobState.COMPLETE, reported_dataset(name, sources))
        return bench

    async def submit(self, name: str, rerun_from: str | None = None, **fields: Any) -> str:
        fields = {"query": f"print({name!r})", "query_name": name, **fields}
        return await self.create(NOW, rerun_from=rerun_from, **fields)

    async def end(self, job_id: str, state: JobState, *datasets: ReportedDataset) -> None:
        code = {JobState.COMPLETE: 0, JobState.FAILED: 1}.get(state)
        error = "ZeroDivisionError" if state is JobState.FAILED else None
        ending = JobEnd(state, LATER, NOW, exit_code=code, error_message=error)
        any_state = [*JobState]
        assert await self.database.write(jobs.end, job_id, any_state, ending, RunLineage(datasets))

    async def trigger(
        self,
        *datasets: str,
        environment: Mapping[str, str] | None = None,
        review: bool = False,
        key: str | None = None,
        digest: str = "d",
    ) -> PipelineRows:
        request = NewPipeline(datasets, environment or {}, review, key, digest)
        return await self.database.write(new_pipeline.trigger, request, Metastore(), stamp(NOW))

    async def reload(self, pipeline: PipelineRows) -> PipelineRows:
        current = await self.database.read(pipelines.find, pipeline.pipeline["id"], None)
        assert current is not None
        return current

    async def change_job(
        self, change: ChangeJob, pipeline_id: str, job_id: str
    ) -> PipelineRows | None:
        now = stamp(NOW)
        return await self.database.write(change, pipeline_id, job_id, now)

    async def state(self, pipeline: PipelineRows) -> str:
        return str((await self.reload(pipeline)).pipeline["state"])

    async def states(self, pipeline: PipelineRows) -> dict[str, str]:
        return {run["name"]: run["state"] for run in (await self.reload(pipeline)).runs}

    async def run(self, pipeline: PipelineRows, name: str) -> sqlite3.Row:
        """Return the row of the job that is now the run of the job `name` of the pipeline."""
        (job_id,) = [
            run["created_job_id"]
            for run in (await self.reload(pipeline)).runs
            if run["name"] == name
        ]
        return await self.database.read(jobs.full_row, job_id)

    async def end_run(
        self, pipeline: PipelineRows, name: str, state: JobState = JobState.COMPLETE
    ) -> None:
        await self.end((await self.run(pipeline, name))["id"], state)


async def complete_runs(
    bench: Bench, pipeline: PipelineRows, graph: Mapping[str, list[str]]
) -> None:
    """End all runs of a pipeline as complete; each has made its dataset from the newest sources."""
    for run in pipeline.runs:
        dataset = reported_dataset(run["name"], graph[run["name"]])
        await bench.end(run["created_job_id"], JobState.COMPLETE, dataset)


@pytest.fixture
async def bench(tmp_path: Path) -> Bench:
    return await Bench.open(tmp_path)


async def test_a_new_pipeline_has_all_its_jobs_and_only_the_first_may_start(bench: Bench) -> None:
    pipeline = await bench.trigger("join")
    assert pipeline.pipeline["state"] == "RUNNING"
    assert await bench.states(pipeline) == {
        "list": "CREATED",
        "tokens": "PENDING",
        "shingles": "PENDING",
        "join": "PENDING",
    }
    originals = {run["name"]: run["job_id"] for run in pipeline.runs}
    parents = {run["name"]: json.loads(run["parents"]) for run in pipeline.runs}
    assert parents == {name: [originals[source] for source in DIAMOND[name]] for name in DIAMOND}
    pending = await bench.database.read(jobs.list_jobs, [JobState.PENDING], None, 9)
    assert {row["name"] for row in pending} == {"tokens", "shingles", "join"}


async def test_a_run_has_the_fields_of_its_original_and_no_checkpoints(bench: Bench) -> None:
    failed = await bench.submit("own", workers=3, priority=1, requirements="numpy", reset=True)
    await bench.end(failed, JobState.FAILED)
    original = await bench.submit(
        "own",
        failed,
        workers=3,
        priority=1,
        requirements="numpy",
        reset=True,
        environment=f"A=1\nB=1\n{label.NAME}=x",
    )
    await bench.end(original, JobState.COMPLETE, ReportedDataset("local.local.own", None, ()))
    pipeline = await bench.trigger("own", environment={"B": "2", "C": "3"})
    original_row, run = (
        await bench.database.read(jobs.full_row, original),
        await bench.run(pipeline, "own"),
    )
    for name in ("query", "query_type", "workers", "priority", "requirements", "cluster"):
        assert run[name] == original_row[name], name
    assert json.loads(run["environment"]) == {"A": "1", "B": "2", "C": "3"}
    assert (run["rerun_from"], run["run_group"], run["ignore_checkpoints"]) == (None, run["id"], 0)


async def test_a_job_starts_when_all_its_parents_are_complete(bench: Bench) -> None:
    pipeline = await bench.trigger("join")
    await bench.end_run(pipeline, "list")
    assert (await bench.states(pipeline))["tokens"] == "CREATED"
    assert (await bench.states(pipeline))["shingles"] == "CREATED"
    released = await bench.run(pipeline, "tokens")
    assert released["released_at"] == stamp(LATER)
    await bench.end_run(pipeline, "tokens")
    assert (await bench.states(pipeline))["join"] == "PENDING"
    await bench.end_run(pipeline, "shingles")
    assert (await bench.states(pipeline))["join"] == "CREATED"
    assert await bench.state(pipeline) == "RUNNING"
    await bench.end_run(pipeline, "join")
    assert await bench.state(pipeline) == "COMPLETED"
    assert (await bench.reload(pipeline)).pipeline["updated_at"] == stamp(LATER)


async def test_a_failed_job_blocks_only_its_descendants(bench: Bench) -> None:
    pipeline = await bench.trigger("join")
    await bench.end_run(pipeline, "list")
    await bench.end_run(pipeline, "tokens", JobState.FAILED)
    assert await bench.state(pipeline) == "RUNNING"
    await bench.end_run(pipeline, "shingles")
    assert (await bench.states(pipeline))["join"] == "PENDING"
    failed = (await bench.reload(pipeline)).pipeline
    assert failed["state"] == "FAILED"
    run = await bench.run(pipeline, "tokens")
    assert failed["error_message"] == f"tokens ({run['id']}) failed: ZeroDivisionError"


async def test_the_error_of_a_pipeline_names_one_failure_and_counts_the_others(
    bench: Bench,
) -> None:
    pipeline = await bench.trigger("join")
    await bench.end_run(pipeline, "list")
    await bench.end_run(pipeline, "tokens", JobState.FAILED)
    await bench.end_run(pipeline, "shingles", JobState.FAILED)
    message = (await bench.reload(pipeline)).pipeline["error_message"]
    assert "tokens" in message
    assert "failed, and 1 more: ZeroDivisionError" in message


async def test_a_pipeline_with_a_canceled_job_and_no_failed_job_is_canceled(bench: Bench) -> None:
    pipeline = await bench.trigger("join")
    await bench.end_run(pipeline, "join", JobState.CANCELED)
    assert await bench.state(pipeline) == "RUNNING"
    for name in ("list", "tokens", "shingles"):
        await bench.end_run(pipeline, name)
    ended = (await bench.reload(pipeline)).pipeline
    assert ended["state"] == "CANCELED"
    assert ended["error_message"].endswith("was canceled.")


async def test_a_pause_withdraws_runs_that_have_not_started(bench: Bench) -> None:
    pipeline = await bench.trigger("join")
    await bench.end_run(pipeline, "list")
    await bench.database.write(jobs.enqueue)
    running = await bench.run(pipeline, "tokens")
    await bench.database.write(jobs.move, running["id"], [JobState.QUEUED], JobState.INIT)
    paused = await bench.database.write(pipelines.pause, pipeline.pipeline["id"], stamp(NOW))
    assert paused.pipeline["state"] == "PAUSED"
    expected = {"list": "COMPLETE", "tokens": "INIT", "shingles": "PENDING", "join": "PENDING"}
    assert await bench.states(pipeline) == expected
    await bench.end_run(pipeline, "tokens")
    assert await bench.states(pipeline) == {**expected, "tokens": "COMPLETE"}
    assert await bench.state(pipeline) == "PAUSED"
    with pytest.raises(WrongState, match="It is paused already"):
        await bench.database.write(pipelines.pause, pipeline.pipeline["id"], stamp(NOW))
    assert await bench.state(pipeline) == "PAUSED"
    assert (
        await bench.database.write(pipelines.resume, pipeline.pipeline["id"], stamp(NOW))
    ).pipeline["state"] == "RUNNING"
    assert (await bench.states(pipeline))["shingles"] == "CREATED"


async def test_a_paused_pipeline_is_completed_when_all_its_jobs_are(bench: Bench) -> None:
    pipeline = await bench.trigger("list")
    await bench.database.write(
        jobs.move, (await bench.run(pipeline, "list"))["id"], [JobState.CREATED], JobState.INIT
    )
    await bench.database.write(pipelines.pause, pipeline.pipeline["id"], stamp(NOW))
    await bench.end_run(pipeline, "list")
    assert await bench.state(pipeline) == "COMPLETED"


async def test_a_pipeline_for_review_is_paused_until_it_is_resumed(bench: Bench) -> None:
    pipeline = await bench.trigger("join", review=True)
    assert pipeline.pipeline["state"] == "PAUSED"
    assert set((await bench.states(pipeline)).values()) == {"PENDING"}
    await bench.database.write(pipelines.resume, pipeline.pipeline["id"], stamp(NOW))
    assert (await bench.states(pipeline))["list"] == "CREATED"


async def test_resuming_a_failed_pipeline_continues_failed_runs_from_checkpoints(
    bench: Bench,
) -> None:
    pipeline = await bench.trigger("join", environment={"A": "1"})
    await bench.end_run(pipeline, "list")
    await bench.end_run(pipeline, "tokens", JobState.FAILED)
    await bench.end_run(pipeline, "shingles")
    failed = await bench.run(pipeline, "tokens")
    resumed = await bench.database.write(pipelines.resume, pipeline.pipeline["id"], stamp(NOW))
    assert (resumed.pipeline["state"], resumed.pipeline["error_message"]) == ("RUNNING", None)
    again = await bench.run(pipeline, "tokens")
    assert again["id"] != failed["id"]
    assert (again["rerun_from"], again["run_group"]) == (failed["id"], failed["run_group"])
    assert (again["state"], json.loads(again["environment"])) == ("CREATED", {"A": "1"})
    await bench.end_run(pipeline, "tokens")
    await bench.end_run(pipeline, "join")
    assert await bench.state(pipeline) == "COMPLETED"
    with pytest.raises(WrongState, match="COMPLETED"):
        await bench.database.write(pipelines.resume, pipeline.pipeline["id"], stamp(NOW))
    with pytest.raises(WrongState, match="COMPLETED"):
        await bench.database.write(pipelines.pause, pipeline.pipeline["id"], stamp(NOW))


async def test_resuming_replaces_a_job_canceled_before_its_start_by_a_new_run(bench: Bench) -> None:
    pipeline = await bench.trigger("join", review=True)
    canceled = await bench.run(pipeline, "list")
    ending = JobEnd(JobState.CANCELED, LATER)
    assert await bench.database.write(jobs.end, canceled["id"], [JobState.PENDING], ending)
    assert await bench.state(pipeline) == "PAUSED"
    await bench.database.write(pipelines.resume, pipeline.pipeline["id"], stamp(NOW))
    again = await bench.run(pipeline, "list")
    assert (await bench.state(pipeline), again["state"]) == ("RUNNING", "CREATED")
    assert (again["rerun_from"], again["run_group"]) == (None, canceled["run_group"])


async def test_resuming_a_paused_pipeline_starts_ready_jobs_but_no_failed_job(
    bench: Bench,
) -> None:
    pipeline = await bench.trigger("join")
    await bench.end_run(pipeline, "list")
    await bench.database.write(pipelines.pause, pipeline.pipeline["id"], stamp(NOW))
    await bench.end_run(pipeline, "tokens", JobState.FAILED)
    failed = (await bench.run(pipeline, "tokens"))["id"]
    await bench.database.write(pipelines.resume, pipeline.pipeline["id"], stamp(NOW))
    assert (await bench.run(pipeline, "tokens"))["id"] == failed
    assert (await bench.states(pipeline))["shingles"] == "CREATED"


@pytest.mark.parametrize("state_after_failure", ["FAILED", "RUNNING", "PAUSED"])
async def test_a_job_that_continues_a_failed_run_replaces_it_in_the_pipeline(
    bench: Bench, state_after_failure: str
) -> None:
    pipeline = await bench.trigger("join")
    await bench.end_run(pipeline, "list")
    if state_after_failure == "PAUSED":
        await bench.database.write(pipelines.pause, pipeline.pipeline["id"], stamp(NOW))
    await bench.end_run(pipeline, "tokens", JobState.FAILED)
    if state_after_failure == "FAILED":
        await bench.end_run(pipeline, "shingles")
    assert await bench.state(pipeline) == state_after_failure
    failed = (await bench.run(pipeline, "tokens"))["id"]
    fixed = await bench.submit("fixed", failed)
    assert (await bench.run(pipeline, "fixed"))["id"] == fixed
    assert await bench.state(pipeline) == (
        "PAUSED" if state_after_failure == "PAUSED" else "RUNNING"
    )
    assert (await bench.reload(pipeline)).pipeline["error_message"] is None
    await bench.end(fixed, JobState.FAILED)
    # The next job continues the first failed run instead of the failed fix, as a client may.
    better = await bench.submit("better", failed)
    await bench.end(better, JobState.COMPLETE)
    if state_after_failure == "PAUSED":
        await bench.database.write(pipelines.resume, pipeline.pipeline["id"], stamp(NOW))
    if state_after_failure != "FAILED":
        await bench.end_run(pipeline, "shingles")
    assert (await bench.run(pipeline, "better"))["id"] == better
    await bench.end_run(pipeline, "join")
    assert await bench.state(pipeline) == "COMPLETED"


async def test_a_rerun_of_a_running_or_complete_job_changes_no_pipeline(bench: Bench) -> None:
    pipeline = await bench.trigger("join")
    running = (await bench.run(pipeline, "list"))["id"]
    await bench.submit("copy", running)
    await bench.end_run(pipeline, "list")
    await bench.submit("copy", running)
    original = pipeline.runs[0]["job_id"]
    await bench.submit("copy", original)
    assert (await bench.run(pipeline, "list"))["id"] == running


async def test_the_children_of_a_removed_job_inherit_its_parents(bench: Bench) -> None:
    pipeline = await bench.trigger("join", review=True)
    originals = {run["name"]: run["job_id"] for run in pipeline.runs}
    removed = await bench.run(pipeline, "tokens")
    changed = await bench.change_job(remove_job, pipeline.pipeline["id"], removed["id"])
    assert changed is not None
    parents = {run["name"]: set(json.loads(run["parents"])) for run in changed.runs}
    assert parents == {
        "list": set(),
        "shingles": {originals["list"]},
        "join": {originals["list"], originals["shingles"]},
    }
    assert await bench.database.read(jobs.state_of, removed["id"]) is JobState.CANCELED
    changed = await bench.change_job(remove_job, pipeline.pipeline["id"], originals["list"])
    assert changed is not None
    assert {run["name"]: json.loads(run["parents"]) for run in changed.runs} == {
        "shingles": [],
        "join": [originals["shingles"]],
    }
    assert await bench.change_job(remove_job, pipeline.pipeline["id"], removed["id"]) is None
    await bench.database.write(pipelines.resume, pipeline.pipeline["id"], stamp(NOW))
    await bench.end_run(pipeline, "shingles")
    await bench.end_run(pipeline, "join")
    assert await bench.state(pipeline) == "COMPLETED"


async def test_a_pipeline_whose_last_job_is_removed_is_canceled(bench: Bench) -> None:
    pipeline = await bench.trigger("list", review=True)
    job_id = pipeline.runs[0]["job_id"]
    changed = await bench.change_job(remove_job, pipeline.pipeline["id"], job_id)
    assert changed is not None
    assert (changed.pipeline["state"], changed.runs) == ("CANCELED", [])


async def test_only_a_pending_job_of_a_paused_pipeline_can_be_removed(bench: Bench) -> None:
    pipeline = await bench.trigger("join")
    pipeline_id, job_id = pipeline.pipeline["id"], pipeline.runs[0]["job_id"]
    with pytest.raises(WrongState, match="The pipeline is RUNNING"):
        await bench.change_job(remove_job, pipeline_id, job_id)
    await bench.end_run(pipeline, "list")
    await bench.database.write(pipelines.pause, pipeline_id, stamp(NOW))
    with pytest.raises(WrongState, match="The job is COMPLETE"):
        await bench.change_job(remove_job, pipeline_id, job_id)
    with pytest.raises(WrongState, match="only one that is PENDING"):
        await bench.database.write(
            remove_job,
            pipeline_id,
            pipeline.runs[0]["created_job_id"],
            stamp(NOW),
        )


async def test_the_same_key_makes_one_pipeline(bench: Bench) -> None:
    first = await bench.trigger("join", key="k")
    second = await bench.trigger("join", key="k")
    assert second.pipeline["id"] == first.pipeline["id"]
    assert len(await bench.database.read(pipelines.list_pipelines, None, None, 9)) == 1
    with pytest.raises(KeyReused):
        await bench.trigger("list", key="k", digest="another")
    assert (await bench.trigger("join")).pipeline["name"] != first.pipeline["name"]


async def test_a_pipeline_that_cannot_be_planned_leaves_no_job_and_no_pipeline(
    bench: Bench,
) -> None:
    count = len(await bench.database.read(jobs.list_jobs, None, None, 99))
    with pytest.raises(UnknownDataset, match="dogs"):
        await bench.trigger("join", "dogs")
    pulled = Metastore(versions=((1, "local.local.pulled", "1.0.0", False),))
    request = NewPipeline(("pulled",), {}, False, None, "d")
    with pytest.raises(NothingToRun, match=r"pulled@1\.0\.0"):
        await bench.database.write(new_pipeline.trigger, request, pulled, stamp(NOW))
    assert len(await bench.database.read(jobs.list_jobs, None, None, 99)) == count
    assert await bench.database.read(pipelines.list_pipelines, None, None, 9) == []


async def test_pipelines_are_listed_newest_first_and_filtered_by_state_and_text(
    bench: Bench,
) -> None:
    first = await bench.trigger("join", review=True)
    second = await bench.trigger("tokens", "list")
    third = await bench.trigger("list")

    async def names(**filters: Any) -> list[str]:
        values = {"states": None, "search": None, "limit": 9, **filters}.values()
        listed = await bench.database.read(pipelines.list_pipelines, *values)
        return [rows.pipeline["name"] for rows in listed]

    all_names = [pipeline.pipeline["name"] for pipeline in (third, second, first)]
    assert await names() == all_names
    assert await names(limit=2) == all_names[:2]
    assert await names(states=["PAUSED"]) == all_names[2:]
    assert await names(search="TOKEN") == [all_names[1]]
    assert await names(search=all_names[0][1:6]) == [all_names[0]]
    assert await names(search="%") == await names(search="_") == []


GRAPHS = st.integers(1, 7).flatmap(
    lambda count: st.tuples(
        *(st.sets(st.integers(0, max(0, number - 1)), max_size=3) for number in range(count))
    )
)
ACTIONS = st.lists(
    st.sampled_from(["end", "end", "end", "fail", "cancel", "pause", "resume", "fix"]), max_size=40
)


@settings(max_examples=at_length(12, 200))
@given(GRAPHS, ACTIONS, st.randoms(use_true_random=False))
def test_no_job_starts_before_its_parents_are_complete_whatever_happens(
    tmp_path_factory: pytest.TempPathFactory,
    graph: tuple[set[int], ...],
    actions: list[str],
    chance: Any,
) -> None:
    named_graph = {
        f"d{number}": [f"d{source}" for source in sorted(sources) if source < number]
        for number, sources in enumerate(graph)
    }
    named_graph["all"] = [*named_graph]

    async def play() -> None:
        bench = await Bench.open(tmp_path_factory.mktemp("pipeline"), named_graph)
        pipeline = await bench.trigger("all")
        completing = ["resume", "end"] * 2 * (len(named_graph) + 1)
        for action in [*actions, *completing]:
            runs = (await bench.reload(pipeline)).runs
            released = [run for run in runs if run["state"] == "CREATED"]
            failed = [run for run in runs if run["state"] in {"FAILED", "CANCELED"}]
            endings = {"end": JobState.COMPLETE, "fail": JobState.FAILED}
            if action in endings and released:
                await bench.end(chance.choice(released)["created_job_id"], endings[action])
            elif action == "cancel":
                not_started = [run for run in runs if run["state"] in {"CREATED", "PENDING"}]
                if not_started:
                    await bench.end(chance.choice(not_started)["created_job_id"], JobState.CANCELED)
            elif action == "fix" and failed:
                run = chance.choice(failed)
                await bench.submit(run["name"], run["created_job_id"])
            elif action in {"pause", "resume"}:
                try:
                    pause_or_resume = getattr(pipelines, action)
                    pipeline_id = pipeline.pipeline["id"]
                    await bench.database.write(pause_or_resume, pipeline_id, stamp(NOW))
                except WrongState:
                    paused = {"PAUSED"} if action == "pause" else set()
                    assert await bench.state(pipeline) in {
                        "COMPLETED",
                        "FAILED",
                        "CANCELED",
                        *paused,
                    }
            await check_consistency(bench, pipeline, named_graph)
        assert await bench.state(pipeline) == "COMPLETED"
        await bench.database.close()

    asyncio.run(play())


async def check_consistency(
    bench: Bench, pipeline: PipelineRows, graph: dict[str, list[str]]
) -> None:
    """Check that the state of a pipeline agrees with the states of its jobs."""
    state, states = await bench.state(pipeline), await bench.states(pipeline)
    for name, sources in graph.items():
        if states[name] != "PENDING" and states[name] != "CANCELED":
            assert all(states[source] == "COMPLETE" for source in sources), (name, states)
    ready = [
        name
        for name, sources in graph.items()
        if states[name] == "PENDING" and all(states[source] == "COMPLETE" for source in sources)
    ]
    assert not ready or state == "PAUSED"
    assert (state == "COMPLETED") == (set(states.values()) == {"COMPLETE"})
    if state in {"FAILED", "CANCELED"}:
        assert state in states.values()
        assert "CREATED" not in states.values()
    if state == "RUNNING":
        assert "CREATED" in states.values()


async def test_a_job_fixed_in_a_pipeline_is_the_only_maker_of_its_dataset(tmp_path: Path) -> None:
    bench = await Bench.open(tmp_path, {"a": [], "b": ["a"], "d": ["a"], "c": ["b", "d"]})
    pipeline = await bench.trigger("c", review=True)
    (removed,) = [run["job_id"] for run in pipeline.runs if run["name"] == "d"]
    assert await bench.change_job(remove_job, pipeline.pipeline["id"], removed)
    await bench.database.write(pipelines.resume, pipeline.pipeline["id"], stamp(NOW))
    await bench.end_run(pipeline, "a", JobState.FAILED)
    broken = await bench.run(pipeline, "a")
    fixed = await bench.submit("a", broken["id"], query="print('fixed')")
    for name, sources in {"a": [], "b": ["a"], "c": ["b", "d"]}.items():
        run = await bench.run(pipeline, name)
        await bench.end(run["id"], JobState.COMPLETE, reported_dataset(name, sources))
    assert await bench.state(pipeline) == "COMPLETED"
    again = await bench.trigger("c")
    originals = {run["name"]: run["job_id"] for run in again.runs}
    assert (len(again.runs), originals["a"]) == (4, fixed)
    parents = {run["name"]: json.loads(run["parents"]) for run in again.runs}
    assert parents["d"] == parents["b"] == [fixed]


async def test_jobs_canceling_during_a_resume_run_again_once_they_have_ended(
    bench: Bench,
) -> None:
    pipeline = await bench.trigger("join")
    first = await bench.run(pipeline, "list")
    await bench.database.write(
        lambda connection: connection.execute(
            "UPDATE jobs SET state = 'CANCELING' WHERE id = ?", [first["id"]]
        )
    )
    await bench.database.write(pipelines.pause, pipeline.pipeline["id"], stamp(NOW))
    await bench.database.write(pipelines.resume, pipeline.pipeline["id"], stamp(NOW))
    again = await bench.run(pipeline, "list")
    assert again["id"] != first["id"]
    assert again["state"] == "PENDING", "two runs never share checkpoints at the same time"
    assert await bench.state(pipeline) == "RUNNING"
    await bench.end(first["id"], JobState.CANCELED)
    assert (await bench.run(pipeline, "list"))["state"] == "CREATED"
    for name in DIAMOND:
        await bench.end_run(pipeline, name)
    assert await bench.state(pipeline) == "COMPLETED"
