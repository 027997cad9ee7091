import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from studio_tui.api.models import JobPipelineOutput, JobPipelineRunOutput
from tests.studios import StudioRequests, ThreadStudio, create_data, run_on_copy
from tests.waiting import eventually

pytestmark = pytest.mark.starts_processes

DOCUMENT = Path(__file__).parents[3] / "docs" / "local-studio.md"

SCRIPT = """
import json, os, pathlib, sys
while pathlib.Path(os.environ.get("HOLD", "/nonexistent")).exists():
    import time; time.sleep(0.01)
print("makes", {name!r})
if os.environ.get("FAIL") == {name!r}:
    raise ValueError("told to fail")
with open(os.environ["STUDIO_LINEAGE"], "a") as lineage:
    lineage.write(json.dumps({{"dataset": {name!r}, "version": None, "from": {sources!r}}}) + "\\n")
"""


def script(name: str, *sources: str) -> str:
    """Return a script that makes the dataset `name` from `sources`.

    It runs until the file that the variable HOLD names is gone, and fails if FAIL is `name`.
    """
    return SCRIPT.format(name=name, sources=[*sources])


def make_dataset(studio: ThreadStudio, name: str, *sources: str, **fields: Any) -> str:
    """Run a job that makes a dataset; return the job's id."""
    job = studio.submit(script(name, *sources), query_name=f"{name}.py", **fields)
    assert studio.wait_for_end(job["id"])["status"] == "COMPLETE", studio.log(job["id"])
    return str(job["id"])


def make_diamond(studio: ThreadStudio) -> None:
    """Make `join` from `tokens` and `shingles`, which are both made from `list`."""
    make_dataset(studio, "list")
    make_dataset(studio, "tokens", "list")
    make_dataset(studio, "shingles", "list")
    make_dataset(studio, "join", "tokens", "@local.local.shingles")


