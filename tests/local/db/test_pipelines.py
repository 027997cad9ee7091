import asyncio
import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_tui.api import label
from studio_tui.api.models import JobInput
from studio_tui.api.states import JobState
from studio_tui.local.config.clusters import Cluster, Clusters
from studio_tui.local.db.database import Database
from studio_tui.local.db.jobs import JobEnd, JobTable, KeyReused
from studio_tui.local.db.pipeline_removals import WrongPipelineState
from studio_tui.local.db.pipelines import NewPipeline, NothingToRun, PipelineRows, PipelineTable
from studio_tui.local.db.planning import UnknownDataset
from studio_tui.local.db.times import stamp
from studio_tui.local.http.validation import RequestContext, validate_job
from studio_tui.local.run.metastore import Metastore
from studio_tui.local.run.runner import RunLineage
from studio_tui.local.shim.datasets import read_name
from studio_tui.local.shim.lineage_file import ReportedDataset
from tests.soak import at_length

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
CLUSTERS = Clusters((Cluster(name="local", max_workers=4),))

DIAMOND = {"list": [], "tokens": ["list"], "shingles": ["list"], "join": ["tokens", "shingles"]}
"""What each dataset was made from; each was made by the job of its name."""


class Bench:
    """Pipelines of a real database; jobs end as the test says."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.jobs = JobTable(database)
        self.pipelines = PipelineTable(database)

    @classmethod
    async def open(cls, folder: Path, graph: dict[str, list[str]] | None = None) -> "Bench":
        """Open a database in which every job of a graph has run once."""
        bench = cls(await Database.open(folder / "studio.db"))
        for name, sources in (DIAMOND if graph is None else graph).items():
            job_id = await bench.submit(name)
            names = [found for source in sources if (found := read_name(source))]
            await bench.end(
                job_id, JobState.COMPLETE, ReportedDataset(f"local.local.{name}", None, (*names,))
            )
        return bench

    async def submit(self, name: str, rerun_from: str | None = None, **fields: Any) -> str:
        request = JobInput.model_validate(
            {"query": f"print({name!r})", "query_name": name, "team_name": "local", **fields}
        )
        earlier = await self.jobs.checkpoint_source(rerun_from or "")
        job = validate_job(request, None, RequestContext(CLUSTERS, {}, earlier, "me", NOW))
        return str((await self.jobs.create(job, NOW))["id"])

    async def end(self, job_id: str, state: JobState, *made: ReportedDataset) -> None:
        code = {JobState.COMPLETE: 0, JobState.FAILED: 1}.get(state)
        why = "ZeroDivisionError" if state is JobState.FAILED else None
        ending = JobEnd(state, LATER, NOW, exit_code=code, error_message=why)
        origins = [*JobState]
        assert await self.jobs.end(job_id, origins, ending, RunLineage(made))

    async def trigger(
        self, *datasets: str, key: str | None = None, digest: str = "d", **how: Any
    ) -> PipelineRows:
        request = NewPipeline(
            datasets, how.get("environment", {}), how.get("review", False), key, digest
        )
        return await self.pipelines.trigger(request, Metastore(), NOW)

    async def now(self, pipeline: PipelineRows) -> PipelineRows:
        found = await self.pipelines.find(pipeline_id=pipeline.pipeline["id"], name=None)
        assert found is not None
        return found

    async def state(self, pipeline: PipelineRows) -> str:
        return str((await self.now(pipeline)).pipeline["state"])

    async def states(self, pipeline: PipelineRows) -> dict[str, str]:
        return {run["name"]: run["state"] for run in (await self.now(pipeline)).runs}

    async def run(self, pipeline: PipelineRows, name: str) -> sqlite3.Row:
        """Return all about the job that is now a node's run."""
        (job_id,) = [
            run["created_job_id"] for run in (await self.now(pipeline)).runs if run["name"] == name
        ]
        return await self.jobs.row(job_id)

    async def end_run(
        self, pipeline: PipelineRows, name: str, state: JobState = JobState.COMPLETE
    ) -> None:
        await self.end((await self.run(pipeline, name))["id"], state)


