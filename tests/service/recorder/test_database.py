"""The recorder's file: one thread writes, in the order requested, and ends when it is closed."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from studio_tui.service.recorder.database import RecorderFile
from tests.waiting import HANG, eventually

AT_ONCE = 6


@pytest.fixture
def database(tmp_path: Path) -> RecorderFile:
    """Return a file that does not exist yet."""
    return RecorderFile(tmp_path, "profile")


def writers() -> set[threading.Thread]:
    """Return the threads that write to recorder files."""
    return {each for each in threading.enumerate() if each.name.startswith("recorder")}


def make_table(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE IF NOT EXISTS words (word TEXT)")


def words(database: RecorderFile) -> list[str]:
    return [word for (word,) in database.rows("SELECT word FROM words ORDER BY rowid")]


def test_the_writing_thread_ends_when_the_database_is_closed(database: RecorderFile) -> None:
    before = writers()
    assert database.write(make_table)
    assert writers() > before
    database.close()
    assert writers() == before
    assert database.write(lambda connection: connection.execute("INSERT INTO words VALUES ('a')"))
    assert words(database) == ["a"]
    database.close()
    assert writers() == before


def test_a_write_during_the_close_comes_after_the_writes_that_were_queued(
    database: RecorderFile,
) -> None:
    may_write = threading.Event()

    def write_slowly(connection: sqlite3.Connection) -> None:
        may_write.wait(HANG)
        make_table(connection)
        connection.execute("INSERT INTO words VALUES ('first')")

    first = database.queue_write(write_slowly)
    writer = database._writer
    with ThreadPoolExecutor(1) as other_thread:
        closed = other_thread.submit(database.close)
        eventually(lambda: database._writer is not writer)
        second = database.queue_write(lambda c: c.execute("INSERT INTO words VALUES ('second')"))
        assert not closed.done()
        may_write.set()
        assert first.result(HANG)
        assert second.result(HANG)
        closed.result(HANG)
    assert words(database) == ["first", "second"]
    database.close()


def test_several_threads_can_use_a_new_file_at_once(tmp_path: Path) -> None:
    barrier = threading.Barrier(AT_ONCE)

    def count_calls(database: RecorderFile) -> list[tuple[int]] | None:
        barrier.wait()
        return database.read(
            lambda connection: connection.execute("SELECT count(*) FROM call").fetchall()
        )

    with ThreadPoolExecutor(AT_ONCE) as threads:
        for attempt in range(40):
            database = RecorderFile(tmp_path / str(attempt), "profile")
            assert list(threads.map(count_calls, [database] * AT_ONCE)) == [[(0,)]] * AT_ONCE
            database.close()


def test_a_file_of_version_2_gets_the_reasons_and_outcomes_of_this_version(
    database: RecorderFile,
) -> None:
    assert database.read(lambda connection: connection.execute("SELECT 1").fetchone())
    with closing(sqlite3.connect(database.path)) as connection, connection:
        connection.execute("ALTER TABLE call DROP COLUMN reason")
        connection.execute(
            "INSERT INTO call (at, last_at, method, path, outcome, count, ms, most_ms, changes)"
            " VALUES (1, 1, 'GET', '/jobs', 'cancelled', 1, 1, 1, 0)"
        )
        connection.execute("PRAGMA user_version = 2")
    assert database.rows("SELECT outcome, reason FROM call") == [("canceled", None)]
    database.close()
