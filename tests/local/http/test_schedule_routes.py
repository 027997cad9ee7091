"""The endpoints of schedules that only the local Studio has."""

from typing import Any

import httpx

from tests.studios import ThreadStudio
from tests.waiting import eventually

YEARLY = "0 3 1 1 *"


def change(studio: ThreadStudio, job_id: str, **times: Any) -> httpx.Response:
    body = {"team_name": studio.team, **times}
    return studio.request("POST", f"/datachain/schedules/{job_id}/change", json=body)


def test_a_changed_schedule_keeps_its_id(studio: ThreadStudio) -> None:
    task = studio.submit("print(1)", cron_expression=YEARLY, time_zone="Europe/Berlin")
    changed = change(
        studio, task["id"], cron_expression="30 2 1 1 *", time_zone="Europe/Berlin"
    ).json()
    assert (changed["id"], changed["status"]) == (task["id"], "TASK")
    assert changed["schedule"]["cron_expression"] == "30 2 1 1 *"
    assert changed["schedule"]["time_zone"] == "Europe/Berlin"
    assert changed["schedule"]["next_run_at"][4:16] == "-01-01T01:30"
    assert studio.job(task["id"]) == changed


def test_an_invalid_change_is_refused_with_a_reason_and_changes_nothing(
    studio: ThreadStudio,
) -> None:
    task = studio.submit("print(1)", cron_expression=YEARLY)
    for times, message_part in (
        ({"cron_expression": "0 99 * * *"}, "cron_expression: hour: 99 is not 0 to 23"),
        ({"cron_expression": "0 3 * * *", "time_zone": "Middle/Earth"}, "time_zone must be"),
        ({"start_after": "2001-01-01T00:00:00Z"}, "more than an hour ago"),
        ({}, "cron_expression or start_after is required"),
    ):
        refused = change(studio, task["id"], **times)
        assert refused.status_code == 422, times
        assert message_part in refused.json()["message"]
        assert "run now" not in refused.json()["message"]
    assert studio.job(task["id"]) == task


def test_only_an_active_schedule_can_be_changed(studio: ThreadStudio) -> None:
    job = studio.submit("print(1)")
    task = studio.submit("print(1)", cron_expression=YEARLY)
    studio.wait_for_end(job["id"])
    studio.cancel(task["id"])
    for job_id, status, message_part in (
        (job["id"], 409, "it is COMPLETE"),
        (task["id"], 409, "it is CANCELED"),
        ("nobody", 404, "There is no job nobody."),
    ):
        refused = change(studio, job_id, cron_expression="@daily")
        assert refused.status_code == status
        assert message_part in refused.json()["message"]


def test_every_response_names_the_instance_of_the_local_studio(studio: ThreadStudio) -> None:
    listed = studio.request("GET", "/datachain/jobs/", params={"team_name": studio.team})
    refused = studio.request("GET", "/datachain/nothing")
    names = {answer.headers["studio-instance"] for answer in (listed, refused)}
    assert len(names) == 1


def run(studio: ThreadStudio, job_id: str, key: str = "one") -> httpx.Response:
    return studio.request(
        "POST",
        f"/datachain/schedules/{job_id}/run",
        json={"team_name": studio.team},
        headers={"Idempotency-Key": key},
    )


def test_a_manual_run_has_the_files_and_variables_of_the_schedule(
    studio: ThreadStudio,
) -> None:
    upload = studio.request(
        "POST",
        "/datachain/jobs/files",
        params={"team_name": studio.team},
        files={"file": ("notes.txt", b"hello")},
    ).json()
    task = studio.submit(
        "import os\nprint(open('notes.txt').read(), os.environ['A'])",
        query_name="nightly.py",
        cron_expression=YEARLY,
        environment="A=b c",
        files=[str(upload["id"])],
    )
    made = run(studio, task["id"]).json()
    assert (made["scheduled_by"], made["scheduled_for"]) == (task["id"], None)
    assert studio.wait_for_end(made["id"])["status"] == "COMPLETE"
    assert "hello b c" in studio.log(made["id"])
    schedule = studio.job(task["id"])["schedule"]
    assert (schedule["runs"], schedule["next_run_at"]) == (1, task["schedule"]["next_run_at"])
    (recent,) = schedule["recent"]
    assert (recent["kind"], recent["id"], recent["status"]) == ("job", made["id"], "COMPLETE")
    assert (recent["by_hand"], recent["scheduled_for"]) == (True, None)


def test_a_manual_run_requested_again_with_the_same_key_is_the_same_run(
    studio: ThreadStudio,
) -> None:
    task, other = (studio.submit("print(1)", cron_expression=YEARLY) for _ in range(2))
    first, again, second = (run(studio, task["id"], key).json() for key in ("a", "a", "b"))
    assert first["id"] == again["id"] != second["id"]
    assert run(studio, other["id"], "a").status_code == 422
    assert run(studio, other["id"], "").status_code == 422
    assert studio.job(task["id"])["schedule"]["runs"] == 2


