import json
import os
import random
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.dispatch import dispatcher
from tests.soak import at_length
from tests.studios import ENDED, ProcessStudio, ThreadStudio
from tests.waiting import eventually

ROUNDS = at_length(1, 200)

COUNT = 2000

NUMBERS = f"""
import os, time
open(os.environ["MARK"], "a").write("started\\n")
for number in range({COUNT}):
    print("seq=%06d" % number, flush=True)
    if number % 20 == 0:
        time.sleep(0.005)
raise SystemExit(7)
"""

SLEEP = "import time\nprint('up', flush=True)\ntime.sleep(60)"


def test_a_server_killed_under_running_jobs_loses_nothing(
    studio_process: ProcessStudio, tmp_path: Path
) -> None:
    studio = studio_process
    chance = random.Random(20)
    for number in range(ROUNDS):
        marks = [tmp_path / f"{number}-{at}" for at in range(3)]
        jobs = [studio.submit(NUMBERS, environment=f"MARK={mark}")["id"] for mark in marks]
        time.sleep(chance.uniform(0, 0.6))  # a random moment, not a state to wait for
        studio.kill()
        studio.restart()
        for job_id, mark in zip(jobs, marks, strict=True):
            ended = studio.end(job_id)
            assert (ended["status"], ended["exit_code"]) == ("FAILED", 7)
            assert mark.read_text() == "started\n", "a job starts exactly once"
            lines = studio.log(job_id).splitlines()
            assert lines == [f"seq={line:06d}" for line in range(COUNT)]


def test_a_cancel_that_the_server_did_not_live_to_see_through_is_seen_through(
    studio_process: ProcessStudio, tmp_path: Path
) -> None:
    studio = studio_process
    pid_file = tmp_path / "pid"
    lasting = f"import os; open({str(pid_file)!r}, 'w').write(str(os.getpid()))\n{SLEEP}"
    job_id = studio.submit(lasting)["id"]
    studio.until(job_id, "RUNNING")
    eventually(lambda: "up" in studio.log(job_id))
    studio.cancel(job_id)
    studio.kill()
    studio.restart()
    assert studio.job(job_id)["status"] in {"CANCELING", "CANCELED"}
    assert studio.end(job_id)["status"] == "CANCELED"
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)


def test_what_waits_still_waits_after_a_kill_and_then_runs(studio_process: ProcessStudio) -> None:
    studio = studio_process
    most = studio.request("GET", "/datachain/clusters/").json()[0]["max_workers"]
    first = studio.submit(SLEEP, workers=most)["id"]
    second = studio.submit("print('second')", environment="A=1")["id"]
    studio.until(first, "RUNNING")
    studio.kill()
    studio.restart()
    assert studio.job(first)["status"] == "RUNNING"
    assert studio.job(second)["status"] == "QUEUED"
    studio.cancel(first)
    assert studio.end(second)["status"] == "COMPLETE"
    assert studio.log(second) == "second\n"


def test_a_job_that_ended_while_no_server_ran_has_its_true_end(
    studio_process: ProcessStudio,
) -> None:
    studio = studio_process
    job_id = studio.submit("import time; time.sleep(0.5); raise SystemExit(5)")["id"]
    studio.until(job_id, "RUNNING")
    studio.kill()
    exit_file = studio.data_dir / "jobs" / job_id / "exit.json"
    eventually(exit_file.exists)
    studio.restart()
    ended = studio.end(job_id)
    assert (ended["status"], ended["exit_code"]) == ("FAILED", 5)
    assert ended["finished_at"] > ended["started_at"]


def test_no_accepted_job_is_lost_by_a_kill_in_the_middle_of_accepting(
    studio_process: ProcessStudio,
) -> None:
    studio = studio_process
    accepted = [studio.submit(f"print({number})")["id"] for number in range(10)]
    studio.kill()
    studio.restart()
    assert {job["id"] for job in studio.jobs()} >= set(accepted)
    for job_id in accepted:
        assert studio.end(job_id)["status"] == "COMPLETE"