@pytest.fixture(scope="module")
def diamond_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a local Studio after `make_diamond`."""
    return create_data(tmp_path_factory.mktemp("diamond") / "studio", make_diamond)


@pytest.fixture
def diamond(diamond_data: Path, tmp_path: Path) -> Iterator[ThreadStudio]:
    """A local Studio after `make_diamond`."""
    with run_on_copy(diamond_data, tmp_path / "studio") as studio:
        yield studio


def job_ids_by_dataset(studio: ThreadStudio) -> dict[str, str]:
    """Return the ids of all jobs by the name of the dataset that each makes, oldest first.

    Of several jobs of a name, the newest counts.
    """
    return {job["name"].removesuffix(".py"): job["id"] for job in reversed(studio.jobs())}


def post(studio: StudioRequests, action: str, headers: Any = None, **body: Any) -> httpx.Response:
    body = {"team_name": "local", **body}
    path = f"/datachain/pipeline/{action}"
    return studio.request("POST", path, json=body, headers=headers)


def trigger(studio: StudioRequests, *datasets: str, **fields: Any) -> dict[str, Any]:
    """Trigger a pipeline for datasets; return the pipeline."""
    response = post(studio, "trigger", datasets=datasets, **fields)
    assert response.status_code == 200, response.text
    assert response.json()["ok"] is True
    return dict(response.json()["pipeline"])


def request_action(
    studio: ThreadStudio, action: str, pipeline: dict[str, Any], **fields: Any
) -> Any:
    """Request an action on a pipeline, e.g. `pause`; return the pipeline after it."""
    response = post(studio, action, name=pipeline["name"], **fields)
    assert response.status_code == 200, response.text
    return response.json()["pipeline"]


def status(studio: StudioRequests, pipeline: dict[str, Any]) -> dict[str, Any]:
    query = {"team_name": "local", "name": pipeline["name"]}
    response = studio.request("GET", "/datachain/pipeline/status", params=query)
    assert response.status_code == 200, response.text
    return dict(response.json())


def until_state(studio: StudioRequests, pipeline: dict[str, Any], *states: str) -> dict[str, Any]:
    """Wait until a pipeline is in one of `states`; return it."""

    def reached() -> dict[str, Any] | None:
        current = status(studio, pipeline)
        return current if current["status"] in states else None

    return eventually(reached)


def run_of(pipeline: dict[str, Any], name: str) -> str:
    """Return the id of the job that is the run of `name` in a pipeline."""
    (run,) = [run for run in pipeline["job_runs"] if run["name"] == f"{name}.py"]
    return str(run["created_job_id"])


def versions(studio: StudioRequests, job_id: str) -> list[str]:
    """Return the dataset versions that a job made, each as `name@version`."""
    path = f"/datachain/datasets/dataset_job_versions?team_name=local&job_id={job_id}"
    listed = studio.request("GET", path).json()["dataset_versions"]
    return [f"{version['dataset_name']}@{version['version']}" for version in listed]


def test_a_pipeline_rebuilds_all_sources_of_its_target(diamond: ThreadStudio) -> None:
    originals = job_ids_by_dataset(diamond)
    pipeline = trigger(diamond, "@local.local.join")
    assert (pipeline["status"], pipeline["completed"], pipeline["total"]) == ("RUNNING", 0, 4)
    assert [*pipeline] == [key for key in JobPipelineOutput.model_fields if key != "unreadable"]
    assert pipeline["job_runs"][0].keys() == JobPipelineRunOutput.model_fields.keys() - {
        "unreadable"
    }
    assert re.fullmatch(r"[a-z]+-[a-z]+", pipeline["name"])
    assert (pipeline["triggered_from"], pipeline["warnings"]) == ("@local.local.join", [])
    assert {run["name"]: run["job_id"] for run in pipeline["job_runs"]} == {
        f"{name}.py": job_id for name, job_id in originals.items()
    }
    parents = {run["name"]: set(run["parent_job_ids"]) for run in pipeline["job_runs"]}
    assert parents["join.py"] == {originals["tokens"], originals["shingles"]}
    ended = until_state(diamond, pipeline, "COMPLETED", "FAILED")
    assert (ended["status"], ended["completed"]) == ("COMPLETED", 4)
    assert ended["updated_at"] > ended["created_at"]
    for name in originals:
        assert versions(diamond, originals[name]) == [f"local.local.{name}@1.0.0"]
        assert versions(diamond, run_of(ended, name)) == [f"local.local.{name}@1.0.1"]
    started = {name: diamond.job(run_of(ended, name))["started_at"] for name in originals}
    finished = {name: diamond.job(run_of(ended, name))["finished_at"] for name in originals}
    assert finished["list"] <= min(started["tokens"], started["shingles"])
    assert max(finished["tokens"], finished["shingles"]) <= started["join"]
    # The next pipeline runs the jobs again that this pipeline created.
    again = trigger(diamond, "join", review=True)
    assert {run["job_id"] for run in again["job_runs"]} == {
        run["created_job_id"] for run in ended["job_runs"]
    }


def test_a_pending_job_is_listed_and_can_be_canceled(diamond: ThreadStudio) -> None:
    pipeline = trigger(diamond, "join", review=True)
    assert (pipeline["status"], {run["status"] for run in pipeline["job_runs"]}) == (
        "PAUSED",
        {"PENDING"},
    )
    pending = diamond.jobs(status="pending")
    assert {job["id"] for job in pending} == {run["created_job_id"] for run in pipeline["job_runs"]}
    job = diamond.job(run_of(pipeline, "tokens"))
    assert (job["status"], job["steps"], job["name"]) == ("PENDING", [], "tokens.py")
    assert job["id"] in {job["id"] for job in diamond.jobs(status="active")}
    assert diamond.log(job["id"]) == ""
    assert diamond.cancel(job["id"]).status_code == 200
    assert diamond.job(job["id"])["status"] == "CANCELED"
    assert status(diamond, pipeline)["status"] == "PAUSED"
    request_action(diamond, "resume", pipeline)
    ended = until_state(diamond, pipeline, "CANCELED", "FAILED", "COMPLETED")
    assert (ended["status"], ended["completed"]) == ("CANCELED", 2)
    assert "tokens.py" in ended["error_message"]


def test_a_pipeline_continues_after_its_failed_job_is_fixed(diamond: ThreadStudio) -> None:
    originals = job_ids_by_dataset(diamond)
    pipeline = trigger(diamond, "join", environment="FAIL=tokens\nOTHER=1")
    failed = until_state(diamond, pipeline, "FAILED", "COMPLETED")
    job_id = run_of(failed, "tokens")
    assert failed["error_message"] == f"tokens.py ({job_id}) failed: ValueError: told to fail"
    states = {run["name"]: run["status"] for run in failed["job_runs"]}
    assert (states["shingles.py"], states["join.py"]) == ("COMPLETE", "PENDING")
    assert versions(diamond, job_id) == []
    fixed = diamond.submit(
        script("tokens", "list"), query_name="tokens.py", rerun_from_job_id=job_id
    )["id"]
    assert run_of(status(diamond, pipeline), "tokens") == fixed
    ended = until_state(diamond, pipeline, "COMPLETED", "FAILED")
    assert (ended["status"], ended["completed"], ended["error_message"]) == ("COMPLETED", 4, None)
    assert {run["job_id"] for run in ended["job_runs"]} == {*originals.values()}
    assert diamond.job(run_of(ended, "join"))["environment"] == {"FAIL": "tokens", "OTHER": "1"}


def test_a_resumed_pipeline_runs_its_failed_job_again(studio: ThreadStudio, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    flag.touch()
    query = script("flaky") + f"\nif os.path.exists({str(flag)!r}): sys.exit(3)"
    flag.unlink()
    first = studio.submit(query, query_name="flaky.py")["id"]
    assert studio.wait_for_end(first)["status"] == "COMPLETE"
    make_dataset(studio, "after", "flaky")
    flag.touch()
    pipeline = trigger(studio, "after")
    failed = until_state(studio, pipeline, "FAILED")
    flag.unlink()
    resumed = request_action(studio, "resume", pipeline)
    assert (resumed["status"], resumed["error_message"]) == ("RUNNING", None)
    assert run_of(resumed, "flaky") != run_of(failed, "flaky")
    ended = until_state(studio, pipeline, "COMPLETED", "FAILED")
    assert ended["completed"] == 2
    assert versions(studio, run_of(failed, "flaky")) == [], "a failed job makes no versions"
    assert versions(studio, run_of(ended, "flaky")) == ["local.local.flaky@1.0.1"]


def test_a_pause_lets_running_jobs_finish_and_starts_no_job(
    diamond: ThreadStudio, tmp_path: Path
) -> None:
    hold = tmp_path / "hold"
    hold.touch()
    pipeline = trigger(diamond, "join", environment=f"HOLD={hold}")
    diamond.wait_for_state(run_of(pipeline, "list"), "RUNNING")
    assert request_action(diamond, "pause", pipeline)["status"] == "PAUSED"
    hold.unlink()
    diamond.wait_for_end(run_of(pipeline, "list"))
    paused = status(diamond, pipeline)
    assert paused["status"] == "PAUSED"
    assert sorted(run["status"] for run in paused["job_runs"]) == ["COMPLETE", *["PENDING"] * 3]
    request_action(diamond, "resume", pipeline)
    assert until_state(diamond, pipeline, "COMPLETED", "FAILED")["status"] == "COMPLETED"


def test_a_pause_takes_jobs_that_wait_for_workers_out_of_the_queue(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    make_dataset(studio, "list")
    hold = tmp_path / "hold"
    hold.touch()
    all_workers = studio.request("GET", "/datachain/clusters/").json()[0]["max_workers"]
    blocker = studio.submit(script("big"), workers=all_workers, environment=f"HOLD={hold}")["id"]
    studio.wait_for_state(blocker, "RUNNING")
    pipeline = trigger(studio, "list")
    job_id = run_of(pipeline, "list")
    studio.wait_for_state(job_id, "QUEUED")
    request_action(studio, "pause", pipeline)
    assert studio.job(job_id)["status"] == "PENDING"
    hold.unlink()
    assert studio.wait_for_end(blocker)["status"] == "COMPLETE"
    assert studio.job(job_id)["status"] == "PENDING"
    resumed = request_action(studio, "resume", pipeline)
    assert resumed["status"] == "RUNNING"
    ended = studio.wait_for_end(job_id)
    waited = next(step for step in ended["steps"] if step["name"] == "waiting")
    assert waited["started_at"] > ended["created_at"], "the wait begins with the resume"
    assert until_state(studio, pipeline, "COMPLETED")["completed"] == 1


@pytest.mark.parametrize("key", ["created_job_id", "job_id"])
def test_a_job_is_removed_by_the_id_of_the_run_or_of_its_original(
    diamond: ThreadStudio, key: str
) -> None:
    originals = job_ids_by_dataset(diamond)
    pipeline = trigger(diamond, "join", review=True)
    (run,) = [run for run in pipeline["job_runs"] if run["name"] == "tokens.py"]
    changed = request_action(diamond, "remove-job", pipeline, job_id=run[key])
    parents = {run["name"]: set(run["parent_job_ids"]) for run in changed["job_runs"]}
    assert changed["total"] == 3
    assert parents["join.py"] == {originals["list"], originals["shingles"]}
    assert diamond.job(run["created_job_id"])["status"] == "CANCELED"
    assert post(diamond, "remove-job", name=pipeline["name"], job_id=run[key]).status_code == 404
    request_action(diamond, "resume", pipeline)
    refused = post(diamond, "remove-job", name=pipeline["name"], job_id=originals["join"])
    assert refused.status_code == 409
    assert "PAUSED" in refused.json()["message"]
    assert until_state(diamond, pipeline, "COMPLETED", "FAILED")["completed"] == 3
    for action in ("pause", "resume"):
        refused = post(diamond, action, pipeline_id=pipeline["pipeline_id"])
        assert refused.status_code == 409
        assert "COMPLETED" in refused.json()["message"]


def test_invalid_lines_of_lineage_are_reported_in_the_log(studio: ThreadStudio) -> None:
    query = script("good") + '\nopen(os.environ["STUDIO_LINEAGE"], "a").write("nonsense\\n{}\\n")'
    job = studio.wait_for_end(studio.submit(query)["id"])
    assert job["status"] == "COMPLETE"
    lines = studio.log(job["id"]).splitlines()
    assert lines[0] == "makes good"
    assert lines[1] == "[local Studio: line 2 of STUDIO_LINEAGE is skipped: it is not JSON]"
    assert lines[2].startswith("[local Studio: line 3 of STUDIO_LINEAGE is skipped: dataset must")
    assert versions(studio, job["id"]) == ["local.local.good@1.0.0"]


def test_the_example_of_the_documentation_makes_a_dataset(studio: ThreadStudio) -> None:
    text = DOCUMENT.read_text("utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    make_dataset(studio, "index")
    job = studio.wait_for_end(studio.submit(example, query_name="thumbs.py")["id"])
    assert (job["status"], studio.log(job["id"])) == ("COMPLETE", "")
    pipeline = trigger(studio, "thumbs", review=True)
    assert [run["name"] for run in pipeline["job_runs"]] == ["index.py", "thumbs.py"]


def test_jobs_share_a_folder_for_the_files_of_datasets(studio: ThreadStudio) -> None:
    first = studio.submit("echo hello > $STUDIO_DATASETS/greeting", query_type="SHELL")["id"]
    assert studio.wait_for_end(first)["status"] == "COMPLETE"
    second = studio.submit("cat $STUDIO_DATASETS/greeting", query_type="SHELL")["id"]
    studio.wait_for_end(second)
    assert studio.log(second) == "hello\n"
    assert (studio.data_dir / "datasets" / "greeting").read_text() == "hello\n"


def test_a_pipeline_warns_of_a_source_that_it_does_not_rebuild(studio: ThreadStudio) -> None:
    make_dataset(studio, "thumbs", "elsewhere")
    pipeline = trigger(studio, "thumbs", review=True)
    (warning,) = pipeline["warnings"]
    assert "local.local.elsewhere" in warning


def test_a_trigger_repeated_with_the_same_key_makes_one_pipeline(studio: ThreadStudio) -> None:
    make_dataset(studio, "list")
    headers = {"Idempotency-Key": "k1"}
    first = post(studio, "trigger", headers, datasets=["list"], review=True)
    second = post(studio, "trigger", headers, datasets=["list"], review=True)
    assert first.json()["pipeline"]["pipeline_id"] == second.json()["pipeline"]["pipeline_id"]
    assert post(studio, "trigger", headers, datasets=["list"]).status_code == 422
    assert len(studio.jobs()) == 2


def listed_names(studio: ThreadStudio, body: object = None, **query: Any) -> list[str]:
    response = studio.request(
        "GET", "/datachain/pipeline/list", params={"team_name": "local", **query}, json=body
    )
    assert response.status_code == 200, response.text
    return [listed["name"] for listed in response.json()]


def test_pipelines_are_listed_newest_first_and_filtered(studio: ThreadStudio) -> None:
    make_dataset(studio, "list")
    make_dataset(studio, "tokens", "list")
    paused = trigger(studio, "tokens", review=True)["name"]
    done = trigger(studio, "@local.local.list")
    until_state(studio, done, "COMPLETED")
    assert listed_names(studio) == [done["name"], paused]
    assert listed_names(studio, limit=1) == [done["name"]]
    assert listed_names(studio, status="PAUSED") == listed_names(studio, ["paused"]) == [paused]
    assert listed_names(studio, ["RUNNING"], status="completed") == [done["name"]]
    assert listed_names(studio, search="TOKENS") == [paused]
    assert listed_names(studio, search=paused) == [paused]
    assert listed_names(studio, search="nothing like it") == []


def test_the_list_of_pipelines_of_a_new_studio_is_empty(shared_studio: ThreadStudio) -> None:
    for query in ({}, {"status": "FAILED"}, {"status": "failed"}, {"search": "x", "limit": "5"}):
        assert listed_names(shared_studio, **query) == []


def test_the_list_of_pipelines_is_filtered_by_statuses_in_the_body(
    shared_studio: ThreadStudio,
) -> None:
    path = "/datachain/pipeline/list?team_name=local"
    assert shared_studio.request("GET", path, json=["RUNNING", "paused"]).json() == []
    in_body = shared_studio.request("GET", path, json=["nonsense"])
    in_query = shared_studio.request("GET", f"{path}&status=nonsense")
    for part, refused in (("body", in_body), ("query", in_query)):
        assert refused.status_code == 422
        assert refused.json()["detail"][0]["loc"] == [part, "status"]


def test_a_trigger_of_an_unknown_dataset_is_404_and_names_the_dataset(
    shared_studio: ThreadStudio,
) -> None:
    response = post(shared_studio, "trigger", datasets=["@ns.project.cats@1.0.0"], review=True)
    assert response.status_code == 404
    assert "@ns.project.cats@1.0.0" in response.json()["message"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"datasets": []}, "datasets"),
        ({"datasets": [""]}, "datasets"),
        ({"datasets": "cats"}, "datasets"),
        ({"datasets": ["cats"], "environment": "no equals sign"}, "environment"),
        ({"datasets": ["cats"], "review": "yes"}, "review"),
    ],
)
def test_a_trigger_with_a_wrong_field_is_refused_by_name(
    shared_studio: ThreadStudio, body: dict[str, Any], field: str
) -> None:
    response = post(shared_studio, "trigger", **body)
    assert response.status_code == 422
    assert field in response.json()["message"]


@pytest.mark.parametrize("action", ["pause", "resume", "remove-job"])
def test_an_action_on_an_unknown_pipeline_is_404_and_names_the_pipeline(
    shared_studio: ThreadStudio, action: str
) -> None:
    body = {"name": "rathe-kyat", "team_name": "local"}
    if action == "remove-job":
        body["job_id"] = "x"
    path = f"/datachain/pipeline/{action}"
    response = shared_studio.request("POST", path, json=body)
    assert response.status_code == 404
    assert "rathe-kyat" in response.json()["message"]
    del body["name"]
    assert shared_studio.request("POST", path, json=body).status_code == 422
    foreign = {**body, "team_name": "foreign"}
    assert shared_studio.request("POST", path, json=foreign).status_code == 403


def test_the_status_of_an_unknown_pipeline_is_404(shared_studio: ThreadStudio) -> None:
    path = "/datachain/pipeline/status"
    query = {"team_name": "local", "name": "rathe-kyat"}
    response = shared_studio.request("GET", path, params=query)
    assert response.status_code == 404
    assert "rathe-kyat" in response.json()["message"]
    assert shared_studio.request("GET", path, params={"team_name": "local"}).status_code == 422


def test_a_pipeline_is_also_found_by_its_id(studio: ThreadStudio) -> None:
    make_dataset(studio, "list")
    pipeline = trigger(studio, "list", review=True)
    query = {"team_name": "local", "pipeline_id": pipeline["pipeline_id"]}
    assert studio.request("GET", "/datachain/pipeline/status", params=query).json() == pipeline
    assert post(studio, "resume", pipeline_id=pipeline["pipeline_id"]).json()["ok"] is True
    assert until_state(studio, pipeline, "COMPLETED")["completed"] == 1
    assert studio.jobs(status="pending") == []