@pytest.fixture
async def bench(tmp_path: Path) -> Bench:
    return await Bench.open(tmp_path)


async def test_every_job_is_there_at_once_and_the_first_is_released(bench: Bench) -> None:
    made = await bench.trigger("join")
    assert made.pipeline["state"] == "RUNNING"
    assert await bench.states(made) == {
        "list": "CREATED",
        "tokens": "PENDING",
        "shingles": "PENDING",
        "join": "PENDING",
    }
    originals = {run["name"]: run["job_id"] for run in made.runs}
    parents = {run["name"]: json.loads(run["parents"]) for run in made.runs}
    assert parents == {name: [originals[at] for at in DIAMOND[name]] for name in DIAMOND}
    pending = await bench.jobs.list_jobs(states=[JobState.PENDING], job_id=None, limit=9)
    assert {row["name"] for row in pending} == {"tokens", "shingles", "join"}


async def test_a_run_is_what_its_original_was_and_makes_new_versions(bench: Bench) -> None:
    before = await bench.submit("own", workers=3, priority=1, requirements="numpy", reset=True)
    await bench.end(before, JobState.FAILED)
    original = await bench.submit(
        "own",
        before,
        workers=3,
        priority=1,
        requirements="numpy",
        reset=True,
        environment=f"A=1\nB=1\n{label.NAME}=x",
    )
    await bench.end(original, JobState.COMPLETE, ReportedDataset("local.local.own", None, ()))
    made = await bench.trigger("own", environment={"B": "2", "C": "3"})
    first, run = await bench.jobs.row(original), await bench.run(made, "own")
    for name in ("query", "query_type", "workers", "priority", "requirements", "cluster"):
        assert run[name] == first[name], name
    assert json.loads(run["environment"]) == {"A": "1", "B": "2", "C": "3"}
    assert (run["rerun_from"], run["run_group"], run["ignore_checkpoints"]) == (None, run["id"], 0)


async def test_a_job_starts_when_all_its_parents_are_complete(bench: Bench) -> None:
    made = await bench.trigger("join")
    await bench.end_run(made, "list")
    assert (await bench.states(made))["tokens"] == "CREATED"
    assert (await bench.states(made))["shingles"] == "CREATED"
    released = await bench.run(made, "tokens")
    assert released["released_at"] == stamp(LATER)
    await bench.end_run(made, "tokens")
    assert (await bench.states(made))["join"] == "PENDING"
    await bench.end_run(made, "shingles")
    assert (await bench.states(made))["join"] == "CREATED"
    assert await bench.state(made) == "RUNNING"
    await bench.end_run(made, "join")
    assert await bench.state(made) == "COMPLETED"
    assert (await bench.now(made)).pipeline["updated_at"] == stamp(LATER)


async def test_a_failure_holds_back_its_descendants_alone(bench: Bench) -> None:
    made = await bench.trigger("join")
    await bench.end_run(made, "list")
    await bench.end_run(made, "tokens", JobState.FAILED)
    assert await bench.state(made) == "RUNNING"
    await bench.end_run(made, "shingles")
    assert (await bench.states(made))["join"] == "PENDING"
    failed = (await bench.now(made)).pipeline
    assert failed["state"] == "FAILED"
    run = await bench.run(made, "tokens")
    assert failed["error_message"] == f"tokens ({run['id']}) failed: ZeroDivisionError"


async def test_several_failures_are_counted(bench: Bench) -> None:
    made = await bench.trigger("join")
    await bench.end_run(made, "list")
    await bench.end_run(made, "tokens", JobState.FAILED)
    await bench.end_run(made, "shingles", JobState.FAILED)
    message = (await bench.now(made)).pipeline["error_message"]
    assert "tokens" in message
    assert "failed, and 1 more: ZeroDivisionError" in message


