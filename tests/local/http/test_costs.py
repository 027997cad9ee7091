"""Requests that once took minutes; the client of these tests waits for half a minute."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from studio_tui.api import label
from studio_tui.api.states import JobState
from studio_tui.local.db import lineage
from studio_tui.local.db.lineage_model import (
    DatasetLink,
    DatasetSource,
    KnownJob,
    Lineage,
    MadeVersion,
)
from studio_tui.local.db.planning import plan
from studio_tui.local.shim.datasets import DatasetName
from studio_tui.local.shim.lineage_file import ReportedDataset
from tests.local.db.test_pipelines import Bench
from tests.studios import ThreadStudio

Key = TypeVar("Key")
Value = TypeVar("Value")

MANY = 75_000
LONGEST_REFUSAL = 20_000


def post(studio: ThreadStudio, path: str, body: str) -> dict[str, Any]:
    how: dict[str, Any] = {"content": body, "headers": {"Content-Type": "application/json"}}
    response = studio.request("POST", path, **how)
    assert response.status_code == 422, response.text[:300]
    assert len(response.content) < LONGEST_REFUSAL
    return dict(response.json())


def test_one_repeated_name_among_many_is_found_at_once(shared_studio: ThreadStudio) -> None:
    names = [*(f'"n{at}":1' for at in range(MANY)), f'"n{MANY - 1}":1']
    refused = post(shared_studio, "/datachain/jobs/", "{" + ",".join(names) + "}")
    assert refused["message"] == f'The body names "n{MANY - 1}" twice.'


WRONG: dict[str, Callable[[], dict[str, Any]]] = {
    "names": lambda: {f"n{at}": 1 for at in range(50_000)},
    "files that are no texts": lambda: {"query": "1", "team_name": "local", "files": [1] * 300_000},
    "files that are nowhere": lambda: {
        "query": "1",
        "team_name": "local",
        "files": ["0"] * 200_000,
    },
    "lines": lambda: {"query": "1", "team_name": "local", "environment": "x\n" * 300_000},
}
"""Made where they are sent: as a whole they are 10 MB in each process of a run."""


@pytest.mark.parametrize("case", WRONG)
def test_a_request_with_a_thousand_problems_gets_a_short_answer(
    shared_studio: ThreadStudio, case: str
) -> None:
    message = post(shared_studio, "/datachain/jobs/", json.dumps(WRONG[case]()))["message"]
    assert message.endswith(" more.") or case == "files that are no texts"


def test_more_files_than_one_sql_statement_allows_are_found(shared_studio: ThreadStudio) -> None:
    files = ",".join(['"0"'] * 255_000)
    body = f'{{"query":"1","team_name":"local","files":[{files}]}}'
    assert "no upload '0'" in post(shared_studio, "/datachain/jobs/", body)["message"]


def test_the_parameters_of_an_uploads_content_type_are_bounded(
    shared_studio: ThreadStudio,
) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=B" + ";a=b" * 10_000}
    response = shared_studio.request(
        "POST", "/datachain/jobs/files?team_name=local", content=b"--B--", headers=headers
    )
    assert response.status_code == 422
    assert "Content-Type" in response.json()["message"]


async def test_a_pipeline_lays_many_variables_over_many(tmp_path: Path) -> None:
    bench = await Bench.open(tmp_path, {})
    before = "".join(f"B{at}=1\n" for at in range(MANY))
    job_id = await bench.submit("cats", environment=f"{label.NAME}=x\n{before}A0=other\n")
    await bench.end(job_id, JobState.COMPLETE, ReportedDataset("local.local.cats", None, ()))
    over = {f"A{at}": "1" for at in range(MANY)}
    async with asyncio.timeout(30):
        made = await bench.trigger("cats", environment=over)
    variables = json.loads((await bench.run(made, "cats"))["environment"])
    assert len(variables) == 2 * MANY
    assert (variables["A0"], variables["B0"]) == ("1", "1")


async def test_a_job_that_makes_many_versions_of_one_dataset_ends(tmp_path: Path) -> None:
    bench = await Bench.open(tmp_path, {})
    job_id = await bench.submit("cats")
    cats = DatasetName("local.local.cats", None)
    async with asyncio.timeout(30):
        made = [ReportedDataset(cats.dataset, None, (cats,))] * 20_000
        await bench.end(job_id, JobState.COMPLETE, *made)
    versions = await bench.jobs.dataset_versions(job_id)
    assert [versions[0].version, versions[-1].version] == ["1.0.0", "1.0.19999"]
    sources = (await bench.database.read(lineage.read_lineage)).versions[20_000].sources
    assert [source.version_id for source in sources] == [19_999]


comparisons = 0


class Id(str):
    """A job's id that counts how often it is compared."""

    __slots__ = ()

    def __lt__(self, other: str) -> bool:
        global comparisons  # noqa: PLW0603 (ids have no other place in common)
        comparisons += 1
        return super().__lt__(other)


class Counted(dict[Key, Value]):
    """A dictionary that counts how often it is asked."""

    asked = 0

    def __getitem__(self, key: Key) -> Value:
        self.asked += 1
        return super().__getitem__(key)

    def items(self) -> Any:
        self.asked += len(self)
        return super().items()


def wide(count: int, *, in_circles: bool) -> Lineage:
    """Return datasets that jobs of one script made, if wanted each pair from one another."""
    versions: Counted[int, MadeVersion] = Counted()
    jobs: Counted[str, KnownJob] = Counted()
    for at in range(count):
        job_id = Id(f"job {at}")
        others = (at ^ 1, max(0, at - 2)) if in_circles else ()
        sources = tuple(DatasetSource(f"local.local.d{other}", other) for other in others)
        link = DatasetLink(job_id, is_creator=True)
        versions[at] = MadeVersion(f"local.local.d{at}", "1.0.0", False, (link,), sources)
        jobs[job_id] = KnownJob(at, "one", "one", f"X={at}", is_complete=True)
    return Lineage(versions, jobs)


@pytest.mark.parametrize("in_circles", [False, True])
def test_a_plan_costs_no_more_than_what_it_is_made_of(in_circles: bool) -> None:
    global comparisons  # noqa: PLW0603 (see above)
    count = 2000
    known = wide(count, in_circles=in_circles)
    comparisons = 0
    made = plan([f"d{at}" for at in range(count)], known)
    assert len(made.jobs) == count
    assert len(made.warnings) == (1 if in_circles else 0), "all have one name"
    assert isinstance(known.versions, Counted)
    assert isinstance(known.jobs, Counted)
    assert known.versions.asked < 50 * count
    assert known.jobs.asked < 50 * count
    assert comparisons < 50 * count
