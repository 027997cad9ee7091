import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from studio_tui.api.calls import Call
from studio_tui.api.models import Cluster, Job, Pipeline
from studio_tui.service.commands.history import JobHistory
from studio_tui.service.commands.submitted import Submitted
from studio_tui.service.recorder import pruning
from studio_tui.service.recorder.bodies import unpack
from studio_tui.service.recorder.database import RecorderFile
from studio_tui.service.recorder.pruning import Limits
from studio_tui.service.recorder.recorder import Recorder
from tests.jobs import NOON, job
from tests.waiting import HANG

PLACE = "https://studio.example.com\nvision"
OLDEST = datetime.min.replace(tzinfo=UTC)
SECRETS = ("hunter2hunter2", "AKIAABCDEFGHIJKLMNOP", "ghp_abcdefghijklmnopqrstuvwxyz")


def recorder(folder: Path, **options: Any) -> Recorder:
    return Recorder(RecorderFile(folder, PLACE), **options)


def note(kept: Recorder, jobs: list[Job], minutes: float = 0, *, has_all: bool = True) -> None:
    at = NOON + timedelta(minutes=minutes)
    kept.note_jobs(jobs, at, has_all=has_all, back_to=OLDEST)


def changes(kept: Recorder) -> list[tuple[float, str, Any]]:
    rows = kept.database.rows("SELECT at, id, difference FROM change ORDER BY number")
    return [(at - NOON.timestamp(), item_id, unpack(found)) for at, item_id, found in rows]


def call(seconds: float = 0, path: str = "/jobs", outcome: str = "200", **more: Any) -> Call:
    return Call(NOON + timedelta(seconds=seconds), "GET", path, outcome, 12.5, **more)


def test_a_change_of_state_is_recorded_at_once_with_the_time_it_was_seen(tmp_path: Path) -> None:
    kept = recorder(tmp_path)
    running, done = job(1, "RUNNING"), job(1, "COMPLETE")
    note(kept, [running])
    note(kept, [done], minutes=2)
    (_, first), (at, second) = [(at, change) for at, _, change in changes(recorder(tmp_path))]
    assert first["="]["status"] == "RUNNING"
    assert at == 120
    assert second["{"]["status"] == {"=": "COMPLETE"}
    assert [each for each, _ in (recorder(tmp_path).all_jobs() or ())] == [stripped(done)]


def stripped(known: Job) -> Job:
    return known.model_copy(
        update={"query": None, "environment": None, "requirements": None, "url": None}
    )


def test_what_has_not_changed_is_not_written_again_by_this_run_or_another(tmp_path: Path) -> None:
    for _ in range(2):
        kept = recorder(tmp_path)
        note(kept, [job(1), job(2)])
        note(kept, [job(2), job(1)], minutes=1)
    assert len(changes(kept)) == 2


def test_an_older_answer_of_another_dashboard_does_not_undo_what_was_seen(tmp_path: Path) -> None:
    note(recorder(tmp_path), [job(1, "COMPLETE")], minutes=2)
    note(recorder(tmp_path), [job(1, "RUNNING")], minutes=1)
    ((known, since),) = recorder(tmp_path).all_jobs() or ()
    assert (known.state, since) == ("COMPLETE", NOON + timedelta(minutes=2))


def test_a_job_that_studio_no_longer_lists_is_gone_and_may_come_back(tmp_path: Path) -> None:
    kept = recorder(tmp_path)
    note(kept, [job(1), job(2)])
    note(kept, [job(1)], minutes=1)
    assert changes(kept)[-1][1:] == (job(2).id, {"-": 1})
    assert [each.id for each, _ in (kept.all_jobs() or ())] == [job(1).id, job(2).id]
    recalled = recorder(tmp_path).recall_jobs(10)
    assert recalled is not None
    assert [each.id for each in recalled.items] == [job(1).id]
    note(kept, [job(1), job(2)], minutes=2)
    assert list(changes(kept)[-1][2]) == ["="]


def test_a_job_beyond_the_window_is_not_taken_for_gone(tmp_path: Path) -> None:
    kept = recorder(tmp_path)
    note(kept, [job(1), job(2)])
    back_to = NOON - timedelta(minutes=1)
    kept.note_jobs([job(1)], NOON, has_all=False, back_to=back_to)
    assert len(changes(kept)) == 2