def test_only_an_active_schedule_can_be_run(studio: ThreadStudio) -> None:
    task = studio.submit("print(1)", cron_expression=YEARLY)
    studio.cancel(task["id"])
    assert run(studio, task["id"]).status_code == 409
    assert run(studio, "nobody").status_code == 404
    assert len(studio.jobs()) == 1


def request_action(studio: ThreadStudio, job_id: str, action: str) -> httpx.Response:
    body = {"team_name": studio.team}
    return studio.request("POST", f"/datachain/schedules/{job_id}/{action}", json=body)


def test_a_schedule_can_be_suspended_and_resumed_repeatedly(
    studio: ThreadStudio,
) -> None:
    task = studio.submit("print(1)", cron_expression=YEARLY)
    for _ in range(2):
        schedule = request_action(studio, task["id"], "suspend").json()["schedule"]
        assert schedule["next_run_at"] is None
        assert schedule["suspended_at"] is not None
    run(studio, task["id"])
    for _ in range(2):
        resumed = request_action(studio, task["id"], "resume").json()
        assert resumed["schedule"]["suspended_at"] is None
        assert resumed["schedule"]["next_run_at"] == task["schedule"]["next_run_at"]
    assert resumed["schedule"]["runs"] == 1
    studio.cancel(task["id"])
    for action in ("suspend", "resume"):
        assert request_action(studio, task["id"], action).status_code == 409
        assert request_action(studio, "nobody", action).status_code == 404


def test_a_schedule_stays_suspended_after_a_change_and_after_a_kill_of_the_server(
    studio: ThreadStudio,
) -> None:
    task = studio.submit("print(1)", cron_expression=YEARLY)
    before = request_action(studio, task["id"], "suspend").json()["schedule"]["suspended_at"]
    change(studio, task["id"], cron_expression="* * * * *")
    studio.kill()
    studio.restart()
    schedule = studio.job(task["id"])["schedule"]
    assert (schedule["suspended_at"], schedule["next_run_at"]) == (before, None)
    assert (
        request_action(studio, task["id"], "resume").json()["schedule"]["next_run_at"] is not None
    )


def create_schedule(studio: ThreadStudio, *datasets: str, **fields: Any) -> httpx.Response:
    """Request a yearly schedule that makes datasets, always with the same idempotency key."""
    body = {"team_name": studio.team, "datasets": datasets, "cron_expression": YEARLY, **fields}
    return studio.request(
        "POST", "/datachain/schedules/", json=body, headers={"Idempotency-Key": "s"}
    )


MAKE = """
import json, os
with open(os.environ["STUDIO_LINEAGE"], "a") as lineage:
    lineage.write(json.dumps({"dataset": "thumbs", "version": None, "from": []}) + "\\n")
"""


def test_a_manually_triggered_pipeline_is_listed_with_its_schedule(
    studio: ThreadStudio,
) -> None:
    studio.wait_for_end(studio.submit(MAKE, query_name="make.py")["id"])
    task, again = (create_schedule(studio, "thumbs", "thumbs").json() for _ in range(2))
    assert task["id"] == again["id"]
    assert (task["status"], task["name"]) == ("TASK", "pipeline of thumbs")
    assert task["schedule"]["datasets"] == ["thumbs"]
    made = request_action(studio, task["id"], "trigger").json()["pipeline"]
    assert (made["scheduled_by"], made["total"]) == (task["id"], 1)

    def ended() -> dict[str, Any] | None:
        (recent,) = studio.job(task["id"])["schedule"]["recent"]
        return recent if recent["status"] == "COMPLETED" else None

    recent = eventually(ended)
    assert (recent["kind"], recent["name"], recent["by_hand"]) == ("pipeline", made["name"], True)
    assert change(studio, task["id"], cron_expression="@daily").json()["schedule"]["datasets"]
    studio.cancel(task["id"])
    assert studio.job(task["id"])["status"] == "CANCELED"


def test_an_invalid_schedule_of_a_pipeline_is_refused_with_a_reason(studio: ThreadStudio) -> None:
    for fields, status, message_part in (
        ({"datasets": ["nothing"]}, 404, "No dataset nothing is known"),
        ({"datasets": []}, 422, "datasets must name at least one dataset"),
        ({"cron_expression": "0 99 * * *"}, 422, "hour: 99 is not 0 to 23"),
        ({"cron_expression": None}, 422, "is required"),
        ({"environment": "A"}, 422, "must be NAME=VALUE"),
    ):
        refused = create_schedule(studio, "nothing", **fields)
        assert refused.status_code == status, fields
        assert message_part in refused.json()["message"]
    job = studio.submit("print(1)", cron_expression=YEARLY)
    assert request_action(studio, job["id"], "trigger").status_code == 409
    assert len(studio.jobs()) == 1
