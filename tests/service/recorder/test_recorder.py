import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from studio_tui import clock
from studio_tui.api.calls import Call
from studio_tui.api.models import Cluster, Job, Pipeline
from studio_tui.service.commands.history import JobHistory
from studio_tui.service.recorder import pruning
from studio_tui.service.recorder.bodies import JOB, unpack
from studio_tui.service.recorder.calls import safe_body
from studio_tui.service.recorder.database import RecorderFile
from studio_tui.service.recorder.pruning import Limits
from studio_tui.service.recorder.recorder import Archived, Recorder
from tests.jobs import NOON, job
from tests.waiting import HANG, until

PROFILE = "https://studio.example.com\nvision"
OLDEST = datetime.min.replace(tzinfo=UTC)
"""The beginning of a window that contains all jobs."""
SECRETS = ("hunter2hunter2", "AKIAABCDEFGHIJKLMNOP", "ghp_abcdefghijklmnopqrstuvwxyz")


def new_recorder(folder: Path, **options: Any) -> Recorder:
    return Recorder(RecorderFile(folder, PROFILE), **options)


def note_jobs(
    recorder: Recorder, jobs: list[Job], minutes: float = 0, *, has_all: bool = True
) -> None:
    """Record a list of jobs that Studio sent `minutes` after noon."""
    at = NOON + timedelta(minutes=minutes)
    recorder.note_jobs(jobs, at, has_all=has_all, back_to=OLDEST)


def changes(recorder: Recorder) -> list[tuple[float, str, Any]]:
    """Return each recorded change: its seconds after noon, the id of the item, the difference."""
    rows = recorder.database.rows("SELECT at, id, difference FROM change ORDER BY number")
    return [(at - NOON.timestamp(), item_id, unpack(packed)) for at, item_id, packed in rows]


def call(seconds: float = 0, path: str = "/jobs", outcome: str = "200", **fields: Any) -> Call:
    """Return a request that was sent `seconds` after noon."""
    return Call(NOON + timedelta(seconds=seconds), "GET", path, outcome, 12.5, **fields)


def test_a_change_of_state_is_recorded_at_once_with_the_time_of_the_answer(tmp_path: Path) -> None:
    recorder = new_recorder(tmp_path)
    running, complete = job(1, "RUNNING"), job(1, "COMPLETE")
    note_jobs(recorder, [running])
    note_jobs(recorder, [complete], minutes=2)
    (_, _, first), (seconds, _, second) = changes(new_recorder(tmp_path))
    assert first["="]["status"] == "RUNNING"
    assert seconds == 120
    assert second["{"]["status"] == {"=": "COMPLETE"}
    assert all_jobs(new_recorder(tmp_path)) == [stripped(complete)]


def all_jobs(recorder: Recorder) -> list[Job]:
    """Return all recorded jobs, without the times of their last changes."""
    return list((recorder.all_items(JOB) or Archived()).items.values())


def ids(jobs: Iterable[Job]) -> list[str]:
    return [each.id for each in jobs]


def stripped(sent: Job) -> Job:
    """Return a job without the fields that are not recorded."""
    return sent.model_copy(
        update={"query": None, "environment": None, "requirements": None, "url": None}
    )


def test_an_unchanged_job_is_not_written_again_by_this_run_or_another(tmp_path: Path) -> None:
    for _ in range(2):
        recorder = new_recorder(tmp_path)
        note_jobs(recorder, [job(1), job(2)])
        note_jobs(recorder, [job(2), job(1)], minutes=1)
    assert len(changes(recorder)) == 2


def test_an_older_answer_of_another_dashboard_does_not_replace_a_newer_one(tmp_path: Path) -> None:
    note_jobs(new_recorder(tmp_path), [job(1, "COMPLETE")], minutes=2)
    note_jobs(new_recorder(tmp_path), [job(1, "RUNNING")], minutes=1)
    archived = new_recorder(tmp_path).all_items(JOB) or Archived()
    (recorded,), (changed_at,) = archived.items.values(), archived.since.values()
    assert (recorded.state, changed_at) == ("COMPLETE", NOON + timedelta(minutes=2))


