"""The endpoints of pipelines and datasets that only the local Studio has."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from studio_tui.api.routes import INSTANCE_HEADER
from tests.local.http.test_pipeline_routes import (
    job_ids_by_dataset,
    make_dataset,
    post,
    request_action,
    script,
    status,
    trigger,
    until_state,
    versions,
)
from tests.studios import ThreadStudio, create_data, run_on_copy

pytestmark = pytest.mark.starts_processes


def rerun(
    studio: ThreadStudio, jobs: dict[str, str], key: str | None = None, **fields: Any
) -> httpx.Response:
    """Request that jobs run again in order; `jobs` are their ids by name."""
    requests = [
        {
            "job_id": job_id,
            "job": {
                "query": studio.job(job_id)["query"],
                "query_name": f"{name}.py",
                "team_name": "local",
                **fields,
            },
        }
        for name, job_id in jobs.items()
    ]
    headers = {"Idempotency-Key": key} if key else None
    return post(studio, "rerun", headers, jobs=requests)


def make_chain(studio: ThreadStudio) -> None:
    """Make `report` from `clean` from `raw`."""
    make_dataset(studio, "raw")
    make_dataset(studio, "clean", "raw")
    make_dataset(studio, "report", "clean")


@pytest.fixture(scope="module")
def chain_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a local Studio after `make_chain`."""
    return create_data(tmp_path_factory.mktemp("chain") / "studio", make_chain)


@pytest.fixture
def chain(chain_data: Path, tmp_path: Path) -> Iterator[ThreadStudio]:
    """A local Studio after `make_chain`."""
    with run_on_copy(chain_data, tmp_path / "studio") as studio:
        yield studio


def test_jobs_run_again_in_order_are_a_pipeline_that_can_be_paused(
    chain: ThreadStudio,
) -> None:
    jobs = job_ids_by_dataset(chain)
    answer = rerun(chain, jobs, environment="HOLD=/")
    pipeline = answer.json()["pipeline"]
    parents = {run["name"]: run["parent_job_ids"] for run in pipeline["job_runs"]}
    assert parents == {"raw.py": [], "clean.py": [jobs["raw"]], "report.py": [jobs["clean"]]}
    assert request_action(chain, "pause", pipeline)["status"] == "PAUSED"
    states = {run["name"]: run["status"] for run in status(chain, pipeline)["job_runs"]}
    assert states["clean.py"] == states["report.py"] == "PENDING"
    assert INSTANCE_HEADER in answer.headers


def test_jobs_run_again_in_order_make_the_next_versions(chain: ThreadStudio) -> None:
    pipeline = rerun(chain, job_ids_by_dataset(chain)).json()["pipeline"]
    ended = until_state(chain, pipeline, "COMPLETED", "FAILED")
    assert (ended["status"], ended["completed"]) == ("COMPLETED", 3)
    for run in ended["job_runs"]:
        name = run["name"].removesuffix(".py")
        assert versions(chain, run["created_job_id"]) == [f"local.local.{name}@1.0.1"]


def test_independent_jobs_are_not_run_again_by_the_server(
    studio: ThreadStudio,
) -> None:
    jobs = {name: make_dataset(studio, name) for name in ("one", "two")}
    answer = rerun(studio, jobs)
    assert (answer.status_code, answer.json()) == (200, {"ok": True, "pipeline": None})
    assert len(studio.jobs()) == 2


def test_the_same_key_makes_one_pipeline_and_refuses_another_request(chain: ThreadStudio) -> None:
    jobs = job_ids_by_dataset(chain)
    first, second = rerun(chain, jobs, "key"), rerun(chain, jobs, "key")
    assert first.json()["pipeline"]["pipeline_id"] == second.json()["pipeline"]["pipeline_id"]
    other = rerun(chain, jobs, "key", priority=2)
    assert other.status_code == 422
    assert "used for another request" in other.json()["message"]