def test_the_last_known_list_is_that_of_the_last_answer(tmp_path: Path) -> None:
    kept = recorder(tmp_path)
    note(kept, [job(number) for number in range(1, 9)], has_all=False)
    kept.confirm("jobs", NOON + timedelta(minutes=7))
    kept.flush()
    recalled = recorder(tmp_path).recall_jobs(5)
    assert recalled is not None
    assert [each.id for each in recalled.items] == [job(number).id for number in range(1, 6)]
    assert (recalled.at, recalled.has_all) == (NOON + timedelta(minutes=7), False)
    assert recorder(tmp_path / "other").recall_jobs(5) is None


def test_jobs_that_were_created_at_once_keep_the_order_of_studio_as_they_change(
    tmp_path: Path,
) -> None:
    listed = [job(number, "RUNNING").model_copy(update={"created_at": NOON}) for number in range(5)]
    kept = recorder(tmp_path)
    note(kept, listed)
    listed[3] = listed[3].model_copy(update={"status": "COMPLETE"})
    listed[1] = listed[1].model_copy(update={"status": "FAILED"})
    note(kept, listed, minutes=1)
    kept.confirm("jobs", NOON + timedelta(minutes=1))
    kept.flush()
    again = recorder(tmp_path)
    recalled = again.recall_jobs(100)
    assert recalled is not None
    assert [each.id for each in recalled.items] == [each.id for each in listed]
    assert [each.id for each, _ in again.all_jobs() or ()] == [each.id for each in listed]


async def test_past_runs_are_the_other_complete_ones_of_a_name_the_newest_first(
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
    kept = recorder(tmp_path)
    note(kept, jobs)
    JobHistory(kept.database).note_ended(jobs)
    found = await recorder(tmp_path).past_runs(named(2, "COMPLETE"))
    assert [each.id for each in found] == [job(3).id, job(1).id]
    assert await recorder(tmp_path).past_runs(named(9, "RUNNING", "other.py")) == ()
    nameless = job(7).model_copy(update={"name": None})
    assert await recorder(tmp_path).past_runs(nameless) == ()


def test_pipelines_clusters_and_schedules_are_recalled_too(tmp_path: Path) -> None:
    kept = recorder(tmp_path)
    runs = [{"job_id": str(number), "status": "PENDING"} for number in range(99)]
    pipeline = Pipeline.model_validate({"pipeline_id": "p", "status": "RUNNING", "job_runs": runs})
    cluster = Cluster.model_validate({"id": 3, "name": "gpu"})
    schedule = job(1, "TASK", schedule={"cron_expression": "0 3 * * *"})
    kept.note_pipelines([pipeline], NOON, has_all=True)
    kept.note_list("clusters", [cluster], NOON)
    kept.note_list("schedules", [schedule], NOON)
    kept = recorder(tmp_path)
    pipelines, clusters = kept.recall_pipelines(), kept.recall_list("clusters", Cluster)
    schedules = kept.recall_list("schedules", Job)
    assert [each and each.items for each in (pipelines, clusters, schedules)] == [
        (pipeline,),
        (cluster,),
        (stripped(schedule),),
    ]


def job_with_secrets() -> Job:
    """Return a job that has a secret wherever one can be."""
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
    )


def test_nothing_that_is_recorded_holds_a_secret(tmp_path: Path) -> None:
    password, _key, token = SECRETS
    kept = recorder(tmp_path)
    note(kept, [job_with_secrets()])
    sent = {
        "query": f"print('{password}')\nx = 1",
        "query_name": "a.py",
        "environment": f"DB_PASSWORD={password}\nMODE=plainvalue",
        "repository": f"https://ann:{password}@host/x",
        "requirements": "pandas\n" * 4000,
    }
    body = json.dumps(sent).encode()
    kept.note_call(replace(call(), method="POST", changes=True, body=body))
    kept.note_call(call(query={"token": token}))
    kept.flush()
    (command,) = [each for each in kept.recent_calls(9) if each.changes]
    told = json.loads(command.body)
    assert told["query"] == "[2 lines left out]"
    assert told["environment"] == "DB_PASSWORD=[secret]\nMODE=[secret]"
    assert told["query_name"] == "a.py"
    dump = "\n".join(closed_dump(kept))
    for hidden in (*SECRETS, "plainvalue", "pagekey", "print("):
        assert hidden not in dump
    assert "DB_PASSWORD" in dump


def closed_dump(kept: Recorder) -> list[str]:
    rows = kept.database.rows("SELECT body FROM item") + kept.database.rows(
        "SELECT difference FROM change"
    )
    dumped = kept.database.read(lambda connection: list(connection.iterdump())) or []
    return [*dumped, *(json.dumps(unpack(packed)) for (packed,) in rows)]


# Calls.


