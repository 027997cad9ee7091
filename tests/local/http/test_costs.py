"""Requests of a size that once took minutes; where the cost matters, operations are counted."""

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest

from studio_tui.api import label
from studio_tui.api.states import JobState
from studio_tui.local.db.database import Database
from studio_tui.local.db.lineage import read_lineage, read_versions_of_job
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

COUNT = 75_000
RESPONSE_LIMIT = 20_000


def refusal(studio: ThreadStudio, path: str, body: str) -> dict[str, Any]:
    """Send a body that must be refused; return the response, which must be short."""
    headers = {"Content-Type": "application/json"}
    response = studio.request("POST", path, content=body, headers=headers)
    assert response.status_code == 422, response.text[:300]
    assert len(response.content) < RESPONSE_LIMIT
    return dict(response.json())


def test_a_repeated_name_among_75_000_names_is_refused(shared_studio: ThreadStudio) -> None:
    names = [*(f'"n{number}":1' for number in range(COUNT)), f'"n{COUNT - 1}":1']
    refused = refusal(shared_studio, "/datachain/jobs/", "{" + ",".join(names) + "}")
    assert refused["message"] == f'The body names "n{COUNT - 1}" twice.'


WRONG: dict[str, Callable[[], dict[str, Any]]] = {
    "names": lambda: {f"n{number}": 1 for number in range(50_000)},
    "files that are no texts": lambda: {"query": "1", "team_name": "local", "files": [1] * 300_000},
    "files that are nowhere": lambda: {
        "query": "1",
        "team_name": "local",
        "files": ["0"] * 200_000,
    },
    "lines": lambda: {"query": "1", "team_name": "local", "environment": "x\n" * 300_000},
}
"""Bodies with many problems; functions, as the bodies together would take 10 MB all the time."""


@pytest.mark.parametrize("case", WRONG)
def test_a_request_with_many_problems_gets_a_short_response(
    shared_studio: ThreadStudio, case: str
) -> None:
    message = refusal(shared_studio, "/datachain/jobs/", json.dumps(WRONG[case]()))["message"]
    assert message.endswith(" more.") or case == "files that are no texts"


def test_more_files_than_one_sql_statement_allows_are_checked(shared_studio: ThreadStudio) -> None:
    files = ",".join(['"0"'] * 255_000)
    body = f'{{"query":"1","team_name":"local","files":[{files}]}}'
    assert "no upload '0'" in refusal(shared_studio, "/datachain/jobs/", body)["message"]


def test_an_upload_with_ten_thousand_content_type_parameters_is_refused(
    shared_studio: ThreadStudio,
) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=B" + ";a=b" * 10_000}
    response = shared_studio.request(
        "POST", "/datachain/jobs/files?team_name=local", content=b"--B--", headers=headers
    )
    assert response.status_code == 422
    assert "Content-Type" in response.json()["message"]