def test_a_job_that_studio_no_longer_lists_is_recorded_as_gone_until_it_is_listed_again(
    tmp_path: Path,
) -> None:
    recorder = new_recorder(tmp_path)
    note_jobs(recorder, [job(1), job(2)])
    note_jobs(recorder, [job(1)], minutes=1)
    assert changes(recorder)[-1][1:] == (job(2).id, {"-": 1})
    assert ids(all_jobs(recorder)) == [job(1).id, job(2).id]
    recalled = new_recorder(tmp_path).recall("jobs", Job, 10)
    assert recalled is not None
    assert ids(recalled.items) == [job(1).id]
    note_jobs(recorder, [job(1), job(2)], minutes=2)
    assert list(changes(recorder)[-1][2]) == ["="]


def test_a_job_older_than_the_listed_ones_is_not_recorded_as_gone(tmp_path: Path) -> None:
    recorder = new_recorder(tmp_path)
    note_jobs(recorder, [job(1), job(2)])
    back_to = NOON - timedelta(minutes=1)
    recorder.note_jobs([job(1)], NOON, has_all=False, back_to=back_to)
    assert len(changes(recorder)) == 2


def test_the_recalled_list_is_that_of_the_last_answer(tmp_path: Path) -> None:
    recorder = new_recorder(tmp_path)
    for minutes in (0, 7):
        note_jobs(recorder, [job(number) for number in range(1, 9)], minutes, has_all=False)
    recalled = new_recorder(tmp_path).recall("jobs", Job, 5)
    assert recalled is not None
    assert ids(recalled.items) == [job(number).id for number in range(1, 6)]
    assert (recalled.at, recalled.has_all) == (NOON + timedelta(minutes=7), False)
    assert new_recorder(tmp_path / "other").recall("jobs", Job, 5) is None


def test_jobs_created_at_the_same_time_keep_the_order_of_studio_when_they_change(
    tmp_path: Path,
) -> None:
    listed = [job(number, "RUNNING").model_copy(update={"created_at": NOON}) for number in range(5)]
    recorder = new_recorder(tmp_path)
    note_jobs(recorder, listed)
    listed[3] = listed[3].model_copy(update={"status": "COMPLETE"})
    listed[1] = listed[1].model_copy(update={"status": "FAILED"})
    note_jobs(recorder, listed, minutes=1)
    reopened = new_recorder(tmp_path)
    recalled = reopened.recall("jobs", Job, 100)
    assert recalled is not None
    assert ids(recalled.items) == ids(listed)
    assert ids(all_jobs(reopened)) == ids(listed)


async def test_past_runs_are_the_other_complete_jobs_with_the_same_name_newest_first(
    tmp_path: Path,
) -> None:
    def named(number: int, status: str, name: str = "train.py") -> Job:
        ended = NOON + timedelta(minutes=number)
        return job(number, status).model_copy(update={"name": name, "finished_at": ended})

    jobs = [
        *(named(number, "COMPLETE") for number in (3, 2, 1)),
        named(4, "FAILED"),
        named(5, "COMPLETE", "eval.py"),
    ]
    recorder = new_recorder(tmp_path)
    note_jobs(recorder, jobs)
    JobHistory(recorder.database).note_ended(jobs)
    past_runs = await new_recorder(tmp_path).past_runs(named(2, "COMPLETE"))
    assert ids(past_runs) == [job(3).id, job(1).id]
    assert await new_recorder(tmp_path).past_runs(named(9, "RUNNING", "other.py")) == ()
    nameless = job(7).model_copy(update={"name": None})
    assert await new_recorder(tmp_path).past_runs(nameless) == ()


async def test_an_unnamed_job_has_no_past_runs_as_their_queries_differ(tmp_path: Path) -> None:
    jobs = [job(number, name="query.py") for number in (1, 2)]
    recorder = new_recorder(tmp_path)
    note_jobs(recorder, jobs)
    history = JobHistory(recorder.database)
    assert history.note_ended(jobs)
    assert await recorder.past_runs(jobs[0]) == ()
    assert history.durations(["query.py"]) == {}


