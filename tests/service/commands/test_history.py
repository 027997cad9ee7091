import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from studio_tui.api.models import Job, JobInput
from studio_tui.service.commands import history as history_module
from studio_tui.service.commands.history import JobHistory
from studio_tui.service.commands.submitted import SentFile, Submitted
from studio_tui.service.recorder import database as database_module
from studio_tui.service.recorder.database import RecorderFile
from tests.jobs import NOON, job
from tests.waiting import HANG

PROFILE = "https://studio.example.com\nvision"
NOTES = SentFile(id="7", label="notes.txt", size=12, path="/home/ann/notes.txt")
SUBMITTED = Submitted(
    priority=1,
    files=(NOTES,),
    credentials_name="mine",
    compute_cluster_id=3,
    start_after=NOON,
    cron_expression="0 3 * * *",
    time_zone="Europe/Berlin",
    rerun_from_job_id="5",
    reset=True,
)


@pytest.fixture
def history(tmp_path: Path) -> JobHistory:
    return JobHistory(RecorderFile(tmp_path, PROFILE))


def reopened(tmp_path: Path) -> JobHistory:
    """Return the history as another run of the program reads it."""
    return JobHistory(RecorderFile(tmp_path, PROFILE))


def history_file(folder: Path) -> Path:
    (path,) = folder.glob("*.sqlite")
    return path


def ended(number: int, seconds: float | None, state: str = "COMPLETE", name: str = "a.py") -> Job:
    """Return a job that ended `number` minutes after noon and ran for `seconds`."""
    finished = NOON + timedelta(minutes=number)
    started = None if seconds is None else (finished - timedelta(seconds=seconds)).isoformat()
    return job(number, state, name=name, finished_at=finished.isoformat(), started_at=started)


def runs(folder: Path) -> list[tuple[Any, ...]]:
    """Return the recorded runs; the one that ended last comes first.

    Each has its id, its state, its name, and when it was created, started and finished.
    """
    query = (
        "SELECT job_id, state, name, created_at, started_at, finished_at FROM run"
        " ORDER BY finished_at DESC"
    )
    with closing(sqlite3.connect(history_file(folder))) as connection:
        return connection.execute(query).fetchall()


# Submissions.


def test_submissions_are_kept_after_a_restart(history: JobHistory, tmp_path: Path) -> None:
    history.note_submitted("1", SUBMITTED)
    history.note_submitted("2", Submitted())
    submissions = reopened(tmp_path).submissions(["1", "2", "3"])
    assert submissions == {"1": SUBMITTED, "2": Submitted()}


def test_a_submission_is_recorded_without_secrets_and_fields_that_studio_sends(
    history: JobHistory, tmp_path: Path
) -> None:
    request = JobInput(
        query="canary-query",
        team_name="vision",
        environment="KEY=canary-value",
        requirements="canary-requirement",
        priority=2,
        files=("7", "8"),
    )
    history.note_submitted("1", Submitted.of(request, {"7": NOTES}))
    path = history_file(tmp_path)
    assert b"canary" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    (recorded,) = history.submissions(["1"]).values()
    assert recorded == Submitted(priority=2, files=(NOTES, SentFile(id="8")))


def test_an_uploaded_file_is_found_by_its_id_in_the_submission_of_any_job(
    history: JobHistory, tmp_path: Path
) -> None:
    history.note_submitted("1", SUBMITTED)
    history.note_submitted("2", Submitted(files=(SentFile(id="7"), SentFile(id="9"))))
    assert reopened(tmp_path).uploaded_files(["7", "8", "9"]) == {"7": NOTES}


def test_a_path_with_control_characters_is_safe_to_draw() -> None:
    file = SentFile(id="1", label="a\x1b[31m", path="/tmp/\x07")
    assert (file.label, file.path) == ("a␛[31m", "/tmp/␇")


def test_only_the_last_submissions_are_kept(
    history: JobHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_module, "KEPT_SUBMISSIONS", 3)
    for number in range(5):
        history.note_submitted(str(number), Submitted(priority=number))
    history.note_submitted("2", Submitted(priority=0))
    history.note_submitted("5", Submitted())
    assert sorted(history.submissions(map(str, range(9)))) == ["2", "4", "5"]


