"""The recorder's file: one thread writes, in the order requested, and ends when it is closed."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from studio_tui.service.recorder.database import RecorderFile
from tests.waiting import HANG, eventually

AT_ONCE = 6


@pytest.fixture
def database(tmp_path: Path) -> RecorderFile:
    """A file that is not there yet."""
    return RecorderFile(tmp_path, "place")


def writers() -> set[threading.Thread]:
    """Return the threads that write."""
    return {each for each in threading.enumerate() if each.name.startswith("recorder")}


def make_table(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE IF NOT EXISTS said (word TEXT)")


def words(database: RecorderFile) -> list[str]:
    return [word for (word,) in database.rows("SELECT word FROM said ORDER BY rowid")]


def test_no_thread_outlives_a_database_that_was_closed(database: RecorderFile) -> None:
    before = writers()
    assert database.write(make_table)
    assert writers() > before
    database.close()
    assert writers() == before
    assert database.write(lambda connection: connection.execute("INSERT INTO said VALUES ('a')"))
    assert words(database) == ["a"]
    database.close()
    assert writers() == before


def test_what_is_written_while_it_closes_comes_after_what_was_waiting(
    database: RecorderFile,
) -> None:
    go_on = threading.Event()

    def slowly(connection: sqlite3.Connection) -> None:
        go_on.wait(HANG)
        make_table(connection)
        connection.execute("INSERT INTO said VALUES ('first')")

    first = database.queue_write(slowly)
    writer = database._writer
    with ThreadPoolExecutor(1) as other:
        closed = other.submit(database.close)
        eventually(lambda: database._writer is not writer)
        second = database.queue_write(lambda c: c.execute("INSERT INTO said VALUES ('second')"))
        assert not closed.done()
        go_on.set()
        assert first.result(HANG)
        assert second.result(HANG)
        closed.result(HANG)
    assert words(database) == ["first", "second"]
    database.close()


def test_all_that_use_a_new_file_at_once_can(tmp_path: Path) -> None:
    together = threading.Barrier(AT_ONCE)

    def calls(database: RecorderFile) -> list[tuple[int]] | None:
        together.wait()
        return database.read(
            lambda connection: connection.execute("SELECT count(*) FROM call").fetchall()
        )

    with ThreadPoolExecutor(AT_ONCE) as threads:
        for attempt in range(40):
            database = RecorderFile(tmp_path / str(attempt), "studio")
            assert list(threads.map(calls, [database] * AT_ONCE)) == [[(0,)]] * AT_ONCE
            database.close()