def test_recorded_pipelines_clusters_and_schedules_are_recalled(tmp_path: Path) -> None:
    recorder = new_recorder(tmp_path)
    runs = [{"job_id": str(number), "status": "PENDING"} for number in range(99)]
    pipeline = Pipeline.model_validate({"pipeline_id": "p", "status": "RUNNING", "job_runs": runs})
    cluster = Cluster.model_validate({"id": 3, "name": "gpu"})
    schedule = job(1, "TASK", schedule={"cron_expression": "0 3 * * *"})
    recorder.note_pipelines([pipeline], NOON, has_all=True)
    recorder.note_list("clusters", [cluster], NOON)
    recorder.note_list("schedules", [schedule], NOON)
    recorder = new_recorder(tmp_path)
    pipelines, clusters = (
        recorder.recall("pipelines", Pipeline),
        recorder.recall("clusters", Cluster),
    )
    schedules = recorder.recall("schedules", Job)
    assert [recalled and recalled.items for recalled in (pipelines, clusters, schedules)] == [
        (pipeline,),
        (cluster,),
        (stripped(schedule),),
    ]


def job_with_secrets() -> Job:
    """Return a job with a secret in each field that can have one."""
    password, key, token = SECRETS
    return job(
        1,
        name=f"train {key}",
        query=f"password = '{password}'",
        environment={"DB_PASSWORD": password, "MODE": "plainvalue"},
        requirements=f"x @ https://{token}@host/x",
        repository=f"https://ann:{password}@host/x",
        url="https://studio.example.com/page?key=pagekey",
        error_message=f"token={token}",
        metrics={"api_key": password},
        waits_for=f"the cluster {token} is inactive",
    )


def test_the_recorder_contains_no_secret(tmp_path: Path) -> None:
    password, _key, token = SECRETS
    recorder = new_recorder(tmp_path)
    note_jobs(recorder, [job_with_secrets()])
    sent = {
        "query": f"print('{password}')\nx = 1",
        "query_name": "a.py",
        "environment": f"DB_PASSWORD={password}\nMODE=plainvalue",
        "repository": f"https://ann:{password}@host/x",
        "requirements": "pandas\n" * 4000,
    }
    body = json.dumps(sent).encode()
    recorder.note_call(replace(call(), method="POST", changes=True, body=body))
    recorder.note_call(call(query={"token": token, "name": f"https://ann:{password}@host/x"}))
    recorder.flush()
    (command,) = [recorded for recorded in recorder.recent_calls(9) if recorded.changes]
    recorded_body = json.loads(command.body)
    assert recorded_body["query"] == "[2 lines left out]"
    assert recorded_body["environment"] == "DB_PASSWORD=[secret]\nMODE=[secret]"
    assert recorded_body["query_name"] == "a.py"
    content = "\n".join(unpacked_content(recorder))
    for secret in (*SECRETS, "plainvalue", "pagekey", "print("):
        assert secret not in content
    assert "DB_PASSWORD" in content
    assert "?token=[secret]&name=https%3A%2F%2Fann%3A[secret]%40host%2Fx" in content


def test_the_body_of_a_request_has_no_query_and_no_environment_at_any_depth() -> None:
    job = {"query": "print(1)", "environment": "MODE=plainvalue", "query_name": "a.py"}
    body = json.dumps({"team_name": "t", "jobs": [{"job_id": "1", "job": job}]}).encode()
    assert json.loads(safe_body(body)) == {
        "team_name": "t",
        "jobs": [
            {
                "job_id": "1",
                "job": {
                    "query": "[1 line left out]",
                    "environment": "MODE=[secret]",
                    "query_name": "a.py",
                },
            }
        ],
    }


def test_a_very_large_body_of_a_request_is_left_out() -> None:
    body = json.dumps({"query": "x" * 1024 * 1024}).encode()
    assert json.loads(safe_body(body)) == {"body": "[1,048,589 bytes left out]"}


def unpacked_content(recorder: Recorder) -> list[str]:
    """Return all that the file contains: its SQL, and its packed values unpacked."""
    rows = recorder.database.rows("SELECT body FROM item") + recorder.database.rows(
        "SELECT difference FROM change"
    )
    statements = recorder.database.read(lambda connection: list(connection.iterdump())) or []
    return [*statements, *(json.dumps(unpack(packed)) for (packed,) in rows)]


# Calls.