def test_an_invalid_rerun_is_refused_and_creates_no_job(
    chain: ThreadStudio,
) -> None:
    jobs = job_ids_by_dataset(chain)
    job_input = {"query": script("raw"), "query_name": "raw.py", "team_name": "local"}
    twice = [{"job_id": jobs["raw"], "job": job_input}] * 2
    timed = {**job_input, "cron_expression": "0 3 * * *"}
    for requests, code, message_part in (
        (twice, 422, "twice"),
        ([{"job_id": jobs["raw"], "job": timed}], 422, "cannot have a start time"),
        ([{"job_id": "nobody", "job": job_input}], 404, "There is no job nobody."),
        ([{"job_id": jobs["raw"], "job": {**job_input, "priority": 99}}], 422, "priority"),
    ):
        answer = post(chain, "rerun", jobs=requests)
        assert (answer.status_code, message_part in answer.json()["message"]) == (code, True), (
            answer.text
        )
    assert len(chain.jobs()) == len(jobs)


def test_the_route_of_reruns_is_not_in_the_openapi_description(studio: ThreadStudio) -> None:
    assert "/api/datachain/pipeline/rerun" not in studio.request("GET", "/openapi.json").text


def test_a_removed_job_is_listed_and_restored_in_its_order(
    chain: ThreadStudio,
) -> None:
    jobs = job_ids_by_dataset(chain)
    pipeline = trigger(chain, "report", review=True)
    changed = request_action(chain, "remove-job", pipeline, job_id=jobs["clean"])
    assert [job["name"] for job in changed["removed"]] == ["clean.py"]
    restored = request_action(chain, "restore-job", pipeline, job_id=jobs["clean"])
    assert (restored["removed"], restored["status"]) == ([], "PAUSED")
    assert [run["parent_job_ids"] for run in restored["job_runs"]] == [
        run["parent_job_ids"] for run in pipeline["job_runs"]
    ]
    assert post(chain, "restore-job", name=pipeline["name"], job_id="nobody").status_code == 404
    request_action(chain, "resume", pipeline)
    again = post(chain, "restore-job", name=pipeline["name"], job_id=jobs["clean"])
    assert again.status_code == 404, "the job is no longer removed"


def test_a_pipeline_lists_every_run_of_its_jobs(studio: ThreadStudio) -> None:
    make_dataset(studio, "raw")
    pipeline = trigger(studio, "raw", environment="FAIL=raw")
    failed = until_state(studio, pipeline, "FAILED")["job_runs"][0]
    assert failed["attempts"] == []
    request_action(studio, "resume", pipeline)
    again = until_state(studio, pipeline, "FAILED")["job_runs"][0]
    assert again["attempts"] == [failed["created_job_id"]]


def list_datasets(studio: ThreadStudio) -> dict[str, Any]:
    """Return the listed datasets by name, without `local.local.`."""
    answer = studio.request("GET", "/datachain/datasets/list", params={"team_name": "local"})
    return {each["name"].removeprefix("local.local."): each for each in answer.json()["datasets"]}


def test_datasets_are_listed_with_versions_jobs_and_sources(chain: ThreadStudio) -> None:
    jobs = job_ids_by_dataset(chain)
    again = make_dataset(chain, "raw")
    listed = list_datasets(chain)
    assert [*listed] == ["clean", "raw", "report"]
    newest, first = listed["raw"]["versions"]
    assert (newest["version"], newest["job_id"]) == ("1.0.1", again)
    assert (first["version"], first["job_id"]) == ("1.0.0", jobs["raw"])
    assert first["job_name"] == "raw.py"
    assert first["made_at"] == chain.job(jobs["raw"])["finished_at"]
    assert listed["clean"]["versions"][0]["sources"] == ["local.local.raw@1.0.0"]
    newer = {name: each["newer"] for name, each in listed.items()}
    assert newer == {
        "raw": [],
        "clean": ["local.local.raw@1.0.1"],
        "report": ["local.local.raw@1.0.1"],
    }


def test_a_refresh_makes_only_the_outdated_datasets(chain: ThreadStudio) -> None:
    make_dataset(chain, "raw")
    names = [name for name, each in list_datasets(chain).items() if each["newer"]]
    answer = post(chain, "refresh", datasets=names)
    pipeline = answer.json()["pipeline"]
    assert [run["name"] for run in pipeline["job_runs"]] == ["clean.py", "report.py"]
    until_state(chain, pipeline, "COMPLETED")
    assert not any(each["newer"] for each in list_datasets(chain).values())
    assert post(chain, "refresh", datasets=["nonsense"]).status_code == 404
