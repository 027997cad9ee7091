import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from studio_tui.api import label
from studio_tui.api.states import JobState
from studio_tui.local.db import jobs, lineage
from studio_tui.local.db.database import Database
from studio_tui.local.db.jobs import JobEnd
from studio_tui.local.db.lineage_model import Lineage
from studio_tui.local.run.metastore import Metastore
from studio_tui.local.run.runner import RunLineage
from studio_tui.local.shim.datasets import DatasetName, read_name
from studio_tui.local.shim.lineage_file import ReportedDataset
from tests.local.db.job_bench import JobBench

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


class Bench(JobBench):
    """Jobs that the test ends with the datasets that they made."""

    async def submit(self, environment: str | None = None) -> str:
        return await self.create(NOW, environment=environment)

    async def end(
        self,
        *datasets: ReportedDataset,
        metastore: Metastore | None = None,
        state: JobState = JobState.COMPLETE,
        job_id: str | None = None,
    ) -> str:
        job_id = job_id or await self.submit()
        ending = JobEnd(state, NOW, exit_code=int(state is not JobState.COMPLETE))
        run_lineage = RunLineage(datasets, metastore or Metastore())
        assert await self.database.write(jobs.end, job_id, [JobState.CREATED], ending, run_lineage)
        return job_id

    async def known_lineage(self) -> Lineage:
        return await self.database.read(lineage.read_lineage)

    async def sources(self) -> dict[str, list[str | None]]:
        """Return the sources of each version, `None` for a source of which no version exists."""
        versions = (await self.known_lineage()).versions
        names = {number: f"{v.dataset}@{v.version}" for number, v in versions.items()}
        return {
            names[number]: [names.get(source.version_id or 0) for source in v.sources]
            for number, v in versions.items()
        }


@pytest.fixture
async def bench(tmp_path: Path) -> Bench:
    return Bench(await Database.open(tmp_path / "studio.db"))


def reported(dataset: str, *sources: str, version: str | None = None) -> ReportedDataset:
    return ReportedDataset(f"local.local.{dataset}", version, tuple(map(parsed_name, sources)))


def parsed_name(text: str) -> DatasetName:
    name = read_name(text)
    assert name is not None
    return name


async def versions(bench: Bench, job_id: str) -> list[str]:
    names = await bench.database.read(lineage.read_versions_of_job, job_id)
    return [f"{name.dataset}@{name.version}" for name in names]


async def test_a_dataset_reported_without_a_version_gets_the_next_version(bench: Bench) -> None:
    first = await bench.end(reported("index"))
    second = await bench.end(reported("index"), reported("thumbs", "index"))
    assert await versions(bench, first) == ["local.local.index@1.0.0"]
    assert await versions(bench, second) == ["local.local.index@1.0.1", "local.local.thumbs@1.0.0"]
    assert (await bench.sources())["local.local.thumbs@1.0.0"] == ["local.local.index@1.0.1"]
    third = await bench.end(reported("index", version="2.0.9"))
    fourth = await bench.end(reported("index"), reported("old", "index@1.0.0"))
    assert await versions(bench, third) == ["local.local.index@2.0.9"]
    assert (await versions(bench, fourth))[0] == "local.local.index@2.0.10"
    assert (await bench.sources())["local.local.old@1.0.0"] == ["local.local.index@1.0.0"]


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELED])
async def test_reported_datasets_are_recorded_only_for_a_complete_job(
    bench: Bench, state: JobState
) -> None:
    job_id = await bench.end(reported("index"), state=state)
    assert await versions(bench, job_id) == []
    assert (await bench.known_lineage()).versions == {}


async def test_a_source_is_linked_to_the_first_matching_version_made_later(bench: Bench) -> None:
    await bench.end(reported("early", "late", "pinned@1.0.5", "never"))
    await bench.end(reported("pinned", version="1.0.4"))
    assert (await bench.sources())["local.local.early@1.0.0"] == [None, None, None]
    await bench.end(reported("pinned"), reported("late"))
    await bench.end(reported("late"))
    assert (await bench.sources())["local.local.early@1.0.0"] == [
        "local.local.late@1.0.0",
        "local.local.pinned@1.0.5",
        None,
    ]


async def test_a_version_that_is_made_again_has_only_its_new_job_and_sources(bench: Bench) -> None:
    await bench.end(reported("a"), reported("b"), reported("thing", "a", version="1.0.0"))
    job_id = await bench.end(reported("thing", "b", version="1.0.0"))
    known = await bench.known_lineage()
    (thing,) = (v for v in known.versions.values() if v.dataset == "local.local.thing")
    assert [link.job_id for link in thing.jobs] == [job_id]
    assert (await bench.sources())["local.local.thing@1.0.0"] == ["local.local.b@1.0.0"]


