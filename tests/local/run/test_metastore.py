import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from studio_tui.local.run import metastore
from studio_tui.local.run.metastore import Metastore, read_metastore

TABLES = """
CREATE TABLE meta (id INTEGER PRIMARY KEY, schema_version INTEGER);
CREATE TABLE namespaces (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE projects (id INTEGER PRIMARY KEY, namespace_id INTEGER, name TEXT);
CREATE TABLE datasets (id INTEGER PRIMARY KEY, project_id INTEGER, name TEXT);
CREATE TABLE datasets_versions (
    id INTEGER PRIMARY KEY, dataset_id INTEGER, version TEXT, status INTEGER, job_id TEXT);
CREATE TABLE dataset_version_jobs (
    dataset_version_id INTEGER, job_id TEXT, is_creator BOOLEAN);
CREATE TABLE datasets_dependencies (
    id INTEGER PRIMARY KEY, source_dataset_id INTEGER, source_dataset_version_id INTEGER,
    dataset_id INTEGER, dataset_version_id INTEGER);
INSERT INTO meta VALUES (1, 1);
INSERT INTO namespaces VALUES (1, 'local'), (2, 'system');
INSERT INTO projects VALUES (1, 1, 'local'), (2, 2, 'listing');
INSERT INTO datasets VALUES (1, 1, 'cats'), (2, 1, 'dogs'), (3, 2, 'lst__file:///x/');
INSERT INTO datasets_versions VALUES
    (1, 3, '1.0.0', 4, 'j1'), (2, 1, '1.0.0', 4, 'j1'), (3, 2, '1.0.0', 8, 'j2'),
    (4, 2, '1.0.1', 4, 'j2'), (5, 2, '1.0.2', 1, 'j3'), (6, 2, '1.0.3', 3, 'j3');
INSERT INTO dataset_version_jobs VALUES (1, 'j1', 1), (2, 'j1', 1), (4, 'j2', 1), (4, 'j3', 0);
INSERT INTO datasets_dependencies VALUES
    (1, 1, 2, 3, 1), (2, 2, 4, 1, 2), (3, 2, 4, NULL, NULL);
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(TABLES)
    return path


def execute(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(sql)


def test_versions_their_jobs_and_sources_are_read(database: Path) -> None:
    assert read_metastore(database) == Metastore(
        versions=(
            (1, "system.listing.lst__file:///x/", "1.0.0", False),
            (2, "local.local.cats", "1.0.0", False),
            (3, "local.local.dogs", "1.0.0", True),
            (4, "local.local.dogs", "1.0.1", False),
        ),
        jobs=((1, "j1", True), (2, "j1", True), (4, "j2", True), (4, "j3", False)),
        sources=(
            (2, "system.listing.lst__file:///x/", 1),
            (4, "local.local.cats", 2),
            (4, "", None),
        ),
    )


def test_a_missing_database_is_an_empty_metastore(tmp_path: Path) -> None:
    assert read_metastore(tmp_path / "none" / "db") == Metastore()
    assert [*tmp_path.iterdir()] == [], "reading creates no file"


def why_unreadable(path: Path, caplog: pytest.LogCaptureFixture) -> str:
    """Return the warning about a database that cannot be read."""
    caplog.clear()
    assert read_metastore(path) == Metastore()
    return caplog.text


@pytest.mark.parametrize("version", ["2", "0", "NULL", "'x'"])
def test_a_database_of_an_unknown_schema_version_is_unreadable(
    database: Path, version: str, caplog: pytest.LogCaptureFixture
) -> None:
    execute(database, f"UPDATE meta SET schema_version = {version}")  # noqa: S608
    assert "version" in why_unreadable(database, caplog)


def test_a_database_without_a_schema_version_is_unreadable(
    database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    execute(database, "DELETE FROM meta")
    assert "version None" in why_unreadable(database, caplog)


@pytest.mark.parametrize("sql", ["DROP TABLE dataset_version_jobs", "DROP TABLE meta"])
def test_a_database_without_the_tables_is_unreadable(
    database: Path, sql: str, caplog: pytest.LogCaptureFixture
) -> None:
    execute(database, sql)
    assert "no such table" in why_unreadable(database, caplog)


def test_a_file_that_is_no_database_is_unreadable(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "db"
    path.write_bytes(b"nonsense" * 1000)
    assert "not a database" in why_unreadable(path, caplog)
    path.unlink()
    path.mkdir()
    assert why_unreadable(path, caplog)


def test_a_locked_database_is_unreadable_after_a_short_wait(
    database: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(metastore, "_WAIT_SECONDS", 0.01)
    with closing(sqlite3.connect(database, isolation_level=None)) as holder:
        holder.execute("PRAGMA locking_mode = EXCLUSIVE")
        holder.execute("BEGIN EXCLUSIVE")
        assert "locked" in why_unreadable(database, caplog)
    assert read_metastore(database).jobs


def test_reading_does_not_wait_for_a_writer_and_does_not_delay_it(database: Path) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM dataset_version_jobs")
        assert len(read_metastore(database).jobs) == 4
        writer.execute("COMMIT")
        assert read_metastore(database).jobs == ()


@pytest.mark.parametrize(
    ("text", "metrics"),
    [
        ('{"accuracy": 0.91}', '{"accuracy": 0.91}'),
        ("{}", None),
        ("[1]", None),
        ("{", None),
        (None, None),
        ('{"a": "%s"}' % ("x" * metastore.METRICS_LIMIT), None),
    ],
)
def test_the_metrics_of_a_job_are_read_if_they_are_a_small_json_object(
    tmp_path: Path, text: str | None, metrics: str | None
) -> None:
    path = tmp_path / "db"
    assert metastore.read_metrics(path, "a") is None
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE meta (schema_version INT)")
        connection.execute("INSERT INTO meta VALUES (1)")
        connection.execute("CREATE TABLE jobs (id TEXT, metrics TEXT)")
        connection.execute("INSERT INTO jobs VALUES ('a', ?)", [text])
    assert metastore.read_metrics(path, "a") == metrics
    assert metastore.read_metrics(path, "b") is None