def test_equal_polls_are_counted_and_a_command_never_is(tmp_path: Path) -> None:
    kept = recorder(tmp_path)
    for second in range(5):
        kept.note_call(call(second))
        kept.note_call(replace(call(second, "/jobs/1/cancel"), method="POST", changes=True))
    kept.flush()
    for second in range(5, 8):
        kept.note_call(call(second))
    kept.note_call(call(8, outcome="500"))
    kept.flush()
    found = recorder(tmp_path).recent_calls(99)
    polls = [(each.outcome, each.count, each.ms) for each in found if not each.changes]
    assert polls == [("500", 1, 12.5), ("200", 8, 100.0)]
    assert [each.count for each in found if each.changes] == [1] * 5
    assert found == kept.recent_calls(99)


def test_a_command_that_fails_again_is_counted_with_its_reason(tmp_path: Path) -> None:
    kept = recorder(tmp_path)
    command = replace(call(path="/jobs/1/cancel"), method="POST", changes=True)
    why = "Studio says no; token hunter2hunter2 is known."
    for second, outcome in enumerate(["NotSent", "NotSent", "409", "200", "200"]):
        at = NOON + timedelta(seconds=second)
        reason = "" if outcome == "200" else why
        kept.note_call(replace(command, started_at=at, outcome=outcome, reason=reason))
    kept.flush()
    found = recorder(tmp_path).recent_calls(99)
    assert [(each.outcome, each.count) for each in reversed(found)] == [
        *(("NotSent", 2), ("409", 1), ("200", 1), ("200", 1))
    ]
    assert [bool(each.reason) for each in found] == [False, False, True, True]
    assert "hunter2" not in found[-1].reason
    assert "Studio says no" in found[-1].reason


def test_the_calls_of_an_older_program_are_kept_and_newer_ones_have_reasons(tmp_path: Path) -> None:
    kept = recorder(tmp_path)
    kept.note_call(call())
    kept.flush()
    kept.database.close()
    (file,) = tmp_path.rglob("*.sqlite")
    with closing(sqlite3.connect(file)) as connection:
        columns = "number, at, last_at, method, path, outcome, count, ms, most_ms, changes, body"
        connection.executescript(
            f"CREATE TABLE older AS SELECT {columns} FROM call;"  # noqa: S608
            "DROP TABLE call; ALTER TABLE older RENAME TO call; PRAGMA user_version = 2;"
        )
    newer = recorder(tmp_path)
    newer.note_call(call(1, outcome="500", reason="It broke."))
    newer.flush()
    calls = recorder(tmp_path).recent_calls(99)
    assert [(each.outcome, each.reason) for each in calls] == [("500", "It broke."), ("200", "")]


