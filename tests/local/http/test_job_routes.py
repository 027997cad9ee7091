import sqlite3
from datetime import UTC, datetime
from typing import Any

import pytest

from studio_tui.api.models import JobInput, JobOutput
from studio_tui.local.config.data_dir import DataDir
from tests.studios import ThreadStudio
from tests.waiting import eventually

HOSTILE = [
    "[/]",
    "[@click=app.quit]x[/]",
    "\x1b]52;c;aGk=\x07",
    "a\nb",
    "\u202egnp.exe",
    "日本\u0007",
    "x" * 1000,
]

CLI_BODY = {
    "query": "print(1)\n",
    "query_type": "PYTHON",
    "environment": "FILE_VAR=1\n\nA=1\nB=2\nC=x y",
    "workers": 2,
    "query_name": "q.py",
    "rerun_from_job_id": None,
    "reset": True,
    "files": None,
    "python_version": None,
    "requirements": None,
    "repository": None,
    "priority": 2,
    "compute_cluster_name": "local",
    "start_after": None,
    "cron_expression": None,
    "credentials_name": None,
    "team_name": "local",
}


def post(studio: ThreadStudio, body: object, **headers: str) -> Any:
    return studio.request(
        "POST",
        "/datachain/jobs/",
        json=body,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def test_a_job_is_created_from_the_body_that_the_published_client_sends(
    studio: ThreadStudio,
) -> None:
    config = studio.data_dir / "clusters.toml"
    config.write_text('[[cluster]]\nname = "local"\nmax_workers = 4\n')
    studio.restart()
    job = post(studio, CLI_BODY).json()
    assert job["environment"] == {"FILE_VAR": "1", "A": "1", "B": "2", "C": "x y"}
    assert (job["name"], job["workers"], job["query"]) == ("q.py", 2, "print(1)\n")
    assert studio.wait_for_end(job["id"])["status"] == "COMPLETE"


def test_a_response_has_every_key_of_the_document_with_its_type(studio: ThreadStudio) -> None:
    request = JobInput(query="print(1)", team_name=studio.team, environment="A=1")
    job = post(studio, request.model_dump(mode="json")).json()
    assert [*job] == [name for name in JobOutput.model_fields if name != "unreadable"]
    read = JobOutput.model_validate(job)
    assert (read.unreadable, read.state) == ((), "CREATED")
    assert read.environment is not None
    assert read.environment["A"].get_secret_value() == "1"
    assert isinstance(job["workers"], int)
    assert job["team"] == studio.team
    assert len(job["id"]) == 36


@pytest.mark.parametrize("name", HOSTILE)
def test_the_name_of_a_job_is_returned_as_it_was_sent(
    shared_studio: ThreadStudio, name: str
) -> None:
    job = shared_studio.submit(
        f"# {name!r}",
        query_name=name,
        requirements="",
        environment=f"A='{name}'" if "\n" not in name else "",
    )
    assert job["name"] == name
    assert shared_studio.job(job["id"])["name"] == name


def test_the_newest_jobs_come_first(studio: ThreadStudio) -> None:
    ids = [studio.submit("print(1)")["id"] for _ in range(4)]
    assert [job["id"] for job in studio.jobs()] == ids[::-1]
    assert [job["id"] for job in studio.jobs(limit=2)] == ids[:1:-1]


def test_jobs_are_filtered_by_status_in_any_case(studio: ThreadStudio) -> None:
    good, bad = studio.submit("print(1)")["id"], studio.submit("raise SystemExit(3)")["id"]
    studio.wait_for_end(good)
    studio.wait_for_end(bad)
    running = studio.submit("import time; time.sleep(60)")["id"]

    def ids(status: str) -> set[str]:
        return {job["id"] for job in studio.jobs(status=status)}

    assert ids("complete") == {good}
    assert ids("FAILED") == {bad}
    assert ids("Inactive") == {good, bad}
    assert ids("active") == {running}
    assert ids("CANCELED") == set()


def test_jobs_are_filtered_by_id_and_an_unknown_id_matches_none(studio: ThreadStudio) -> None:
    job_id = studio.submit("print(1)")["id"]
    assert [job["id"] for job in studio.jobs(job_id=job_id)] == [job_id]
    assert studio.jobs(job_id="../../etc/passwd") == []
    assert studio.jobs(job_id="' OR 1=1 --") == []


@pytest.mark.parametrize(
    "query",
    [
        {"status": "nonsense"},
        {"status": "unknown"},
        {"limit": "0"},
        {"limit": "-1"},
        {"limit": "x"},
    ],
)
def test_a_wrong_filter_is_refused_with_its_name(
    shared_studio: ThreadStudio, query: dict[str, str]
) -> None:
    response = shared_studio.request(
        "GET", "/datachain/jobs/", params={"team_name": "local", **query}
    )
    assert response.status_code == 422
    (name,) = query
    assert response.json()["message"].startswith(name)
    assert response.json()["detail"][0]["loc"] == ["query", name]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/datachain/jobs/?team_name={team}"),
        ("GET", "/datachain/clusters/?team_name={team}"),
        ("GET", "/datachain/pipeline/list?team_name={team}"),
        ("GET", "/datachain/pipeline/status?team_name={team}&name=x"),
        ("GET", "/datachain/datasets/dataset_job_versions?team_name={team}&job_id=x"),
        ("GET", "/datachain/jobs/x/logs?team_name={team}"),
        ("POST", "/datachain/jobs/files?team_name={team}"),
    ],
)
def test_a_request_for_another_team_is_403_with_the_message_of_studio(
    shared_studio: ThreadStudio, method: str, path: str
) -> None:
    response = shared_studio.request(method, path.format(team="foreign"))
    assert response.status_code == 403
    assert response.json()["message"].startswith("Not authorized for the team foreign")