def test_a_key_finds_its_job_again_after_a_kill(studio_process: ProcessStudio) -> None:
    studio = studio_process
    body = {"query": "print('once')", "team_name": studio.team}
    how = {"json": body, "headers": {"Idempotency-Key": "k1"}}
    first = studio.request("POST", "/datachain/jobs/", **how).json()["id"]
    studio.kill()
    studio.restart()
    assert studio.request("POST", "/datachain/jobs/", **how).json()["id"] == first
    assert studio.end(first)["status"] == "COMPLETE"
    assert len(studio.jobs()) == 1


def test_a_server_killed_around_a_fire_time_makes_exactly_one_run(
    studio_process: ProcessStudio, tmp_path: Path
) -> None:
    studio = studio_process
    chance = random.Random(4)
    for number in range(ROUNDS):
        mark = tmp_path / f"{number}"
        ahead = timedelta(seconds=chance.uniform(0.05, 0.5))
        fire_at = (datetime.now(UTC) + ahead).isoformat()
        task_id = studio.submit(
            "import os; open(os.environ['MARK'], 'a').write('ran\\n')",
            start_after=fire_at,
            environment=f"MARK={mark}",
        )["id"]
        time.sleep(ahead.total_seconds() + chance.uniform(-0.05, 0.1))  # a random moment near it
        studio.kill()
        studio.restart()
        eventually(lambda: len(studio.jobs()) == 2 * number + 2)  # noqa: B023 (called here)
        (run,) = [job for job in studio.jobs() if job["scheduled_by"] == task_id]
        assert studio.end(run["id"])["status"] == "COMPLETE"
        task = studio.job(task_id)
        counts = task["schedule"]
        assert (task["status"], counts["runs"], counts["missed"]) == ("COMPLETE", 1, 0)
        assert mark.read_text() == "ran\n"
        assert len(studio.jobs()) == 2 * number + 2


def test_a_server_killed_around_a_fire_time_triggers_exactly_one_pipeline(
    studio_process: ProcessStudio,
) -> None:
    studio = studio_process
    made = json.dumps({"dataset": "thumbs", "version": None, "from": []})
    maker = f"import os; open(os.environ['STUDIO_LINEAGE'], 'a').write({made!r} + '\\n')"
    assert studio.end(studio.submit(maker)["id"])["status"] == "COMPLETE"
    chance = random.Random(5)
    for _ in range(ROUNDS):
        ahead = timedelta(seconds=chance.uniform(0.05, 0.5))
        job_input = {
            "team_name": studio.team,
            "datasets": ["thumbs"],
            "start_after": (datetime.now(UTC) + ahead).isoformat(),
        }
        task_id = studio.request("POST", "/datachain/schedules/", json=job_input).json()["id"]
        time.sleep(ahead.total_seconds() + chance.uniform(-0.05, 0.1))  # a random moment near it
        studio.kill()
        studio.restart()

        def results(task_id: str = task_id) -> list[dict[str, Any]] | None:
            recent: list[dict[str, Any]] = studio.job(task_id)["schedule"]["recent"]
            return recent if recent and recent[0]["status"] == "COMPLETED" else None

        (only,) = eventually(results)
        assert (only["kind"], only["by_hand"]) == ("pipeline", False)
        assert studio.job(task_id)["status"] == "COMPLETE"
    asked = {"team_name": studio.team, "limit": ROUNDS + 1}
    listed = studio.request("GET", "/datachain/pipeline/list", params=asked)
    assert len(listed.json()) == ROUNDS


def test_a_schedule_continues_under_the_next_server(studio_process: ProcessStudio) -> None:
    studio = studio_process
    task_id = studio.submit("print(1)", cron_expression="0 0 * * *")["id"]
    before = studio.job(task_id)
    studio.kill()
    studio.restart()
    after = studio.job(task_id)
    assert after.pop("url") != before.pop("url")  # a page's key ends with its server
    assert after == before
    assert studio.cancel(task_id).status_code == 200


def test_a_restart_in_the_thread_finds_jobs_too(studio: ThreadStudio) -> None:
    job_id = studio.submit(SLEEP)["id"]
    studio.until(job_id, "RUNNING")
    studio.restart()
    job = studio.job(job_id)
    assert job["status"] == "RUNNING"
    assert job["status"] not in ENDED
    assert json.dumps(job["steps"]).count("running_query") == 1