async def test_a_job_that_ended_cannot_end_again_with_other_datasets(bench: Bench) -> None:
    job_id = await bench.end(reported("index"))
    second_lineage = RunLineage((reported("index"),))
    ending = JobEnd(JobState.COMPLETE, NOW, exit_code=0)
    assert not await bench.database.write(
        jobs.end, job_id, [JobState.CREATED], ending, second_lineage
    )
    assert await versions(bench, job_id) == ["local.local.index@1.0.0"]


def metastore(
    job_id: str, *, is_removed: bool = False, sources: Sequence[tuple[int, str, int | None]] = ()
) -> Metastore:
    return Metastore(
        versions=(
            (7, "system.listing.lst__file:///x", "1.0.0", False),
            (9, "@me.animals.cats", "1.0.0", is_removed),
            (12, "local.local.dogs", "1.0.0", False),
        ),
        jobs=((9, job_id, True), (12, job_id, False), (12, "somebody's", True)),
        sources=(
            (9, "system.listing.lst__file:///x", 7),
            (12, "me.animals.cats", 9),
            (99, "x", 7),
            *sources,
        ),
    )


async def test_the_metastore_of_datachain_is_recorded_even_for_a_failed_job(bench: Bench) -> None:
    job_id = await bench.submit()
    await bench.end(metastore=metastore(job_id), state=JobState.FAILED, job_id=job_id)
    assert await versions(bench, job_id) == ["me.animals.cats@1.0.0"]
    assert await bench.sources() == {
        "system.listing.lst__file:///x@1.0.0": [],
        "me.animals.cats@1.0.0": ["system.listing.lst__file:///x@1.0.0"],
        "local.local.dogs@1.0.0": ["me.animals.cats@1.0.0"],
    }
    known = await bench.known_lineage()
    (dogs,) = (v for v in known.versions.values() if v.dataset == "local.local.dogs")
    assert [(link.job_id, link.is_creator) for link in dogs.jobs] == [(job_id, False)]
    assert not known.jobs[job_id].is_complete


async def test_recording_the_same_metastore_again_changes_only_removed_sources(
    bench: Bench,
) -> None:
    job_id = await bench.submit()
    await bench.end(metastore=metastore(job_id), job_id=job_id)
    before = await bench.known_lineage()
    removed_sources = [(12, "me.animals.cats", None), (12, "", None)]
    await bench.end(metastore=metastore(job_id, sources=removed_sources))
    await bench.end(metastore=metastore(job_id, sources=removed_sources))
    after = await bench.known_lineage()
    (dogs,) = (v for v in after.versions.values() if v.dataset == "local.local.dogs")
    assert [source.dataset for source in dogs.sources] == ["me.animals.cats", ""]
    assert {number: v for number, v in after.versions.items() if v != dogs} == {
        number: v for number, v in before.versions.items() if v.dataset != "local.local.dogs"
    }


async def test_a_version_removed_from_the_metastore_is_recorded_as_removed(bench: Bench) -> None:
    job_id = await bench.submit()
    await bench.end(metastore=metastore(job_id), job_id=job_id)
    await bench.end(metastore=metastore(job_id, is_removed=True))
    removed = [v.dataset for v in (await bench.known_lineage()).versions.values() if v.is_removed]
    assert removed == ["me.animals.cats"]
    following = await bench.end(ReportedDataset("me.animals.cats", None, ()))
    assert await versions(bench, following) == ["me.animals.cats@1.0.1"]


async def test_known_jobs_have_equal_environments_whatever_the_order_and_the_label(
    bench: Bench,
) -> None:
    for number, variables in enumerate(("A=1\nB=2", "B=2\nA=1")):
        job_id = await bench.submit(environment=f"{label.NAME}={number}\n{variables}")
        await bench.end(reported(f"part{number}"), job_id=job_id)
    jobs = (await bench.known_lineage()).jobs.values()
    assert {job.environment for job in jobs} == {'{"A": "1", "B": "2"}'}


async def test_a_job_ends_even_if_its_datasets_cannot_be_recorded(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    broken = Metastore(versions=((1, "local.local.x", b"no text", False),))  # type: ignore[arg-type]
    with caplog.at_level(logging.ERROR):
        job_id = await bench.end(reported("index"), metastore=broken)
    assert await bench.database.read(jobs.state_of, job_id) is JobState.COMPLETE
    assert (await bench.known_lineage()).versions == {}
    assert job_id in caplog.text