def test_calls_that_could_not_be_written_are_written_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio_tui.service.recorder.database._LOCK_TIMEOUT", 0.01)
    kept = recorder(tmp_path)
    kept.note_call(call())
    kept.flush()
    with closing(sqlite3.connect(kept.database.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        kept.note_call(call(1))
        kept.note_call(call(2, "/clusters"))
        assert not kept.flush()
        assert len(kept.recent_calls(9)) == 2
        other.execute("ROLLBACK")
    assert kept.flush()
    found = recorder(tmp_path).recent_calls(9)
    assert [(each.path, each.count) for each in found] == [("/clusters", 1), ("/jobs", 2)]


# The file.


def test_the_job_history_of_an_older_program_is_there_in_the_recorder(tmp_path: Path) -> None:
    path = RecorderFile(tmp_path, PLACE).path
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE submitted (job_id TEXT PRIMARY KEY, parts TEXT NOT NULL);"
            "CREATE TABLE run (job_id TEXT PRIMARY KEY, name TEXT, state TEXT NOT NULL,"
            " created_at REAL, started_at REAL, finished_at REAL NOT NULL);"
            "INSERT INTO submitted VALUES ('1', '{\"priority\": 3}');"
            "INSERT INTO run VALUES ('1', 'a.py', 'COMPLETE', 1, 2, 62);"
            "PRAGMA user_version = 1;"
        )
    kept = recorder(tmp_path)
    note(kept, [job(1)])
    history = JobHistory(kept.database)
    assert history.submissions(["1"]) == {"1": Submitted(priority=3)}
    assert history.durations(["a.py"]) == {"a.py": (60.0,)}
    assert len(kept.all_jobs() or ()) == 1


def test_a_damaged_file_is_set_aside_with_a_sentence_and_a_new_one_begun(tmp_path: Path) -> None:
    note(recorder(tmp_path), [job(1)])
    path = RecorderFile(tmp_path, PLACE).path
    path.write_bytes(b"no database" * 999)
    kept, said = recorder(tmp_path), list[str]()
    kept.database.warn = said.append
    kept.database.keep_open()
    note(kept, [job(2)])
    note(kept, [job(2)], minutes=1)
    note(kept, [job(2), job(3)], minutes=2)
    assert [each.id for each, _ in (recorder(tmp_path).all_jobs() or ())] == [job(2).id, job(3).id]
    assert path.with_suffix(".damaged").read_bytes() == b"no database" * 999
    (sentence,) = said
    assert "set aside" in sentence
    assert str(path.with_suffix(".damaged")) in sentence
    kept.database.close()


def test_a_new_file_of_another_dashboard_is_not_set_aside_with_the_damaged_one(
    tmp_path: Path,
) -> None:
    slow, quick = RecorderFile(tmp_path, PLACE), recorder(tmp_path)
    note(quick, [job(1)])
    slow.path.write_bytes(b"no database" * 999)
    damaged = slow.path.stat().st_ino
    note(quick, [job(2)], minutes=1)
    note(quick, [job(2)], minutes=2)
    slow._set_aside(damaged)
    assert [each.id for each, _ in (quick.all_jobs() or ())] == [job(2).id]


# Bounds.


def many(kept: Recorder, count: int, minutes: float) -> None:
    note(kept, [job(number) for number in range(1, count + 1)], minutes=minutes)


def test_what_has_not_changed_for_many_days_is_forgotten_with_its_changes(tmp_path: Path) -> None:
    day = 24 * 60
    kept = recorder(tmp_path, limits=Limits(days=30), now=lambda: NOON + timedelta(days=31))
    many(kept, 3, 0)
    note(kept, [job(1), job(2), job(3, name="changed.py")], minutes=2 * day)
    kept.note_call(call())
    kept.note_call(replace(call(), started_at=NOON + timedelta(days=2)))
    kept.flush()
    kept.prune()
    assert [each.name for each, _ in (kept.all_jobs() or ())] == ["changed.py"]
    assert {item_id for _, item_id, _ in changes(kept)} == {job(3).id}
    assert len(changes(kept)) == 2


def test_the_file_stays_within_its_megabytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "STEP", 50)
    kept = recorder(tmp_path, limits=Limits(megabytes=0.5), now=lambda: NOON)
    texts = (os.urandom(400).hex() for _ in iter(int, 1))
    for batch in range(4):
        jobs = [job(batch * 500 + each, error_message=next(texts)) for each in range(500)]
        kept.note_jobs(jobs, NOON + timedelta(minutes=batch), has_all=False, back_to=NOON)
    kept.prune()
    kept.database.close()
    assert kept.database.path.stat().st_size < 0.6 * 1024 * 1024
    left = [int(each.id[:8]) for each, _ in (kept.all_jobs() or ())]
    assert len(left) > 50
    assert min(left) >= 1000, "what changed last stays"


# Others, and sudden ends.

PROGRAM = """
import sys
from pathlib import Path
from tests.service.recorder.test_recorder import call, note, recorder
from tests.jobs import job
kept = recorder(Path(sys.argv[1]))
kept.database.keep_open()
first, count = int(sys.argv[2]), int(sys.argv[3])
for turn in range(count):
    state = "RUNNING" if turn % 2 else "COMPLETE"
    note(kept, [job(first + each, state) for each in range(20)], minutes=turn + 1)
    kept.note_call(call(turn, f"/jobs/{first}/{turn}"))
    kept.flush()
    print(turn, flush=True)
"""


def start(folder: Path, first: int, count: int) -> "subprocess.Popen[str]":
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", PROGRAM, str(folder), str(first), str(count)]
    return subprocess.Popen(command, cwd=root, env=os.environ, stdout=subprocess.PIPE, text=True)


@pytest.mark.starts_processes
def test_a_recorder_that_is_killed_is_whole_and_another_has_lost_nothing(tmp_path: Path) -> None:
    recorder(tmp_path).flush()
    with start(tmp_path, 100, 100_000) as killed, start(tmp_path, 500, 8) as other:
        assert killed.stdout is not None
        written = [int(killed.stdout.readline()) for _ in range(5)]
        assert other.wait(HANG) == 0
        killed.send_signal(signal.SIGKILL)
    kept = recorder(tmp_path)
    assert kept.database.rows("PRAGMA integrity_check") == [("ok",)]
    paths = {each.path for each in kept.recent_calls(100_000)}
    assert {f"/jobs/100/{turn}" for turn in written} <= paths
    assert {f"/jobs/500/{turn}" for turn in range(8)} <= paths
    assert len({item_id for _, item_id, _ in changes(kept)}) == 40