async def test_without_a_failure_what_was_canceled_cancels_the_pipeline(bench: Bench) -> None:
    made = await bench.trigger("join")
    await bench.end_run(made, "join", JobState.CANCELED)
    assert await bench.state(made) == "RUNNING"
    for name in ("list", "tokens", "shingles"):
        await bench.end_run(made, name)
    ended = (await bench.now(made)).pipeline
    assert ended["state"] == "CANCELED"
    assert ended["error_message"].endswith("was canceled.")


async def test_a_pause_withdraws_runs_that_have_not_started(bench: Bench) -> None:
    made = await bench.trigger("join")
    await bench.end_run(made, "list")
    await bench.jobs.enqueue()
    running = await bench.run(made, "tokens")
    await bench.jobs.move(running["id"], [JobState.QUEUED], JobState.INIT)
    paused = await bench.pipelines.pause(made.pipeline["id"], NOW)
    assert paused.pipeline["state"] == "PAUSED"
    expected = {"list": "COMPLETE", "tokens": "INIT", "shingles": "PENDING", "join": "PENDING"}
    assert await bench.states(made) == expected
    await bench.end_run(made, "tokens")
    assert await bench.states(made) == {**expected, "tokens": "COMPLETE"}
    assert await bench.state(made) == "PAUSED"
    with pytest.raises(WrongPipelineState, match="It is paused already"):
        await bench.pipelines.pause(made.pipeline["id"], NOW)
    assert await bench.state(made) == "PAUSED"
    assert (await bench.pipelines.resume(made.pipeline["id"], NOW)).pipeline["state"] == "RUNNING"
    assert (await bench.states(made))["shingles"] == "CREATED"


async def test_a_paused_pipeline_of_which_all_has_run_is_completed(bench: Bench) -> None:
    made = await bench.trigger("list")
    await bench.jobs.move((await bench.run(made, "list"))["id"], [JobState.CREATED], JobState.INIT)
    await bench.pipelines.pause(made.pipeline["id"], NOW)
    await bench.end_run(made, "list")
    assert await bench.state(made) == "COMPLETED"


async def test_review_begins_paused_and_resuming_starts_it(bench: Bench) -> None:
    made = await bench.trigger("join", review=True)
    assert made.pipeline["state"] == "PAUSED"
    assert set((await bench.states(made)).values()) == {"PENDING"}
    await bench.pipelines.resume(made.pipeline["id"], NOW)
    assert (await bench.states(made))["list"] == "CREATED"


async def test_resuming_a_failed_pipeline_makes_failed_runs_again_from_checkpoints(
    bench: Bench,
) -> None:
    made = await bench.trigger("join", environment={"A": "1"})
    await bench.end_run(made, "list")
    await bench.end_run(made, "tokens", JobState.FAILED)
    await bench.end_run(made, "shingles")
    failed = await bench.run(made, "tokens")
    resumed = await bench.pipelines.resume(made.pipeline["id"], NOW)
    assert (resumed.pipeline["state"], resumed.pipeline["error_message"]) == ("RUNNING", None)
    again = await bench.run(made, "tokens")
    assert again["id"] != failed["id"]
    assert (again["rerun_from"], again["run_group"]) == (failed["id"], failed["run_group"])
    assert (again["state"], json.loads(again["environment"])) == ("CREATED", {"A": "1"})
    await bench.end_run(made, "tokens")
    await bench.end_run(made, "join")
    assert await bench.state(made) == "COMPLETED"
    with pytest.raises(WrongPipelineState, match="COMPLETED"):
        await bench.pipelines.resume(made.pipeline["id"], NOW)
    with pytest.raises(WrongPipelineState, match="COMPLETED"):
        await bench.pipelines.pause(made.pipeline["id"], NOW)