def test_equal_polls_are_counted_in_one_call_and_commands_are_recorded_one_by_one(
    tmp_path: Path,
) -> None:
    recorder = new_recorder(tmp_path)
    for second in range(5):
        recorder.note_call(call(second))
        recorder.note_call(replace(call(second, "/jobs/1/cancel"), method="POST", changes=True))
    recorder.flush()
    for second in range(5, 8):
        recorder.note_call(call(second))
    recorder.note_call(call(8, outcome="500"))
    recorder.flush()
    calls = new_recorder(tmp_path).recent_calls(99)
    polls = [(poll.outcome, poll.count, poll.ms) for poll in calls if not poll.changes]
    assert polls == [("500", 1, 12.5), ("200", 8, 100.0)]
    assert [command.count for command in calls if command.changes] == [1] * 5
    assert calls == recorder.recent_calls(99)


def test_a_failed_command_is_recorded_with_the_reason_but_no_secret(tmp_path: Path) -> None:
    recorder = new_recorder(tmp_path)
    error = "Studio refuses; token hunter2hunter2 is invalid."
    command = replace(call(path="/jobs/1/cancel", outcome="409", reason=error), method="POST")
    recorder.note_call(replace(command, changes=True))
    recorder.flush()
    (recorded,) = new_recorder(tmp_path).recent_calls(99)
    assert "hunter2" not in recorded.reason
    assert "Studio refuses" in recorded.reason


async def test_commands_are_written_at_once_and_polls_later(tmp_path: Path) -> None:
    recorder, reader = new_recorder(tmp_path), new_recorder(tmp_path)
    command = replace(call(path="/jobs"), method="POST", changes=True)
    outcomes: list[str] = []

    def is_written() -> bool:
        return [each.outcome for each in reversed(reader.recent_calls(99))] == outcomes

    with mock.patch("studio_tui.service.recorder.recorder.WRITE_EVERY", 1e9):
        running = asyncio.create_task(recorder.run())
        for second, outcome in enumerate(["200", "200", "409", "NotSent"]):
            at = NOON + timedelta(seconds=second)
            recorder.note_call(replace(command, started_at=at, outcome=outcome))
            outcomes.append(outcome)
            await until(is_written)
        recorder.note_call(call(10))
        assert not recorder._is_urgent.is_set()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    outcomes += ["200"]
    assert is_written()


