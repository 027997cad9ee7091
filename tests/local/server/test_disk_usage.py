"""The disk space that a local Studio uses, and the old files that it deletes."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from studio_tui import clock
from studio_tui.api.routes import REMOVED_LOG
from studio_tui.errors import ConfigError
from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.config.disk_limits import parse_span, read_max_age
from studio_tui.local.server import disk_usage, endpoint
from studio_tui.local.server.cli import local
from studio_tui.local.shim import durable
from tests.studios import ThreadStudio
from tests.waiting import eventually

BIG = "open('big', 'wb').write(bytes(3_000_000)); print('it ran')"


def end_days_ago(studio: ThreadStudio, job_id: str, days: float) -> None:
    """Change the record of the end of a job to `days` days ago."""
    ended_at = (clock.now() - timedelta(days=days)).timestamp()
    os.utime(DataDir(studio.data_dir).jobs / job_id / "exit.json", (ended_at, ended_at))


def run(studio: ThreadStudio, *arguments: str, typed: str = "") -> str:
    """Run a command of the local Studio; return its output."""
    result = CliRunner().invoke(
        local, ["--data-dir", str(studio.data_dir), *arguments], input=typed
    )
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def old_and_new(studio: ThreadStudio) -> Iterator[tuple[str, str, str]]:
    """The ids of a job that ended 40 days ago, one that ended now and one that runs.

    Each has a file of 3 MB.
    """
    old, new = (studio.submit(BIG)["id"] for _ in range(2))
    running = studio.submit(f"{BIG}; import time; time.sleep(600)")["id"]
    for job_id in (old, new):
        studio.wait_for_end(job_id)
    studio.wait_for_state(running, "RUNNING")
    end_days_ago(studio, old, 40)
    yield old, new, running
    studio.cancel_all()


@pytest.mark.usefixtures("old_and_new")
def test_status_shows_jobs_disk_usage_and_what_could_be_deleted(studio: ThreadStudio) -> None:
    output = run(studio, "status")
    assert f"running at {studio.url}" in output
    assert "1 running, 2 ended" in output
    for label in ("logs", "job folders", "environments", "uploads", "datasets", "database"):
        assert label in output
    assert "~2.9 MiB  1 job folder and 0 environments: `clean --older 30d`" in output
    assert "2 job folders and 0 environments: `clean --older 0d`" in output


def test_clean_asks_and_deletes_only_the_folders_of_old_jobs(
    studio: ThreadStudio, old_and_new: tuple[str, str, str]
) -> None:
    old, new, running = old_and_new
    jobs = DataDir(studio.data_dir).jobs
    before = studio.job(old)
    asked = run(studio, "clean", "--older", "30d", typed="n\n")
    assert "would be removed: ~2.9 MiB." in asked
    assert "Nothing was removed" in asked
    assert (jobs / old / "work" / "big").exists()
    assert "~2.9 MiB freed" in run(studio, "clean", "--older", "30d", typed="y\n")
    assert not (jobs / old / "work").exists()
    assert studio.job(old) == before
    assert studio.log(old) == REMOVED_LOG.decode()
    assert "Nothing is that old." in run(studio, "clean", "--older", "30d")
    run(studio, "clean", "--older", "0d", "--yes")
    assert not (jobs / new / "work").exists()
    assert (jobs / running / "work" / "big").exists()
    assert studio.job(running)["status"] == "RUNNING"
    assert "it ran" in studio.log(running)


def test_clean_keeps_a_folder_from_which_a_dataset_was_made(
    studio: ThreadStudio, old_and_new: tuple[str, str, str]
) -> None:
    old, _, _ = old_and_new
    data = DataDir(studio.data_dir)
    metastore = data.root / "datachain" / "root" / ".datachain" / "db"
    metastore.parent.mkdir(parents=True)
    with closing(sqlite3.connect(metastore)) as connection, connection:
        connection.execute("CREATE TABLE datasets (name TEXT)")
        connection.execute("INSERT INTO datasets VALUES (?)", [f"lst__file://{data.jobs / old}/"])
    run(studio, "clean", "--older", "0d", "--yes")
    assert (data.jobs / old / "work" / "big").exists()
    metastore.write_text("no database: the folders that it names cannot be known")
    run(studio, "clean", "--older", "0d", "--yes")
    assert (data.jobs / old / "work" / "big").exists()


def test_clean_deletes_an_environment_that_only_old_jobs_used(
    studio: ThreadStudio, old_and_new: tuple[str, str, str]
) -> None:
    old, new, running = old_and_new
    data = DataDir(studio.data_dir)
    environments = data.cache / "environments"
    environments.mkdir(parents=True)
    for key, job_id in (("aa", old), ("bb", new), ("dd", running)):
        environment = environments / f"{key}-1"
        environment.mkdir(exist_ok=True)
        (environment / "file").write_bytes(bytes(10_000))
        (environments / f"{key}.made").write_text(environment.name)
        link = data.jobs / job_id / "env"
        link.symlink_to(environment)
    run(studio, "clean", "--older", "30d", "--yes")
    assert {path.name for path in environments.iterdir() if path.is_dir()} == {"bb-1", "dd-1"}
    assert not (environments / "aa.made").exists()
    run(studio, "clean", "--older", "0d", "--yes")
    assert {path.name for path in environments.iterdir() if path.is_dir()} == {"dd-1"}


def test_a_folder_that_cannot_be_deleted_does_not_keep_others_from_being_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [tmp_path / "jobs" / name for name in ("stuck", "other")]
    for folder in folders:
        (folder / "output").mkdir(parents=True)
        (folder / "big").write_bytes(bytes(100_000))
    remove = durable.remove

    def remove_others(path: Path) -> None:
        if path.parent != folders[0]:
            remove(path)

    monkeypatch.setattr("studio_tui.local.server.disk_usage.remove", remove_others)
    items = [disk_usage.Item(folder, 100_000, clock.now()) for folder in folders]
    assert disk_usage.free(DataDir(tmp_path), items) > 80_000
    assert [(folder / "big").exists() for folder in folders] == [True, False]


def test_a_starting_server_deletes_folders_older_than_the_limit(
    studio: ThreadStudio, old_and_new: tuple[str, str, str]
) -> None:
    old, new, _ = old_and_new
    data = DataDir(studio.data_dir)
    assert "# older" in data.disk_limits.read_text()
    studio.stop()
    data.disk_limits.write_text('older = "30d"\n')
    studio.restart()

    eventually(lambda: not (data.jobs / old / "work").exists())
    assert (data.jobs / new / "work").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('older = "soon"', "'soon' is not a time span; write it as 12h, 30d or 8w."),
        ('oldest = "30d"', "oldest is not a field of this file"),
        ("older = 30", "older must be text"),
        ("older =", "Invalid value"),
    ],
)
def test_invalid_limits_are_a_config_error_that_names_the_file(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "room.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_max_age(path)
    assert str(path) in str(caught.value)
    assert message in str(caught.value)


def test_time_spans_are_parsed() -> None:
    assert (parse_span("30d"), parse_span(" 8W "), parse_span("12h")) == (
        timedelta(days=30),
        timedelta(weeks=8),
        timedelta(hours=12),
    )
    with pytest.raises(ValueError, match="write it as"):
        parse_span("-3d")


def test_an_empty_or_missing_data_directory_uses_no_space(tmp_path: Path) -> None:
    usage = disk_usage.survey(DataDir(tmp_path))
    assert (usage.total, usage.older_than(datetime.now(UTC))) == (0, ())
    shutil.rmtree(tmp_path)
    assert disk_usage.survey(DataDir(tmp_path)).total == 0


@pytest.mark.usefixtures("old_and_new")
def test_stop_says_how_many_jobs_keep_running(studio: ThreadStudio) -> None:
    studio.stop()
    result = CliRunner().invoke(local, ["stop", "--data-dir", str(studio.data_dir)])
    assert result.output.splitlines() == [
        "it was not running",
        "1 job keeps running; the next local Studio finds it again",
    ]
    studio.restart()


def test_clean_keeps_what_a_job_made_whose_end_no_server_has_seen(studio: ThreadStudio) -> None:
    query = """
import os, pathlib, time
pathlib.Path("ready").touch()
while not pathlib.Path("go").exists():
    time.sleep(0.01)
with open(os.environ["STUDIO_LINEAGE"], "a") as lineage:
    lineage.write('{"dataset": "made", "version": null}')
"""
    job_id = studio.submit(query)["id"]
    folder = DataDir(studio.data_dir).jobs / job_id
    eventually((folder / "work" / "ready").exists)
    studio.stop()
    (folder / "work" / "go").touch()
    eventually((folder / "exit.json").exists)
    eventually(lambda: not endpoint.is_locked(folder / "lock"))
    run(studio, "clean", "--older", "0d", "--yes")
    assert not (folder / "work").exists()
    studio.restart()
    assert studio.wait_for_end(job_id)["status"] == "COMPLETE"
    versions = studio.request(
        "GET", f"/datachain/datasets/dataset_job_versions?team_name=local&job_id={job_id}"
    )
    assert versions.json()["dataset_versions"][0]["dataset_name"] == "local.local.made"