async def test_a_job_that_never_began_is_made_again_as_new_as_it_was(bench: Bench) -> None:
    made = await bench.trigger("join", review=True)
    canceled = await bench.run(made, "list")
    ending = JobEnd(JobState.CANCELED, LATER)
    assert await bench.jobs.end(canceled["id"], [JobState.PENDING], ending)
    assert await bench.state(made) == "PAUSED"
    await bench.pipelines.resume(made.pipeline["id"], NOW)
    again = await bench.run(made, "list")
    assert (await bench.state(made), again["state"]) == ("RUNNING", "CREATED")
    assert (again["rerun_from"], again["run_group"]) == (None, canceled["run_group"])


async def test_resuming_a_paused_pipeline_starts_what_can_and_leaves_a_failure(
    bench: Bench,
) -> None:
    made = await bench.trigger("join")
    await bench.end_run(made, "list")
    await bench.pipelines.pause(made.pipeline["id"], NOW)
    await bench.end_run(made, "tokens", JobState.FAILED)
    failed = (await bench.run(made, "tokens"))["id"]
    await bench.pipelines.resume(made.pipeline["id"], NOW)
    assert (await bench.run(made, "tokens"))["id"] == failed
    assert (await bench.states(made))["shingles"] == "CREATED"


@pytest.mark.parametrize("goes_on", ["FAILED", "RUNNING", "PAUSED"])
async def test_a_fixed_job_becomes_the_run_of_the_node_it_continues_from(
    bench: Bench, goes_on: str
) -> None:
    made = await bench.trigger("join")
    await bench.end_run(made, "list")
    if goes_on == "PAUSED":
        await bench.pipelines.pause(made.pipeline["id"], NOW)
    await bench.end_run(made, "tokens", JobState.FAILED)
    if goes_on == "FAILED":
        await bench.end_run(made, "shingles")
    assert await bench.state(made) == goes_on
    failed = (await bench.run(made, "tokens"))["id"]
    fixed = await bench.submit("fixed", failed)
    assert (await bench.run(made, "fixed"))["id"] == fixed
    assert await bench.state(made) == ("PAUSED" if goes_on == "PAUSED" else "RUNNING")
    assert (await bench.now(made)).pipeline["error_message"] is None
    await bench.end(fixed, JobState.FAILED)
    better = await bench.submit("better", failed)  # it names the first, as a client may
    await bench.end(better, JobState.COMPLETE)
    if goes_on == "PAUSED":
        await bench.pipelines.resume(made.pipeline["id"], NOW)
    if goes_on != "FAILED":
        await bench.end_run(made, "shingles")
    assert (await bench.run(made, "better"))["id"] == better
    await bench.end_run(made, "join")
    assert await bench.state(made) == "COMPLETED"


async def test_a_rerun_of_what_succeeded_or_runs_changes_no_pipeline(bench: Bench) -> None:
    made = await bench.trigger("join")
    running = (await bench.run(made, "list"))["id"]
    await bench.submit("copy", running)
    await bench.end_run(made, "list")
    await bench.submit("copy", running)
    original = made.runs[0]["job_id"]
    await bench.submit("copy", original)
    assert (await bench.run(made, "list"))["id"] == running


async def test_the_children_of_a_removed_job_inherit_its_parents(bench: Bench) -> None:
    made = await bench.trigger("join", review=True)
    originals = {run["name"]: run["job_id"] for run in made.runs}
    gone = await bench.run(made, "tokens")
    left = await bench.pipelines.remove_job(made.pipeline["id"], gone["id"], NOW)
    assert left is not None
    parents = {run["name"]: set(json.loads(run["parents"])) for run in left.runs}
    assert parents == {
        "list": set(),
        "shingles": {originals["list"]},
        "join": {originals["list"], originals["shingles"]},
    }
    assert await bench.jobs.state(gone["id"]) is JobState.CANCELED
    first = await bench.pipelines.remove_job(made.pipeline["id"], originals["list"], NOW)
    assert first is not None
    assert {run["name"]: json.loads(run["parents"]) for run in first.runs} == {
        "shingles": [],
        "join": [originals["shingles"]],
    }
    assert await bench.pipelines.remove_job(made.pipeline["id"], gone["id"], NOW) is None
    await bench.pipelines.resume(made.pipeline["id"], NOW)
    await bench.end_run(made, "shingles")
    await bench.end_run(made, "join")
    assert await bench.state(made) == "COMPLETED"


