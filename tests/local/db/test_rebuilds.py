"""A dataset is outdated if one of its ancestors has a newer version; a refresh rebuilds it."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from studio_tui.api.states import JobState
from studio_tui.local.db import lineage, new_pipeline
from studio_tui.local.db.lineage_model import Lineage
from studio_tui.local.db.new_pipeline import NewPipeline
from studio_tui.local.db.rebuilds import outdated_datasets, plan_refresh
from studio_tui.local.db.times import stamp
from studio_tui.local.run.metastore import Metastore
from studio_tui.local.shim.lineage_file import ReportedDataset
from tests.local.db.test_pipelines import NOW, Bench, complete_runs, reported_dataset
from tests.local.db.test_planning import LineageBuilder
from tests.local.db.test_reruns import graphs
from tests.soak import at_length


def outdated_names(builder: LineageBuilder) -> dict[str, tuple[str, ...]]:
    """Return the newer versions of ancestors by outdated dataset, without `local.local.`."""
    outdated = outdated_datasets(Lineage(builder.versions, builder.jobs))
    return {
        name.removeprefix("local.local."): tuple(
            version.removeprefix("local.local.") for version in newer_versions
        )
        for name, newer_versions in outdated.items()
    }


def chain_of_datasets() -> LineageBuilder:
    builder = LineageBuilder()
    builder.run("a1", "raw@1.0.0")
    builder.run("b1", "clean@1.0.0", sources=["raw@1.0.0"])
    builder.run("c1", "report@1.0.0", sources=["clean@1.0.0"])
    return builder


def test_a_dataset_made_from_the_newest_version_is_not_outdated() -> None:
    assert outdated_names(chain_of_datasets()) == {}


def test_a_newer_version_makes_all_descendants_outdated_and_is_named() -> None:
    builder = chain_of_datasets()
    builder.run("a2", "raw@1.0.1", script="a1")
    assert outdated_names(builder) == {"clean": ("raw@1.0.1",), "report": ("raw@1.0.1",)}


def test_a_newer_version_that_is_removed_or_of_a_failed_job_makes_nothing_outdated() -> None:
    builder = chain_of_datasets()
    builder.run("a2", "raw@1.0.1", script="a1", is_complete=False)
    assert outdated_names(builder) == {}
    builder.run("a3", "raw@1.0.2", script="a1")
    builder.remove("raw@1.0.2")
    assert outdated_names(builder) == {}


def test_a_refresh_rebuilds_an_outdated_dataset_and_its_descendants_only() -> None:
    builder = chain_of_datasets()
    builder.run("a2", "raw@1.0.1", script="a1")
    known_lineage = Lineage(builder.versions, builder.jobs)
    planned = plan_refresh(["clean"], known_lineage)
    assert [(job.job_id, job.parents) for job in planned.jobs] == [("b1", ()), ("c1", ("b1",))]
    assert [job.job_id for job in plan_refresh(["report"], known_lineage).jobs] == ["c1"]


async def outdated_in(bench: Bench) -> dict[str, tuple[str, ...]]:
    return outdated_datasets(await bench.database.read(lineage.read_lineage))


@settings(max_examples=at_length(10, 500), deadline=None)
@given(graphs(), st.data())
async def test_a_refresh_of_all_outdated_datasets_makes_exactly_these_datasets(
    graph: dict[str, list[str]], data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        bench = await Bench.open(Path(folder), graph)
        again = data.draw(st.lists(st.sampled_from(sorted(graph)), max_size=3), label="run again")
        for name in again:
            dataset = reported_dataset(name, graph[name])
            await bench.end(await bench.submit(name), JobState.COMPLETE, dataset)
        before = await outdated_in(bench)
        if before:
            request = NewPipeline((*before,), {}, False, None, "d", is_refresh=True)
            pipeline = await bench.database.write(
                new_pipeline.trigger, request, Metastore(), stamp(NOW)
            )
            names = [f"local.local.{run['name']}" for run in pipeline.runs]
            assert len({*names}) == len(names), "no dataset has two makers"
            assert {*names} == {*before}, "exactly the outdated datasets are made"
            await complete_runs(bench, pipeline, graph)
            assert await bench.state(pipeline) == "COMPLETED"
            assert await outdated_in(bench) == {}
        await bench.database.close()


@settings(max_examples=at_length(10, 500), deadline=None)
@given(graphs(), st.data())
async def test_all_datasets_made_by_a_pipeline_are_up_to_date_afterwards(
    graph: dict[str, list[str]], data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        bench = await Bench.open(Path(folder), graph)
        target = data.draw(st.sampled_from(sorted(graph)), label="target")
        pipeline = await bench.trigger(target)
        await complete_runs(bench, pipeline, graph)
        made = {f"local.local.{run['name']}" for run in pipeline.runs}
        assert made.isdisjoint(await outdated_in(bench))
        await bench.database.close()


Outputs = dict[str, dict[str, list[str]]]
"""By job: the datasets that it makes, each with its sources."""


@st.composite
def outputs_of_jobs(draw: st.DrawFn) -> Outputs:
    """Draw jobs that make one or two datasets each, from datasets of earlier jobs."""
    jobs: Outputs = {}
    existing: list[str] = []
    for number in range(draw(st.integers(2, 6))):
        names = [f"n{number}_{letter}" for letter in "ab"[: draw(st.integers(1, 2))]]
        sources = (
            st.lists(st.sampled_from(existing), unique=True, max_size=2)
            if existing
            else st.just([])
        )
        jobs[f"n{number}"] = {name: draw(sources) for name in names}
        existing += names
    return jobs


def reported_datasets(sources_by_name: dict[str, list[str]]) -> list[ReportedDataset]:
    return [reported_dataset(name, sources) for name, sources in sources_by_name.items()]


@settings(max_examples=at_length(15, 1000), deadline=None)
@given(outputs_of_jobs(), st.data())
async def test_all_datasets_of_the_jobs_of_a_pipeline_are_up_to_date_afterwards(
    jobs: Outputs, data: st.DataObject
) -> None:
    datasets = [name for made in jobs.values() for name in made]
    with TemporaryDirectory() as folder:
        bench = await Bench.open(Path(folder), {})
        again = data.draw(st.lists(st.sampled_from(sorted(jobs)), max_size=4), label="again")
        for job in (*jobs, *again):
            datasets_made = reported_datasets(jobs[job])
            await bench.end(await bench.submit(job), JobState.COMPLETE, *datasets_made)
        targets = data.draw(
            st.lists(st.sampled_from(datasets), min_size=1, max_size=2), label="targets"
        )
        pipeline = await bench.trigger(*dict.fromkeys(targets))
        for run in pipeline.runs:
            datasets_made = reported_datasets(jobs[run["name"]])
            await bench.end(run["created_job_id"], JobState.COMPLETE, *datasets_made)
        assert await bench.state(pipeline) == "COMPLETED"
        own = {f"local.local.{name}" for run in pipeline.runs for name in jobs[run["name"]]}
        assert own.isdisjoint(await outdated_in(bench))
        await bench.database.close()
