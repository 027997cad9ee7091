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
from studio_tui.service.commands import history as module
from studio_tui.service.commands.history import JobHistory
from studio_tui.service.commands.submitted import SentFile, Submitted
from studio_tui.service.recorder import database as file_module
from studio_tui.service.recorder.database import RecorderFile
from tests.jobs import NOON, job
from tests.waiting import HANG

PLACE = "https://studio.example.com\nvision"
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
    return JobHistory(RecorderFile(tmp_path, PLACE))


def again(tmp_path: Path) -> JobHistory:
    return JobHistory(RecorderFile(tmp_path, PLACE))


def file_of(folder: Path) -> Path:
    (path,) = folder.glob("*.sqlite")
    return path


def ended(number: int, seconds: float | None, state: str = "COMPLETE", name: str = "a.py") -> Job:
    """Return a job that ended `number` minutes after noon and ran for some seconds."""
    finished = NOON + timedelta(minutes=number)
    started = None if seconds is None else (finished - timedelta(seconds=seconds)).isoformat()
    return job(number, state, name=name, finished_at=finished.isoformat(), started_at=started)


def runs(folder: Path) -> list[tuple[Any, ...]]:
    """Return the recorded runs: id, state, name and the three times, last ended first."""
    query = (
        "SELECT job_id, state, name, created_at, started_at, finished_at FROM run"
        " ORDER BY finished_at DESC"
    )
    with closing(sqlite3.connect(file_of(folder))) as connection:
        return connection.execute(query).fetchall()


# What was submitted.


def test_what_a_job_was_submitted_with_is_there_after_a_restart(
    history: JobHistory, tmp_path: Path
) -> None:
    history.note_submitted("1", SUBMITTED)
    history.note_submitted("2", Submitted())
    known = again(tmp_path).submissions(["1", "2", "3"])
    assert known == {"1": SUBMITTED, "2": Submitted()}


