import json
import os
import random
import sqlite3
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.dispatch import dispatcher
from studio_tui.local.shim import process_tree
from tests.soak import at_length
from tests.studios import ProcessStudio, ThreadStudio
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


def test_a_server_killed_while_jobs_run_loses_no_job_and_no_line(
    studio_process: ProcessStudio, tmp_path: Path
) -> None:
    studio = studio_process
    rng = random.Random(20)
    for number in range(ROUNDS):
        marks = [tmp_path / f"{number}-{index}" for index in range(3)]
        jobs = [studio.submit(NUMBERS, environment=f"MARK={mark}")["id"] for mark in marks]
        time.sleep(rng.uniform(0, 0.6))  # a random moment, not a state to wait for
        studio.kill()
        studio.restart()
        for job_id, mark in zip(jobs, marks, strict=True):
            ended = studio.wait_for_end(job_id)
            assert (ended["status"], ended["exit_code"]) == ("FAILED", 7)
            assert mark.read_text() == "started\n", "a job starts exactly once"
            lines = studio.log(job_id).splitlines()
            assert lines == [f"seq={line:06d}" for line in range(COUNT)]


def test_a_job_ends_after_an_accepted_cancel_although_the_server_is_killed(
    studio_process: ProcessStudio, tmp_path: Path
) -> None:
    studio = studio_process
    pid_file = tmp_path / "pid"
    writes_pid = f"import os; open({str(pid_file)!r}, 'w').write(str(os.getpid()))\n{SLEEP}"
    job_id = studio.submit(writes_pid)["id"]
    studio.wait_for_state(job_id, "RUNNING")
    eventually(lambda: "up" in studio.log(job_id))
    assert studio.cancel(job_id).status_code == 200
    studio.kill()
    exit_file = DataDir(studio.data_dir).jobs / job_id / "exit.json"
    eventually(exit_file.exists)
    assert json.loads(exit_file.read_text())["canceled"]
    studio.restart()
    assert studio.wait_for_end(job_id)["status"] == "CANCELED"
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)


def test_a_queued_job_is_still_queued_after_a_kill_and_then_runs(
    studio_process: ProcessStudio,
) -> None:
    studio = studio_process
    all_workers = studio.request("GET", "/datachain/clusters/").json()[0]["max_workers"]
    first = studio.submit(SLEEP, workers=all_workers)["id"]
    second = studio.submit("print('second')", environment="A=1")["id"]
    studio.wait_for_state(first, "RUNNING")
    studio.kill()
    studio.restart()
    assert studio.job(first)["status"] == "RUNNING"
    assert studio.job(second)["status"] == "QUEUED"
    studio.cancel(first)
    assert studio.wait_for_end(second)["status"] == "COMPLETE"
    assert studio.log(second) == "second\n"


def test_a_job_that_ended_while_no_server_ran_has_its_exit_code_and_end_time(
    studio_process: ProcessStudio,
) -> None:
    studio = studio_process
    job_id = studio.submit("import time; time.sleep(0.5); raise SystemExit(5)")["id"]
    studio.wait_for_state(job_id, "RUNNING")
    studio.kill()
    exit_file = studio.data_dir / "jobs" / job_id / "exit.json"
    eventually(exit_file.exists)
    studio.restart()
    ended = studio.wait_for_end(job_id)
    assert (ended["status"], ended["exit_code"]) == ("FAILED", 5)
    assert ended["finished_at"] > ended["started_at"]


def test_no_accepted_job_is_lost_by_a_kill_right_after_accepting(
    studio_process: ProcessStudio,
) -> None:
    studio = studio_process
    accepted = [studio.submit(f"print({number})")["id"] for number in range(10)]
    studio.kill()
    studio.restart()
    assert {job["id"] for job in studio.jobs()} >= set(accepted)
    for job_id in accepted:
        assert studio.wait_for_end(job_id)["status"] == "COMPLETE"