def test_a_job_for_another_team_is_not_created(studio: ThreadStudio) -> None:
    assert post(studio, {**CLI_BODY, "workers": 1, "team_name": "foreign"}).status_code == 403
    assert studio.jobs() == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"workers": True}, "workers"),
        ({"workers": "2"}, "workers"),
        ({"workers": 1.5}, "workers"),
        ({"priority": "0"}, "priority"),
        ({"query": None}, "query"),
        ({"query_type": "RUBY"}, "query_type"),
        ({"files": "7"}, "files"),
        ({"reset": "yes"}, "reset"),
        ({"start_after": "tomorrow"}, "start_after"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_a_field_of_the_wrong_type_is_refused_with_its_name(
    shared_studio: ThreadStudio, body: dict[str, Any], field: str
) -> None:
    response = post(shared_studio, {**CLI_BODY, "workers": 1, **body})
    assert response.status_code == 422
    assert field in response.json()["message"]
    assert response.json()["message"].endswith(".")
    assert field in response.json()["detail"][0]["loc"]


def test_a_field_that_may_have_several_types_is_refused_in_one_clause(
    shared_studio: ThreadStudio,
) -> None:
    response = post(shared_studio, {**CLI_BODY, "compute_cluster_id": 1.5})
    clause = "compute_cluster_id must be text or a whole number"
    assert response.json() == {
        "message": f"{clause}.",
        "detail": [{"loc": ["body", "compute_cluster_id"], "msg": clause}],
    }


@pytest.mark.parametrize("body", [b"", b"[]", b"3", b"null", b'"x"'])
def test_a_body_that_is_not_a_json_object_is_refused(
    shared_studio: ThreadStudio, body: bytes
) -> None:
    response = shared_studio.request(
        "POST", "/datachain/jobs/", content=body, headers={"Content-Type": "application/json"}
    )
    assert response.status_code == 422
    assert "body" in response.json()["message"]


def test_a_repeated_idempotency_key_returns_the_job_that_it_created(studio: ThreadStudio) -> None:
    body = {**CLI_BODY, "workers": 1}
    first = post(studio, body, Idempotency_Key="k1").json()
    studio.wait_for_end(first["id"])
    again = post(studio, body, Idempotency_Key="k1").json()
    assert again["id"] == first["id"]
    assert again["status"] == "COMPLETE"
    assert len(studio.jobs()) == 1
    assert post(studio, body, Idempotency_Key="k2").json()["id"] != first["id"]
    assert post(studio, body).json()["id"] != first["id"]


def test_a_repeated_key_returns_its_job_even_if_the_request_is_no_longer_valid(
    studio: ThreadStudio,
) -> None:
    config = studio.data_dir / "clusters.toml"
    config.write_text('[[cluster]]\nname = "local"\nmax_workers = 4\n')
    studio.restart()
    body = {**CLI_BODY, "workers": 4}
    first = post(studio, body, Idempotency_Key="k1").json()
    studio.wait_for_end(first["id"])
    config.write_text('[[cluster]]\nname = "local"\nmax_workers = 1\n')
    studio.restart()
    assert post(studio, body, Idempotency_Key="k1").json()["id"] == first["id"]
    assert post(studio, body, Idempotency_Key="k2").status_code == 422


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_an_empty_or_long_idempotency_key_is_refused(shared_studio: ThreadStudio, key: str) -> None:
    response = post(shared_studio, {**CLI_BODY, "workers": 1}, Idempotency_Key=key)
    assert response.status_code == 422
    assert response.json()["message"].startswith("Idempotency-Key must ")


def test_an_idempotency_key_of_another_request_is_refused(studio: ThreadStudio) -> None:
    body = {**CLI_BODY, "workers": 1}
    post(studio, body, Idempotency_Key="k1")
    response = post(studio, {**body, "query": "print(2)"}, Idempotency_Key="k1")
    assert response.status_code == 422
    assert "Idempotency-Key" in response.json()["message"]
    assert response.json()["detail"][0]["loc"] == ["header", "Idempotency-Key"]
    assert len(studio.jobs()) == 1


def test_a_schedule_is_a_job_with_status_task_and_its_next_fire_time(studio: ThreadStudio) -> None:
    body = {**CLI_BODY, "workers": 1, "cron_expression": "0 3 * * *"}
    task = post(studio, {**body, "start_after": "2100-01-01T00:00:00Z"}).json()
    assert (task["status"], task["steps"], task["scheduled_by"]) == ("TASK", [], None)
    assert task["schedule"] == {
        "cron_expression": "0 3 * * *",
        "start_after": "2100-01-01T00:00:00.000000Z",
        "time_zone": "UTC",
        "next_run_at": "2100-01-01T03:00:00.000000Z",
        "runs": 0,
        "missed": 0,
        "skipped": 0,
        "recent": [],
        "suspended_at": None,
        "datasets": None,
    }
    read = JobOutput.model_validate(task)
    assert read.unreadable == ()
    assert read.schedule is not None
    assert read.schedule.unreadable == ()
    assert read.state.is_finished, "the published client does not wait for it"
    assert studio.log(task["id"]) == ""


def test_a_task_is_inactive_and_listed_by_its_own_status(studio: ThreadStudio) -> None:
    task_id = studio.submit("print(1)", cron_expression="@yearly")["id"]
    job_id = studio.submit("print(1)")["id"]
    studio.wait_for_end(job_id)
    assert [job["id"] for job in studio.jobs(status="task")] == [task_id]
    assert [job["id"] for job in studio.jobs(status="inactive")] == [job_id, task_id]
    assert studio.jobs(status="active") == []


def test_canceling_a_task_ends_the_schedule(studio: ThreadStudio) -> None:
    task_id = studio.submit("print(1)", cron_expression="* * * * *")["id"]
    assert studio.cancel(task_id).json()["message"] == "Successfully canceled"
    task = studio.job(task_id)
    assert (task["status"], task["schedule"]["next_run_at"]) == ("CANCELED", None)
    again = studio.cancel(task_id)
    assert (again.status_code, "it is CANCELED" in again.json()["message"]) == (409, True)


@pytest.mark.parametrize(
    ("query", "ended"), [("print(1)", "COMPLETE"), ("1 / 0", "FAILED"), ("", "CANCELED")]
)
def test_canceling_an_ended_job_is_refused_and_changes_nothing(
    studio: ThreadStudio, query: str, ended: str
) -> None:
    job_id = studio.submit(query or "import time; time.sleep(60)")["id"]
    if not query:
        studio.cancel(job_id)
    before = studio.wait_for_end(job_id)
    assert before["status"] == ended
    refused = studio.cancel(job_id)
    assert refused.status_code == 409
    assert refused.json()["message"] == f"The job has ended already: it is {ended}."
    assert studio.job(job_id) == before


def test_canceling_a_complete_task_does_not_cancel_its_run(studio: ThreadStudio) -> None:
    now = datetime.now(UTC).isoformat()
    task_id = studio.submit("import time; time.sleep(60)", start_after=now)["id"]
    run_id = eventually(lambda: studio.job(task_id)["schedule"]["recent"])[0]["id"]
    assert studio.job(task_id)["status"] == "COMPLETE"
    response = studio.cancel(task_id)
    assert (response.status_code, "COMPLETE" in response.json()["message"]) == (409, True)
    run = studio.wait_for_state(run_id, "RUNNING")
    assert run["scheduled_by"] == task_id
    assert run["scheduled_for"] == studio.job(task_id)["schedule"]["start_after"]


def test_a_run_of_a_schedule_has_the_files_of_the_schedule(studio: ThreadStudio) -> None:
    path = f"/datachain/jobs/files?team_name={studio.team}"
    upload = studio.request("POST", path, files={"file": ("data.txt", b"the data")}).json()
    now = datetime.now(UTC).isoformat()
    query = "print(open('data.txt').read())"
    task_id = studio.submit(query, files=[str(upload["id"])], start_after=now)["id"]
    run_id = eventually(lambda: studio.job(task_id)["schedule"]["recent"])[0]["id"]
    assert studio.wait_for_end(run_id)["status"] == "COMPLETE"
    assert studio.log(run_id) == "the data\n"


def test_canceling_an_unknown_job_is_404(studio: ThreadStudio) -> None:
    response = studio.cancel("nonsense")
    assert response.status_code == 404
    assert "nonsense" in response.json()["message"]


def test_a_job_that_made_no_dataset_has_an_empty_list_of_versions(studio: ThreadStudio) -> None:
    job_id = studio.submit("print(1)")["id"]
    path = "/datachain/datasets/dataset_job_versions"
    query = {"team_name": "local", "job_id": job_id}
    assert studio.request("GET", path, params=query).json() == {"dataset_versions": []}
    query["job_id"] = "nonsense"
    assert studio.request("GET", path, params=query).status_code == 404


def test_ten_thousand_jobs_are_listed_in_one_response(studio: ThreadStudio) -> None:
    studio.wait_for_end(studio.submit("print(1)" * 20)["id"])
    studio.stop()
    connection = sqlite3.connect(DataDir(studio.data_dir).database)
    columns = [row[1] for row in connection.execute("PRAGMA table_info(jobs)")]
    copied_columns = ", ".join(name for name in columns if name not in {"number", "id"})
    connection.executemany(
        f"INSERT INTO jobs (id, {copied_columns})"  # noqa: S608
        f" SELECT ?, {copied_columns} FROM jobs LIMIT 1",
        [(f"{number:036d}",) for number in range(1, 10_000)],
    )
    connection.commit()
    connection.close()
    studio.restart()
    jobs = studio.jobs(limit=10_000)
    assert len(jobs) == 10_000
    assert jobs[0]["id"] == f"{9999:036d}"
    assert len({job["id"] for job in jobs}) == 10_000