def test_a_team_does_not_see_the_history_of_another_team(
    history: JobHistory, tmp_path: Path
) -> None:
    history.note_submitted("1", SUBMITTED)
    assert (
        JobHistory(RecorderFile(tmp_path, "https://studio.example.com\nother")).submissions(["1"])
        == {}
    )


# Runs and their durations.


def test_the_newest_runs_of_a_name_come_first_with_their_seconds(
    history: JobHistory, tmp_path: Path
) -> None:
    history.note_ended(
        [
            ended(1, 60),
            ended(4, None, "CANCELED"),
            ended(2, 70.5),
            ended(3, 80, "FAILED"),
            ended(5, 9, name="b.py"),
            ended(6, -5),
        ]
    )
    assert [run[:2] for run in runs(tmp_path)] == [
        (ended(6, 1).id, "COMPLETE"),
        (ended(5, 1).id, "COMPLETE"),
        (ended(4, 1).id, "CANCELED"),
        (ended(3, 1).id, "FAILED"),
        (ended(2, 1).id, "COMPLETE"),
        (ended(1, 1).id, "COMPLETE"),
    ]
    for opened in (history, reopened(tmp_path)):
        assert opened.durations(["a.py", "b.py", "c.py"]) == {"a.py": (70.5, 60), "b.py": (9,)}


def test_a_run_is_recorded_with_the_times_that_studio_sends(
    history: JobHistory, tmp_path: Path
) -> None:
    complete, minimal = job(1), job(2, "FAILED", name=None, created_at=None, started_at=None)
    history.note_ended([complete, minimal])
    assert complete.created_at
    assert complete.started_at
    assert minimal.finished_at
    times = complete.created_at, complete.started_at, NOON + timedelta(seconds=5)
    assert runs(tmp_path) == [
        (complete.id, "COMPLETE", complete.name, *(time.timestamp() for time in times)),
        (minimal.id, "FAILED", None, None, None, minimal.finished_at.timestamp()),
    ]


@pytest.mark.parametrize(
    "fields",
    [{"status": "RUNNING"}, {"status": "TASK"}, {"status": "NEW"}, {"finished_at": None}],
)
def test_a_job_that_has_not_ended_is_not_recorded_as_a_run(
    history: JobHistory, fields: dict[str, Any]
) -> None:
    history.note_ended([job(1, **fields)])
    assert history.durations(["job_1.py"]) == {}
    history.note_ended([job(1)])
    assert history.durations(["job_1.py"]) == {"job_1.py": (60.0,)}


def test_a_run_is_written_once_even_by_two_dashboards(history: JobHistory, tmp_path: Path) -> None:
    history.note_ended([ended(1, 60)])
    before = history_file(tmp_path).stat().st_mtime_ns, history_file(tmp_path).read_bytes()
    history.note_ended([ended(1, 61), job(2, "RUNNING")])
    assert (
        history_file(tmp_path).stat().st_mtime_ns,
        history_file(tmp_path).read_bytes(),
    ) == before
    reopened(tmp_path).note_ended([ended(1, 62), ended(2, 5)])
    assert history.durations(["a.py"]) == {"a.py": (5, 60)}


def test_only_the_runs_that_ended_last_are_kept_and_returned(
    history: JobHistory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_module, "KEPT_RUNS", 4)
    monkeypatch.setattr(history_module, "SAMPLES", 3)
    history.note_ended(ended(number, number) for number in (5, 1, 6, 3, 2, 4))
    assert [run[0] for run in runs(tmp_path)] == [ended(number, 1).id for number in (6, 5, 4, 3)]
    assert history.durations(["a.py"]) == {"a.py": (6, 5, 4)}


def test_names_are_never_interpreted_as_sql_or_json(history: JobHistory) -> None:
    names = ["a'; DROP TABLE run; --", '"]', "\\", "名前 🙂", ""]
    history.note_ended(ended(number, number + 1, name=name) for number, name in enumerate(names))
    assert history.durations(names) == {name: (number + 1.0,) for number, name in enumerate(names)}


# A disk that does not work.


def note_both(history: JobHistory, number: int = 1) -> None:
    history.note_submitted(str(number), SUBMITTED)
    history.note_ended(ended(each, 60, name=f"{each}.py") for each in range(1, number + 1))


def has_submission(history: JobHistory, number: int = 1) -> bool:
    return history.submissions([str(number)]) == {str(number): SUBMITTED}