class CountingMapping(Mapping[Key, Value]):
    """A mapping that counts how many values are read from it."""

    def __init__(self, values: dict[Key, Value]) -> None:
        self._values = values
        self.reads = 0

    def __getitem__(self, key: Key) -> Value:
        self.reads += 1
        return self._values[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


async def test_a_pipeline_overrides_some_of_many_variables_with_many(tmp_path: Path) -> None:
    bench = await Bench.open(tmp_path, {})
    own_variables = "".join(f"B{number}=1\n" for number in range(COUNT))
    job_id = await bench.submit("cats", environment=f"{label.NAME}=x\n{own_variables}A0=other\n")
    await bench.end(job_id, JobState.COMPLETE, ReportedDataset("local.local.cats", None, ()))
    overriding = CountingMapping({f"A{number}": "1" for number in range(COUNT)})
    statements: list[str] = []
    await bench.database.read(lambda connection: connection.set_trace_callback(statements.append))
    pipeline = await bench.trigger("cats", environment=overriding)
    await bench.database.read(lambda connection: connection.set_trace_callback(None))
    assert overriding.reads <= 3 * COUNT
    assert len(statements) < 100
    variables = json.loads((await bench.run(pipeline, "cats"))["environment"])
    assert len(variables) == 2 * COUNT
    assert (variables["A0"], variables["B0"]) == ("1", "1")


async def database_steps(database: Database, work: Awaitable[object]) -> int:
    """Await `work`; return how many thousands of SQLite's instructions it has taken."""
    thousands = 0

    def count() -> int:
        nonlocal thousands
        thousands += 1
        return 0  # to continue

    await database.read(lambda connection: connection.set_progress_handler(count, 1000))
    await work
    await database.read(lambda connection: connection.set_progress_handler(None, 0))
    return thousands


async def test_the_cost_of_many_versions_of_one_dataset_grows_linearly(tmp_path: Path) -> None:
    bench = await Bench.open(tmp_path, {})
    cats = DatasetName("local.local.cats", None)
    steps = []
    for count in (1000, 2000):
        job_id = await bench.submit("cats")
        made = [ReportedDataset(cats.dataset, None, (cats,))] * count
        ending = bench.end(job_id, JobState.COMPLETE, *made)
        steps.append(await database_steps(bench.database, ending))
    assert 0 < steps[1] < 3 * steps[0], steps
    versions = await bench.database.read(read_versions_of_job, job_id)
    assert [versions[0].version, versions[-1].version] == ["1.0.1000", "1.0.2999"]
    sources = (await bench.database.read(read_lineage)).versions[3000].sources
    assert [source.version_id for source in sources] == [2999]


comparisons = 0


class Id(str):
    """A job's id; `comparisons` counts how often any two are compared."""

    __slots__ = ()

    def __lt__(self, other: str) -> bool:
        global comparisons  # noqa: PLW0603 (one count for all ids)
        comparisons += 1
        return super().__lt__(other)


class CountingDict(dict[Key, Value]):
    """A dictionary that counts how many values are read from it."""

    reads = 0

    def __getitem__(self, key: Key) -> Value:
        self.reads += 1
        return super().__getitem__(key)

    def items(self) -> Any:
        self.reads += len(self)
        return super().items()


def wide_lineage(count: int, *, has_cycles: bool) -> Lineage:
    """Return datasets made by jobs of one script.

    With cycles, the datasets of each pair (0 and 1, 2 and 3, ...) are made from each other, and
    each is also made from the dataset two numbers below.
    """
    versions: CountingDict[int, MadeVersion] = CountingDict()
    jobs: CountingDict[str, KnownJob] = CountingDict()
    for number in range(count):
        job_id = Id(f"job {number}")
        other_of_pair = number ^ 1
        source_ids = (other_of_pair, max(0, number - 2)) if has_cycles else ()
        sources = tuple(DatasetSource(f"local.local.d{each}", each) for each in source_ids)
        link = DatasetLink(job_id, is_creator=True)
        versions[number] = MadeVersion(f"local.local.d{number}", "1.0.0", False, (link,), sources)
        jobs[job_id] = KnownJob(number, "one", "one", f"X={number}", is_complete=True)
    return Lineage(versions, jobs)


@pytest.mark.parametrize("has_cycles", [False, True])
def test_the_cost_of_a_plan_grows_linearly_with_its_lineage(has_cycles: bool) -> None:
    global comparisons  # noqa: PLW0603 (see above)
    count = 2000
    lineage = wide_lineage(count, has_cycles=has_cycles)
    comparisons = 0
    planned = plan([f"d{number}" for number in range(count)], lineage)
    assert len(planned.jobs) == count
    assert len(planned.warnings) == (1 if has_cycles else 0), "all jobs have the same name"
    assert isinstance(lineage.versions, CountingDict)
    assert isinstance(lineage.jobs, CountingDict)
    assert lineage.versions.reads < 50 * count
    assert lineage.jobs.reads < 50 * count
    assert comparisons < 50 * count