def test_a_server_killed_around_a_fire_time_makes_exactly_one_run(
    studio_process: ProcessStudio, tmp_path: Path
) -> None:
    studio = studio_process
    rng = random.Random(4)
    for number in range(ROUNDS):
        mark = tmp_path / f"{number}"
        ahead = timedelta(seconds=rng.uniform(0.05, 0.5))
        fire_at = (datetime.now(UTC) + ahead).isoformat()
        task_id = studio.submit(
            "import os; open(os.environ['MARK'], 'a').write('ran\\n')",
            start_after=fire_at,
            environment=f"MARK={mark}",
        )["id"]
        time.sleep(ahead.total_seconds() + rng.uniform(-0.05, 0.1))  # a random moment near it
        studio.kill()
        studio.restart()
        eventually(lambda: len(studio.jobs()) == 2 * number + 2)  # noqa: B023 (called here)
        (run,) = [job for job in studio.jobs() if job["scheduled_by"] == task_id]
        assert studio.wait_for_end(run["id"])["status"] == "COMPLETE"
        task = studio.job(task_id)
        counts = task["schedule"]
        assert (task["status"], counts["runs"], counts["missed"]) == ("COMPLETE", 1, 0)
        assert mark.read_text() == "ran\n"
        assert len(studio.jobs()) == 2 * number + 2


def test_a_server_killed_around_a_fire_time_triggers_exactly_one_pipeline(
    studio_process: ProcessStudio,
) -> None:
    studio = studio_process
    line = json.dumps({"dataset": "thumbs", "version": None, "from": []})
    maker = f"import os; open(os.environ['STUDIO_LINEAGE'], 'a').write({line!r} + '\\n')"
    assert studio.wait_for_end(studio.submit(maker)["id"])["status"] == "COMPLETE"
    rng = random.Random(5)
    for _ in range(ROUNDS):
        ahead = timedelta(seconds=rng.uniform(0.05, 0.5))
        job_input = {
            "team_name": studio.team,
            "datasets": ["thumbs"],
            "start_after": (datetime.now(UTC) + ahead).isoformat(),
        }
        task_id = studio.request("POST", "/datachain/schedules/", json=job_input).json()["id"]
        time.sleep(ahead.total_seconds() + rng.uniform(-0.05, 0.1))  # a random moment near it
        studio.kill()
        studio.restart()

        def completed_runs(task_id: str = task_id) -> list[dict[str, Any]] | None:
            recent: list[dict[str, Any]] = studio.job(task_id)["schedule"]["recent"]
            return recent if recent and recent[0]["status"] == "COMPLETED" else None

        (run,) = eventually(completed_runs)
        assert (run["kind"], run["by_hand"]) == ("pipeline", False)
        assert studio.job(task_id)["status"] == "COMPLETE"
    query = {"team_name": studio.team, "limit": ROUNDS + 1}
    listed = studio.request("GET", "/datachain/pipeline/list", params=query)
    assert len(listed.json()) == ROUNDS


def test_a_schedule_is_unchanged_after_a_kill_and_can_be_canceled(
    studio_process: ProcessStudio,
) -> None:
    studio = studio_process
    task_id = studio.submit("print(1)", cron_expression="0 0 * * *")["id"]
    before = studio.job(task_id)
    studio.kill()
    studio.restart()
    after = studio.job(task_id)
    assert after.pop("url") != before.pop("url")  # each server makes new keys for pages of jobs
    assert after == before
    assert studio.cancel(task_id).status_code == 200


def end_job_without_server(studio: ThreadStudio) -> tuple[str, Path]:
    """Run a job that ends while no server runs; return its id and its folder."""
    release = studio.data_dir / "release"
    query = f"import os, time\nwhile not os.path.exists({str(release)!r}): time.sleep(0.01)"
    job_id = studio.submit(query)["id"]
    studio.wait_for_state(job_id, "RUNNING")
    studio.kill()
    release.touch()
    folder = DataDir(studio.data_dir).jobs / job_id
    eventually((folder / "exit.json").exists)
    return job_id, folder


def assert_jobs_run(studio: ThreadStudio) -> None:
    assert studio.wait_for_end(studio.submit("print('another')")["id"])["status"] == "COMPLETE"


