"""A dataset is out of date if it has seen less than its sources have, and a refresh fixes it."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from studio_tui.api.states import JobState
from studio_tui.local.db import lineage
from studio_tui.local.db.lineage_model import Lineage
from studio_tui.local.db.outdated import outdated_datasets, refresh
from studio_tui.local.db.pipelines import NewPipeline, PipelineRows
from studio_tui.local.run.metastore import Metastore
from studio_tui.local.shim.datasets import read_name
from studio_tui.local.shim.lineage_file import ReportedDataset
from tests.local.db.test_pipelines import NOW, Bench
from tests.local.db.test_planning import Story
from tests.local.db.test_reruns import graphs
from tests.soak import at_length


def stale(story: Story) -> dict[str, tuple[str, ...]]:
    found = outdated_datasets(Lineage(story.versions, story.jobs))
    return {
        name.removeprefix("local.local."): tuple(
            each.removeprefix("local.local.") for each in newer
        )
        for name, newer in found.items()
    }


def chain() -> Story:
    story = Story()
    story.run("a1", "raw@1.0.0")
    story.run("b1", "clean@1.0.0", sources=["raw@1.0.0"])
    story.run("c1", "report@1.0.0", sources=["clean@1.0.0"])
    return story


def test_what_was_made_from_the_newest_is_not_out_of_date() -> None:
    assert stale(chain()) == {}


def test_a_newer_ancestor_puts_all_below_it_out_of_date_and_is_named() -> None:
    story = chain()
    story.run("a2", "raw@1.0.1", script="a1")
    assert stale(story) == {"clean": ("raw@1.0.1",), "report": ("raw@1.0.1",)}


def test_a_failed_or_removed_newer_version_puts_nothing_out_of_date() -> None:
    story = chain()
    story.run("a2", "raw@1.0.1", script="a1", is_complete=False)
    assert stale(story) == {}


def test_only_what_is_out_of_date_is_made_again_with_what_is_made_beside_it() -> None:
    story = chain()
    story.run("a2", "raw@1.0.1", script="a1")
    known = Lineage(story.versions, story.jobs)
    planned = refresh(["clean"], known)
    assert [(job.job_id, job.parents) for job in planned.jobs] == [("b1", ()), ("c1", ("b1",))]
    assert [job.job_id for job in refresh(["report"], known).jobs] == ["c1"]


async def state_of(bench: Bench) -> dict[str, tuple[str, ...]]:
    return outdated_datasets(await bench.database.read(lineage.read_lineage))


async def complete(bench: Bench, made: PipelineRows, graph: dict[str, list[str]]) -> None:
    """End the jobs of a pipeline well, each having made its dataset from the newest there are."""
    for run in made.runs:
        name = run["name"]
        sources = [found for source in graph[name] if (found := read_name(source))]
        outcome = ReportedDataset(f"local.local.{name}", None, (*sources,))
        await bench.end(run["created_job_id"], JobState.COMPLETE, outcome)


@settings(max_examples=at_length(10, 500), deadline=None)
@given(graphs(), st.data())
async def test_after_a_refresh_completes_nothing_is_out_of_date_and_nothing_else_was_made(
    graph: dict[str, list[str]], data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        bench = await Bench.open(Path(folder), graph)
        again = data.draw(st.lists(st.sampled_from(sorted(graph)), max_size=3), label="run again")
        for name in again:
            sources = [found for source in graph[name] if (found := read_name(source))]
            made = ReportedDataset(f"local.local.{name}", None, (*sources,))
            await bench.end(await bench.submit(name), JobState.COMPLETE, made)
        before = await state_of(bench)
        if before:
            request = NewPipeline((*before,), {}, False, None, "d", is_refresh=True)
            pipeline = await bench.pipelines.trigger(request, Metastore(), NOW)
            names = [f"local.local.{run['name']}" for run in pipeline.runs]
            assert len({*names}) == len(names), "no dataset has two makers"
            assert {*names} == {*before}, "exactly what is out of date"
            await complete(bench, pipeline, graph)
            assert await bench.state(pipeline) == "COMPLETED"
            assert await state_of(bench) == {}
        await bench.database.close()


@settings(max_examples=at_length(10, 500), deadline=None)
@given(graphs(), st.data())
async def test_what_was_triggered_and_what_it_is_made_from_is_up_to_date_afterwards(
    graph: dict[str, list[str]], data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        bench = await Bench.open(Path(folder), graph)
        target = data.draw(st.sampled_from(sorted(graph)), label="target")
        pipeline = await bench.trigger(target)
        await complete(bench, pipeline, graph)
        made = {f"local.local.{run['name']}" for run in pipeline.runs}
        assert made.isdisjoint(await state_of(bench))
        await bench.database.close()


Outputs = dict[str, dict[str, list[str]]]
"""By job: the datasets that it makes, each with what that is made from."""


@st.composite
def jobs_of_many(draw: st.DrawFn) -> Outputs:
    """Any jobs that make one or two datasets each, from what those before them made."""
    jobs: Outputs = {}
    there: list[str] = []
    for at in range(draw(st.integers(2, 6))):
        made = [f"n{at}_{letter}" for letter in "ab"[: draw(st.integers(1, 2))]]
        sources = (
            st.lists(st.sampled_from(there), unique=True, max_size=2) if there else st.just([])
        )
        jobs[f"n{at}"] = {name: draw(sources) for name in made}
        there += made
    return jobs


def outcomes(made: dict[str, list[str]]) -> list[ReportedDataset]:
    """Return what a job makes, each dataset from the newest there are of what it is made from."""
    return [
        ReportedDataset(f"local.local.{name}", None, tuple(filter(None, map(read_name, sources))))
        for name, sources in made.items()
    ]


@settings(max_examples=at_length(15, 1000), deadline=None)
@given(jobs_of_many(), st.data())
async def test_what_a_trigger_leaves_out_of_date_is_none_of_its_own_and_was_said(
    jobs: Outputs, data: st.DataObject
) -> None:
    datasets = [name for made in jobs.values() for name in made]
    with TemporaryDirectory() as folder:
        bench = await Bench.open(Path(folder), {})
        again = data.draw(st.lists(st.sampled_from(sorted(jobs)), max_size=4), label="again")
        for job in (*jobs, *again):
            await bench.end(await bench.submit(job), JobState.COMPLETE, *outcomes(jobs[job]))
        before = await state_of(bench)
        targets = data.draw(
            st.lists(st.sampled_from(datasets), min_size=1, max_size=2), label="targets"
        )
        pipeline = await bench.trigger(*dict.fromkeys(targets))
        for run in pipeline.runs:
            made = jobs[run["name"]]
            await bench.end(run["created_job_id"], JobState.COMPLETE, *outcomes(made))
        assert await bench.state(pipeline) == "COMPLETED"
        own = {f"local.local.{name}" for run in pipeline.runs for name in jobs[run["name"]]}
        after = await state_of(bench)
        assert own.isdisjoint(after)
        said = pipeline.pipeline["warnings"]
        for name in after.keys() - before.keys():
            assert name in said, "what is left behind is named before anything runs"
        if not after:
            assert "out of date" not in said
        await bench.database.close()