async def test_a_pipeline_without_a_job_left_is_canceled(bench: Bench) -> None:
    made = await bench.trigger("list", review=True)
    left = await bench.pipelines.remove_job(made.pipeline["id"], made.runs[0]["job_id"], NOW)
    assert left is not None
    assert (left.pipeline["state"], left.runs) == ("CANCELED", [])


async def test_only_a_pending_job_of_a_paused_pipeline_can_be_removed(bench: Bench) -> None:
    made = await bench.trigger("join")
    pipeline_id, job_id = made.pipeline["id"], made.runs[0]["job_id"]
    with pytest.raises(WrongPipelineState, match="The pipeline is RUNNING"):
        await bench.pipelines.remove_job(pipeline_id, job_id, NOW)
    await bench.end_run(made, "list")
    await bench.pipelines.pause(pipeline_id, NOW)
    with pytest.raises(WrongPipelineState, match="The job is COMPLETE"):
        await bench.pipelines.remove_job(pipeline_id, job_id, NOW)
    with pytest.raises(WrongPipelineState, match="only one that is PENDING"):
        await bench.pipelines.remove_job(pipeline_id, made.runs[0]["created_job_id"], NOW)


async def test_the_same_key_makes_one_pipeline(bench: Bench) -> None:
    first = await bench.trigger("join", key="k")
    second = await bench.trigger("join", key="k")
    assert second.pipeline["id"] == first.pipeline["id"]
    assert len(await bench.pipelines.list_pipelines(states=None, search=None, limit=9)) == 1
    with pytest.raises(KeyReused):
        await bench.trigger("list", key="k", digest="another")
    assert (await bench.trigger("join")).pipeline["name"] != first.pipeline["name"]


async def test_what_cannot_be_planned_leaves_nothing(bench: Bench) -> None:
    count = len(await bench.jobs.list_jobs(states=None, job_id=None, limit=99))
    with pytest.raises(UnknownDataset, match="dogs"):
        await bench.trigger("join", "dogs")
    pulled = Metastore(versions=((1, "local.local.pulled", "1.0.0", False),))
    request = NewPipeline(("pulled",), {}, False, None, "d")
    with pytest.raises(NothingToRun, match=r"pulled@1\.0\.0"):
        await bench.pipelines.trigger(request, pulled, NOW)
    assert len(await bench.jobs.list_jobs(states=None, job_id=None, limit=99)) == count
    assert await bench.pipelines.list_pipelines(states=None, search=None, limit=9) == []