def ended_without_a_server(studio: ThreadStudio) -> tuple[str, Path]:
    """Let a job end while no server runs; return its id and its folder."""
    go = studio.data_dir / "go"
    query = f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.01)"
    job_id = studio.submit(query)["id"]
    studio.until(job_id, "RUNNING")
    studio.kill()
    go.touch()
    folder = DataDir(studio.data_dir).jobs / job_id
    eventually((folder / "exit.json").exists)
    return job_id, folder


def assert_it_works(studio: ThreadStudio) -> None:
    assert studio.end(studio.submit("print('another')")["id"])["status"] == "COMPLETE"


TORN = [
    b'{"step": "running_query", "finished_at": "2026-01-01T00:00:00+00:00"}\n',
    b'{"step": "running_qu\n',
    b"\0" * 60 + b"\n",
    b'{"step": 3, "started_at": null}\n',
]


@pytest.mark.parametrize("torn", at_length(TORN[:2], TORN))
def test_a_torn_line_of_a_steps_file_costs_neither_the_job_nor_the_server(
    studio: ThreadStudio, torn: bytes
) -> None:
    job_id, folder = ended_without_a_server(studio)
    (folder / "steps.jsonl").write_bytes(torn)
    studio.restart()
    ended = studio.end(job_id)
    assert (ended["status"], ended["exit_code"]) == ("COMPLETE", 0)
    assert ended["started_at"] < ended["finished_at"], "what was known before stays known"
    assert_it_works(studio)


UNREADABLE = ['{"finished_at": "2026-', '{"exit_code": "0"}', "", "[]"]


@pytest.mark.parametrize("text", at_length(UNREADABLE[:2], UNREADABLE))
def test_a_job_whose_noted_end_cannot_be_read_is_lost_and_says_so(
    studio: ThreadStudio, text: str
) -> None:
    job_id, folder = ended_without_a_server(studio)
    (folder / "exit.json").write_text(text)
    (folder / "lost.json").write_text(text)
    (folder / "started.json").write_text(text)
    studio.restart()
    ended = studio.end(job_id)
    assert (ended["status"], ended["exit_code"]) == ("FAILED", None)
    assert ended["error_message"].startswith("lost: ")
    assert "cannot be read" in ended["error_message"]
    assert_it_works(studio)


def test_a_job_that_cannot_be_watched_is_stopped_and_the_others_continue(
    studio: ThreadStudio, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(dispatcher, "STORAGE_REST", 0.01)
    broken, sound = (studio.submit(SLEEP)["id"] for _ in range(2))
    for job_id in (broken, sound):
        studio.until(job_id, "RUNNING")
    studio.kill()
    with sqlite3.connect(DataDir(studio.data_dir).database) as database:
        database.execute("UPDATE jobs SET steps = '[]' WHERE id = ?", [broken])
    database.close()
    studio.restart()
    ended = studio.end(broken)
    assert ended["status"] == "FAILED"
    assert ended["error_message"].startswith("lost: ")
    assert "IndexError" in ended["error_message"]
    assert ended["started_at"] < ended["finished_at"]
    eventually((DataDir(studio.data_dir).jobs / broken / "exit.json").exists)
    assert "Traceback" in caplog.text
    assert studio.job(sound)["status"] == "RUNNING"
    assert_it_works(studio)


def test_a_cancel_that_was_noted_and_never_sent_is_sent_by_the_next_server(
    studio: ThreadStudio,
) -> None:
    job_id = studio.submit(SLEEP)["id"]
    studio.until(job_id, "RUNNING")
    studio.kill()
    with sqlite3.connect(DataDir(studio.data_dir).database) as database:
        database.execute("UPDATE jobs SET state = 'CANCELING' WHERE id = ?", [job_id])
    database.close()
    studio.restart()
    assert studio.end(job_id)["status"] == "CANCELED"


def test_an_answered_cancel_survives_a_kill_of_the_server(studio_process: ProcessStudio) -> None:
    studio = studio_process
    job_id = studio.submit(SLEEP)["id"]
    studio.until(job_id, "RUNNING")
    assert studio.cancel(job_id).status_code == 200
    studio.kill()
    exit_file = DataDir(studio.data_dir).jobs / job_id / "exit.json"
    eventually(exit_file.exists)
    assert json.loads(exit_file.read_text())["canceled"]
    studio.restart()
    assert studio.end(job_id)["status"] == "CANCELED"