def has_both(history: JobHistory, number: int = 1) -> bool:
    durations = history.durations([f"{number}.py"])
    return has_submission(history, number) and durations == {f"{number}.py": (60.0,)}


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_submissions_stay_in_memory_if_the_folder_cannot_be_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    history = JobHistory(RecorderFile(tmp_path / "file", PROFILE))
    note_both(history)
    note_both(history, 2)
    assert has_submission(history)
    assert has_submission(history, 2)
    assert history.uploaded_files(["7"]) == {"7": NOTES}
    assert len(warnings(caplog)) == 1  # an error is reported only once
    assert "The recorder's file cannot be used" in caplog.text


def test_a_file_with_damaged_pages_is_set_aside_at_the_next_write(
    history: JobHistory, tmp_path: Path
) -> None:
    note_both(history)
    path = history_file(tmp_path)
    page_size = 4096
    damaged_bytes = path.stat().st_size - page_size
    path.write_bytes(path.read_bytes()[:page_size] + b"\xff" * damaged_bytes)
    note_both(history, 2)
    note_both(history, 3)
    assert has_both(reopened(tmp_path), 2)
    assert has_both(reopened(tmp_path), 3)


@pytest.mark.parametrize("version", [1, 99])
def test_a_file_of_another_version_is_left_as_it_is(
    history: JobHistory, tmp_path: Path, caplog: pytest.LogCaptureFixture, version: int
) -> None:
    note_both(history)
    with closing(sqlite3.connect(history_file(tmp_path))) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    before = history_file(tmp_path).read_bytes()
    note_both(history, 2)
    assert has_submission(history, 2)
    assert history_file(tmp_path).read_bytes() == before
    assert "another version" in caplog.text


def test_records_are_written_later_if_another_program_has_locked_the_file(
    history: JobHistory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "_LOCK_TIMEOUT", 0.01)
    note_both(history)
    with closing(sqlite3.connect(history_file(tmp_path), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        note_both(history, 2)
        assert has_submission(history, 2)
        assert history.submissions(["1"]) == {"1": SUBMITTED}
        other.execute("ROLLBACK")
    note_both(history, 3)
    for number in (1, 2, 3):
        assert has_both(reopened(tmp_path), number)


def test_records_are_written_later_if_the_disk_is_full(
    history: JobHistory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note_both(history)
    connect = database_module.connect

    def connect_to_full_file(path: Path) -> sqlite3.Connection:
        connection = connect(path)
        # Writes fail with SQLITE_FULL, as on a full disk.
        connection.execute("PRAGMA max_page_count = 1")
        return connection

    large = Submitted(credentials_name="x" * 100_000)
    with monkeypatch.context() as patched:
        patched.setattr(database_module, "connect", connect_to_full_file)
        history.note_submitted("2", large)
        assert history.submissions(["1", "2"]) == {"1": SUBMITTED, "2": large}
        assert reopened(tmp_path).submissions(["2"]) == {}
    note_both(history, 3)
    assert reopened(tmp_path).submissions(["2"]) == {"2": large}


@pytest.mark.starts_processes
def test_several_dashboards_write_to_one_history_at_once(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from tests.service.commands.test_history import reopened, note_both\n"
        "history = reopened(Path(sys.argv[1]))\n"
        "for number in range(int(sys.argv[2]), int(sys.argv[2]) + 20): note_both(history, number)\n"
    )
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", program, str(tmp_path)]
    processes = [
        subprocess.Popen([*command, str(number)], cwd=root, env=os.environ)
        for number in (1, 101, 201)
    ]
    assert [process.wait(HANG) for process in processes] == [0, 0, 0]
    history = reopened(tmp_path)
    assert all(has_both(history, first + number) for first in (1, 101, 201) for number in range(20))


def test_extreme_times_are_kept(history: JobHistory, tmp_path: Path) -> None:
    extreme = job(1, created_at="0001-01-01T00:00:00Z", finished_at="9999-12-31T23:59:59Z")
    history.note_ended([extreme])
    assert extreme.finished_at
    ((*_, created, _, finished),) = runs(tmp_path)
    assert (created, finished) == (-62135596800.0, extreme.finished_at.timestamp())
    assert len(reopened(tmp_path).durations(["job_1.py"])["job_1.py"]) == 1
