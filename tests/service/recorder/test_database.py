"""The recorder's file: it is used by several threads, and after it was closed."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from studio_tui.service.recorder.database import RecorderFile
from tests.waiting import HANG

AT_ONCE = 6


@pytest.fixture
def database(tmp_path: Path) -> RecorderFile:
    """Return a file that does not exist yet."""
    return RecorderFile(tmp_path, "profile")


def make_table(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE IF NOT EXISTS words (word TEXT)")


def words(database: RecorderFile) -> list[str]:
    return [word for (word,) in database.rows("SELECT word FROM words ORDER BY rowid")]


def test_a_closed_database_can_be_used_again(database: RecorderFile) -> None:
    database.keep_open()
    assert database.write(make_table)
    database.close()
    assert database.write(lambda connection: connection.execute("INSERT INTO words VALUES ('a')"))
    assert words(database) == ["a"]


def test_a_write_that_is_under_way_goes_on_when_the_database_is_closed(
    database: RecorderFile,
) -> None:
    may_write, is_writing = threading.Event(), threading.Event()

    def write_slowly(connection: sqlite3.Connection) -> None:
        is_writing.set()
        may_write.wait(HANG)
        make_table(connection)
        connection.execute("INSERT INTO words VALUES ('first')")

    database.keep_open()
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(database.write, write_slowly)
        assert is_writing.wait(HANG)
        database.close()
        second = threads.submit(
            database.write, lambda c: c.execute("INSERT INTO words VALUES ('second')")
        )
        may_write.set()
        assert first.result(HANG)
        assert second.result(HANG)
    assert words(database) == ["first", "second"]


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