async def test_a_list_is_of_the_newest_by_state_and_text(bench: Bench) -> None:
    first = await bench.trigger("join", review=True)
    second = await bench.trigger("tokens", "list")
    third = await bench.trigger("list")

    async def names(**how: Any) -> list[str]:
        how = {"states": None, "search": None, "limit": 9, **how}
        return [found.pipeline["name"] for found in await bench.pipelines.list_pipelines(**how)]

    all_names = [made.pipeline["name"] for made in (third, second, first)]
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
def test_whatever_happens_no_job_starts_before_its_parents_are_complete(
    tmp_path_factory: pytest.TempPathFactory,
    graph: tuple[set[int], ...],
    actions: list[str],
    chance: Any,
) -> None:
    names = {
        f"d{number}": [f"d{at}" for at in sorted(sources) if at < number]
        for number, sources in enumerate(graph)
    }
    names["all"] = [*names]

    async def play() -> None:
        bench = await Bench.open(tmp_path_factory.mktemp("pipeline"), names)
        made = await bench.trigger("all")
        for action in [*actions, *["resume", "end"] * 2 * (len(names) + 1)]:
            runs = (await bench.now(made)).runs
            alive = [run for run in runs if run["state"] == "CREATED"]
            failed = [run for run in runs if run["state"] in {"FAILED", "CANCELED"}]
            endings = {"end": JobState.COMPLETE, "fail": JobState.FAILED}
            if action in endings and alive:
                await bench.end(chance.choice(alive)["created_job_id"], endings[action])
            elif action == "cancel":
                left = [run for run in runs if run["state"] in {"CREATED", "PENDING"}]
                if left:
                    await bench.end(chance.choice(left)["created_job_id"], JobState.CANCELED)
            elif action == "fix" and failed:
                run = chance.choice(failed)
                await bench.submit(run["name"], run["created_job_id"])
            elif action in {"pause", "resume"}:
                try:
                    steer = getattr(bench.pipelines, action)
                    await steer(made.pipeline["id"], NOW)
                except WrongPipelineState:
                    paused = {"PAUSED"} if action == "pause" else set()
                    assert await bench.state(made) in {"COMPLETED", "FAILED", "CANCELED", *paused}
            await agree(bench, made, names)
        assert await bench.state(made) == "COMPLETED"
        await bench.database.close()

    asyncio.run(play())


async def agree(bench: Bench, made: PipelineRows, graph: dict[str, list[str]]) -> None:
    """Check that a pipeline's state is what its runs say."""
    state, states = await bench.state(made), await bench.states(made)
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
    made = await bench.trigger("c", review=True)
    (taken_out,) = [run["job_id"] for run in made.runs if run["name"] == "d"]
    assert await bench.pipelines.remove_job(made.pipeline["id"], taken_out, NOW)
    await bench.pipelines.resume(made.pipeline["id"], NOW)
    await bench.end_run(made, "a", JobState.FAILED)
    broken = await bench.run(made, "a")
    mended = await bench.submit("a", broken["id"], query="print('mended')")
    for name, sources in {"a": [], "b": ["a"], "c": ["b", "d"]}.items():
        run = await bench.run(made, name)
        names = [found for source in sources if (found := read_name(source))]
        await bench.end(
            run["id"], JobState.COMPLETE, ReportedDataset(f"local.local.{name}", None, (*names,))
        )
    assert await bench.state(made) == "COMPLETED"
    again = await bench.trigger("c")
    originals = {run["name"]: run["job_id"] for run in again.runs}
    assert (len(again.runs), originals["a"]) == (4, mended)
    parents = {run["name"]: json.loads(run["parents"]) for run in again.runs}
    assert parents["d"] == parents["b"] == [mended]


async def test_resumed_while_its_jobs_are_being_canceled_they_run_again_once_they_have_ended(
    bench: Bench,
) -> None:
    made = await bench.trigger("join")
    first = await bench.run(made, "list")
    await bench.database.write(
        lambda connection: connection.execute(
            "UPDATE jobs SET state = 'CANCELING' WHERE id = ?", [first["id"]]
        )
    )
    await bench.pipelines.pause(made.pipeline["id"], NOW)
    await bench.pipelines.resume(made.pipeline["id"], NOW)
    again = await bench.run(made, "list")
    assert again["id"] != first["id"]
    assert again["state"] == "PENDING", "two runs never share checkpoints at the same time"
    assert await bench.state(made) == "RUNNING"
    await bench.end(first["id"], JobState.CANCELED)
    assert (await bench.run(made, "list"))["state"] == "CREATED"
    for name in DIAMOND:
        await bench.end_run(made, name)
    assert await bench.state(made) == "COMPLETED"