DAMAGED = [
    b'{"step": "running_query", "finished_at": "2026-01-01T00:00:00+00:00"}\n',
    b'{"step": "running_qu\n',
    b"\0" * 60 + b"\n",
]


@pytest.mark.parametrize("damaged", at_length(DAMAGED[:2], DAMAGED))
def test_a_damaged_steps_file_harms_neither_the_job_nor_the_server(
    studio: ThreadStudio, damaged: bytes
) -> None:
    job_id, folder = end_job_without_server(studio)
    (folder / "steps.jsonl").write_bytes(damaged)
    studio.restart()
    ended = studio.wait_for_end(job_id)
    assert (ended["status"], ended["exit_code"]) == ("COMPLETE", 0)
    assert ended["started_at"] < ended["finished_at"], "the recorded start is kept"
    assert_jobs_run(studio)


UNREADABLE = ['{"finished_at": "2026-', ""]


@pytest.mark.parametrize("text", UNREADABLE)
def test_a_job_whose_exit_file_cannot_be_read_is_lost_with_the_reason(
    studio: ThreadStudio, text: str
) -> None:
    job_id, folder = end_job_without_server(studio)
    (folder / "exit.json").write_text(text)
    (folder / "lost.json").write_text(text)
    (folder / "started.json").write_text(text)
    studio.restart()
    ended = studio.wait_for_end(job_id)
    assert (ended["status"], ended["exit_code"]) == ("FAILED", None)
    assert ended["error_message"].startswith("lost: ")
    assert "cannot be read" in ended["error_message"]
    assert_jobs_run(studio)


def test_a_job_whose_row_is_invalid_is_stopped_and_the_others_continue(
    studio: ThreadStudio, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(dispatcher, "RETRY_SECONDS", 0.01)
    broken, sound = (studio.submit(SLEEP)["id"] for _ in range(2))
    for job_id in (broken, sound):
        studio.wait_for_state(job_id, "RUNNING")
    studio.kill()
    with sqlite3.connect(DataDir(studio.data_dir).database) as database:
        database.execute("UPDATE jobs SET steps = '[]' WHERE id = ?", [broken])
    database.close()
    studio.restart()
    ended = studio.wait_for_end(broken)
    assert ended["status"] == "FAILED"
    assert ended["error_message"].startswith("lost: ")
    assert "IndexError" in ended["error_message"]
    assert ended["started_at"] < ended["finished_at"]
    eventually((DataDir(studio.data_dir).jobs / broken / "exit.json").exists)
    assert "Traceback" in caplog.text
    assert studio.job(sound)["status"] == "RUNNING"
    assert_jobs_run(studio)


def test_a_recorded_cancel_that_was_not_sent_is_sent_by_the_next_server(
    studio: ThreadStudio,
) -> None:
    job_id = studio.submit(SLEEP)["id"]
    studio.wait_for_state(job_id, "RUNNING")
    studio.kill()
    with sqlite3.connect(DataDir(studio.data_dir).database) as database:
        database.execute("UPDATE jobs SET state = 'CANCELING' WHERE id = ?", [job_id])
    database.close()
    studio.restart()
    assert studio.wait_for_end(job_id)["status"] == "CANCELED"


REMOVE = """
import os, shutil, time
open("{mark}", "a").write("ran\\n")
shutil.rmtree("..", ignore_errors=True)
time.sleep(600)
"""


def test_a_job_that_removes_its_folder_is_stopped_and_does_not_run_again(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    job_id = studio.submit(REMOVE.format(mark=mark))["id"]
    studio.wait_for_state(job_id, "RUNNING", "FAILED")
    studio.restart()
    ended = studio.wait_for_end(job_id)
    assert ended["status"] == "FAILED"
    assert mark.read_text() == "ran\n"
    assert not process_tree.job_processes(str(studio.data_dir / "jobs" / job_id))


def test_a_job_is_lost_if_the_process_that_runs_it_ends_before_the_job_begins(
    studio: ThreadStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    ended = studio.wait_for_end(studio.submit("print(1)", query_type="SHELL")["id"])
    assert ended["status"] == "FAILED"
    assert "ended before the job began" in ended["error_message"]