def test_a_request_is_recorded_without_secrets_and_fields_that_studio_sends(
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
    path = file_of(tmp_path)
    assert b"canary" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    (known,) = history.submissions(["1"]).values()
    assert known == Submitted(priority=2, files=(NOTES, SentFile(id="8")))


def test_an_upload_is_known_by_its_id_from_whatever_job_named_it(
    history: JobHistory, tmp_path: Path
) -> None:
    history.note_submitted("1", SUBMITTED)
    history.note_submitted("2", Submitted(files=(SentFile(id="7"), SentFile(id="9"))))
    assert again(tmp_path).uploaded_files(["7", "8", "9"]) == {"7": NOTES}


def test_a_path_with_control_characters_is_safe_to_draw() -> None:
    file = SentFile(id="1", label="a\x1b[31m", path="/tmp/\x07")
    assert (file.label, file.path) == ("a␛[31m", "/tmp/␇")


def test_only_the_last_submissions_are_kept(
    history: JobHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEPT_SUBMISSIONS", 3)
    for number in range(5):
        history.note_submitted(str(number), Submitted(priority=number))
    history.note_submitted("2", Submitted(priority=0))
    history.note_submitted("5", Submitted())
    assert sorted(history.submissions(map(str, range(9)))) == ["2", "4", "5"]


def test_a_team_does_not_see_the_ledger_of_another(history: JobHistory, tmp_path: Path) -> None:
    history.note_submitted("1", SUBMITTED)
    assert (
        JobHistory(RecorderFile(tmp_path, "https://studio.example.com\nother")).submissions(["1"])
        == {}
    )


# What runs took.


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
    for known in (history, again(tmp_path)):
        assert known.durations(["a.py", "b.py", "c.py"]) == {"a.py": (70.5, 60), "b.py": (9,)}


def test_a_run_is_recorded_by_job_with_the_times_sent_by_studio(
    history: JobHistory, tmp_path: Path
) -> None:
    whole, bare = job(1), job(2, "FAILED", name=None, created_at=None, started_at=None)
    history.note_ended([whole, bare])
    assert whole.created_at
    assert whole.started_at
    assert bare.finished_at
    times = whole.created_at, whole.started_at, NOON + timedelta(seconds=5)
    assert runs(tmp_path) == [
        (whole.id, "COMPLETE", whole.name, *(each.timestamp() for each in times)),
        (bare.id, "FAILED", None, None, None, bare.finished_at.timestamp()),
    ]


@pytest.mark.parametrize(
    "fields",
    [{"status": "RUNNING"}, {"status": "TASK"}, {"status": "NEW"}, {"finished_at": None}],
)
def test_what_has_not_ended_is_no_run_yet(history: JobHistory, fields: dict[str, Any]) -> None:
    history.note_ended([job(1, **fields)])
    assert history.durations(["job_1.py"]) == {}
    history.note_ended([job(1)])
    assert history.durations(["job_1.py"]) == {"job_1.py": (60.0,)}


def test_a_run_is_written_once_and_by_one_of_two_dashboards(
    history: JobHistory, tmp_path: Path
) -> None:
    history.note_ended([ended(1, 60)])
    before = file_of(tmp_path).stat().st_mtime_ns, file_of(tmp_path).read_bytes()
    history.note_ended([ended(1, 61), job(2, "RUNNING")])
    assert (file_of(tmp_path).stat().st_mtime_ns, file_of(tmp_path).read_bytes()) == before
    again(tmp_path).note_ended([ended(1, 62), ended(2, 5)])
    assert history.durations(["a.py"]) == {"a.py": (5, 60)}


def test_only_the_runs_that_ended_last_are_kept_and_returned(
    history: JobHistory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEPT_RUNS", 4)
    monkeypatch.setattr(module, "SAMPLES", 3)
    history.note_ended(ended(number, number) for number in (5, 1, 6, 3, 2, 4))
    assert [run[0] for run in runs(tmp_path)] == [ended(number, 1).id for number in (6, 5, 4, 3)]
    assert history.durations(["a.py"]) == {"a.py": (6, 5, 4)}


def test_names_are_never_taken_for_sql_or_json(history: JobHistory) -> None:
    names = ["a'; DROP TABLE run; --", '"]', "\\", "名前 🙂", ""]
    history.note_ended(ended(n, n + 1, name=name) for n, name in enumerate(names))
    assert history.durations(names) == {name: (n + 1.0,) for n, name in enumerate(names)}


# A disk that does not do as it should.


def note_both(history: JobHistory, number: int = 1) -> None:
    history.note_submitted(str(number), SUBMITTED)
    history.note_ended([ended(number, 60, name=f"{number}.py")])


def has_both(history: JobHistory, number: int = 1) -> bool:
    return history.submissions([str(number)]) == {str(number): SUBMITTED} and history.durations(
        [f"{number}.py"]
    ) == {f"{number}.py": (60.0,)}


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_a_folder_that_cannot_be_written_leaves_the_ledger_in_memory(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    history = JobHistory(RecorderFile(tmp_path / "file", PLACE))
    note_both(history)
    note_both(history, 2)
    assert has_both(history)
    assert has_both(history, 2)
    assert history.uploaded_files(["7"]) == {"7": NOTES}
    assert len(warnings(caplog)) == 1  # the same trouble is told once
    assert "stay in memory" in caplog.text


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\x00" * 300])
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    note_both(again(tmp_path))
    path = file_of(tmp_path)
    path.write_bytes(content)
    history = again(tmp_path)
    note_both(history, 2)
    note_both(history, 3)
    assert has_both(again(tmp_path), 2)
    assert has_both(again(tmp_path), 3)
    assert path.with_suffix(".damaged").read_bytes() == content
    assert warnings(caplog)


def test_a_file_that_is_damaged_in_the_middle_is_set_aside_when_that_is_seen(
    history: JobHistory, tmp_path: Path
) -> None:
    note_both(history)
    path = file_of(tmp_path)
    page = 4096
    path.write_bytes(path.read_bytes()[:page] + b"\xff" * (path.stat().st_size - page))
    note_both(history, 2)
    note_both(history, 3)
    assert has_both(again(tmp_path), 2)
    assert has_both(again(tmp_path), 3)


def test_a_file_of_a_newer_version_is_left_as_it_is(
    history: JobHistory, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    note_both(history)
    with closing(sqlite3.connect(file_of(tmp_path))) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = file_of(tmp_path).read_bytes()
    note_both(history, 2)
    assert has_both(history, 2)
    assert file_of(tmp_path).read_bytes() == before
    assert "newer version" in caplog.text


def test_what_could_not_be_written_while_another_held_the_file_is_written_later(
    history: JobHistory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_module, "_LOCK_TIMEOUT", 0.01)
    note_both(history)
    with closing(sqlite3.connect(file_of(tmp_path), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        note_both(history, 2)
        assert has_both(history, 2)
        assert history.submissions(["1"]) == {"1": SUBMITTED}
        other.execute("ROLLBACK")
    note_both(history, 3)
    for number in (1, 2, 3):
        assert has_both(again(tmp_path), number)


def test_what_a_full_disk_does_not_take_is_written_when_there_is_room(
    history: JobHistory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note_both(history)
    opened = file_module.connect

    def full(path: Path) -> sqlite3.Connection:
        connection = opened(path)
        connection.execute("PRAGMA max_page_count = 1")  # SQLite says SQLITE_FULL, as for a disk
        return connection

    long = Submitted(credentials_name="x" * 100_000)
    with monkeypatch.context() as patched:
        patched.setattr(file_module, "connect", full)
        history.note_submitted("2", long)
        assert history.submissions(["1", "2"]) == {"1": SUBMITTED, "2": long}
        assert again(tmp_path).submissions(["2"]) == {}
    note_both(history, 3)
    assert again(tmp_path).submissions(["2"]) == {"2": long}


@pytest.mark.starts_processes
def test_several_dashboards_write_at_once(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from tests.service.commands.test_history import again, note_both\n"
        "history = again(Path(sys.argv[1]))\n"
        "for number in range(int(sys.argv[2]), int(sys.argv[2]) + 20): note_both(history, number)\n"
    )
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", program, str(tmp_path)]
    running = [
        subprocess.Popen([*command, str(number)], cwd=root, env=os.environ)
        for number in (0, 100, 200)
    ]
    assert [process.wait(HANG) for process in running] == [0, 0, 0]
    history = again(tmp_path)
    assert all(has_both(history, first + number) for first in (0, 100, 200) for number in range(20))


def test_extreme_times_are_kept(history: JobHistory, tmp_path: Path) -> None:
    far = job(1, created_at="0001-01-01T00:00:00Z", finished_at="9999-12-31T23:59:59Z")
    history.note_ended([far])
    assert far.finished_at
    ((*_, created, _, finished),) = runs(tmp_path)
    assert (created, finished) == (-62135596800.0, far.finished_at.timestamp())
    assert len(again(tmp_path).durations(["job_1.py"])["job_1.py"]) == 1