def test_calls_that_could_not_be_written_are_written_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio_tui.service.recorder.database._LOCK_TIMEOUT", 0.01)
    recorder = new_recorder(tmp_path)
    recorder.note_call(call())
    recorder.flush()
    with closing(sqlite3.connect(recorder.database.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        recorder.note_call(call(1))
        recorder.note_call(call(2, "/clusters"))
        assert not recorder.flush()
        assert len(recorder.recent_calls(9)) == 2
        other.execute("ROLLBACK")
    assert recorder.flush()
    calls = new_recorder(tmp_path).recent_calls(9)
    assert [(recorded.path, recorded.count) for recorded in calls] == [
        ("/clusters", 1),
        ("/jobs", 2),
    ]


# The file.


@pytest.mark.parametrize("content", [b"no database" * 999, b"SQLite format 3\x00" * 300])
def test_a_damaged_file_is_set_aside_with_a_warning_and_replaced_by_a_new_one(
    tmp_path: Path, content: bytes
) -> None:
    note_jobs(new_recorder(tmp_path), [job(1)])
    path = RecorderFile(tmp_path, PROFILE).path
    path.write_bytes(content)
    recorder, warnings = new_recorder(tmp_path), list[str]()
    recorder.database.warn = warnings.append
    recorder.database.keep_open()
    note_jobs(recorder, [job(2)])
    note_jobs(recorder, [job(2)], minutes=1)
    note_jobs(recorder, [job(2), job(3)], minutes=2)
    assert ids(all_jobs(new_recorder(tmp_path))) == [job(2).id, job(3).id]
    assert path.with_suffix(".damaged").read_bytes() == content
    (sentence,) = warnings
    assert "set aside" in sentence
    assert str(path.with_suffix(".damaged")) in sentence
    recorder.database.close()


def test_a_new_file_of_another_dashboard_is_not_set_aside_instead_of_the_damaged_one(
    tmp_path: Path,
) -> None:
    slow, quick = RecorderFile(tmp_path, PROFILE), new_recorder(tmp_path)
    note_jobs(quick, [job(1)])
    slow.path.write_bytes(b"no database" * 999)
    damaged_file = slow.path.stat().st_ino
    # The other dashboard sets the file aside and creates a new one.
    note_jobs(quick, [job(2)], minutes=1)
    note_jobs(quick, [job(2)], minutes=2)
    slow._set_aside(damaged_file)
    assert ids(all_jobs(quick)) == [job(2).id]


# Limits.


@pytest.mark.usefixtures("noon")
def test_jobs_that_have_not_changed_for_many_days_are_deleted_with_their_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(days=31))
    day = 24 * 60
    recorder = new_recorder(tmp_path, limits=Limits(days=30))
    note_jobs(recorder, [job(1), job(2), job(3)])
    note_jobs(recorder, [job(1), job(2), job(3, name="changed.py")], minutes=2 * day)
    recorder.note_call(call())
    recorder.note_call(replace(call(), started_at=NOON + timedelta(days=2)))
    recorder.flush()
    recorder.prune()
    assert [recorded.name for recorded in all_jobs(recorder)] == ["changed.py"]
    assert {item_id for _, item_id, _ in changes(recorder)} == {job(3).id}
    assert len(changes(recorder)) == 2


@pytest.mark.usefixtures("noon")
def test_the_file_does_not_grow_beyond_its_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "STEP", 50)
    recorder = new_recorder(tmp_path, limits=Limits(megabytes=0.5))
    for batch in range(4):
        numbers = range(batch * 500, batch * 500 + 500)
        jobs = [job(number, error_message=os.urandom(400).hex()) for number in numbers]
        recorder.note_jobs(jobs, NOON + timedelta(minutes=batch), has_all=False, back_to=NOON)
    recorder.prune()
    recorder.database.close()
    assert recorder.database.path.stat().st_size < 0.6 * 1024 * 1024
    remaining = [int(job_id[:8]) for job_id in ids(all_jobs(recorder))]
    assert len(remaining) > 50
    assert min(remaining) >= 1000, "the jobs that changed last must stay"


# Several dashboards, and kills.

PROGRAM = """
import sys
from pathlib import Path
from tests.service.recorder.test_recorder import call, new_recorder, note_jobs
from tests.jobs import job
recorder = new_recorder(Path(sys.argv[1]))
recorder.database.keep_open()
first, count = int(sys.argv[2]), int(sys.argv[3])
for turn in range(count):
    state = "RUNNING" if turn % 2 else "COMPLETE"
    note_jobs(recorder, [job(first + number, state) for number in range(20)], minutes=turn + 1)
    recorder.note_call(call(turn, f"/jobs/{first}/{turn}"))
    recorder.flush()
    print(turn, flush=True)
"""


def start_recording(folder: Path, first: int, count: int) -> "subprocess.Popen[str]":
    """Start a program that records 20 jobs from number `first` on, `count` times."""
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", PROGRAM, str(folder), str(first), str(count)]
    return subprocess.Popen(command, cwd=root, env=os.environ, stdout=subprocess.PIPE, text=True)


@pytest.mark.starts_processes
def test_a_killed_recorder_loses_nothing_that_it_or_another_one_has_written(tmp_path: Path) -> None:
    new_recorder(tmp_path).flush()
    with (
        start_recording(tmp_path, 100, 100_000) as killed,
        start_recording(tmp_path, 500, 8) as other,
    ):
        assert killed.stdout is not None
        recorded_turns = [int(killed.stdout.readline()) for _ in range(5)]
        assert other.wait(HANG) == 0
        killed.send_signal(signal.SIGKILL)
    recorder = new_recorder(tmp_path)
    assert recorder.database.rows("PRAGMA integrity_check") == [("ok",)]
    paths = {recorded.path for recorded in recorder.recent_calls(100_000)}
    assert {f"/jobs/100/{turn}" for turn in recorded_turns} <= paths
    assert {f"/jobs/500/{turn}" for turn in range(8)} <= paths
    assert len({item_id for _, item_id, _ in changes(recorder)}) == 40
