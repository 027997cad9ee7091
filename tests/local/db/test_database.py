import asyncio
import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from studio_tui.errors import ConfigError
from studio_tui.local.db.database import SCHEMA_VERSION, Database, StorageFull
from tests.waiting import HANG


def insert_a(connection: sqlite3.Connection) -> None:
    connection.execute(
        "INSERT INTO uploads (label, stored_as, size, created_at) VALUES (?,?,?,?)",
        ["a", "b", 1, "now"],
    )


def labels(connection: sqlite3.Connection) -> list[str]:
    return [row["label"] for row in connection.execute("SELECT label FROM uploads")]


async def test_written_data_is_read_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    database = await Database.open(path)
    await database.write(insert_a)
    await database.close()
    database = await Database.open(path)
    assert await database.read(labels) == ["a"]
    await database.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_connection_locks_the_file_and_syncs_each_transaction(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "studio.db")

    def pragmas(connection: sqlite3.Connection) -> list[object]:
        names = ["locking_mode", "journal_mode", "synchronous", "foreign_keys", "user_version"]
        return [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

    assert await database.read(pragmas) == ["exclusive", "wal", 2, 1, SCHEMA_VERSION]
    await database.close()


async def test_a_database_cannot_be_opened_twice_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    database = await Database.open(path)
    with pytest.raises(ConfigError, match="locked"):
        await Database.open(path)
    await database.close()


async def test_a_failed_write_is_rolled_back(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "studio.db")

    def fail_half_way(connection: sqlite3.Connection) -> None:
        insert_a(connection)
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 (raised two lines above)
        await database.write(fail_half_way)
    assert await database.read(labels) == []
    await database.write(insert_a)
    assert await database.read(labels) == ["a"]
    await database.close()


async def test_writes_fail_on_a_full_disk_until_there_is_space_again(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "studio.db")
    await limit_pages(database, 20)
    with pytest.raises(StorageFull, match="full"):
        await database.write(fill)
    assert await database.read(labels) == []
    await database.write(insert_a)
    await limit_pages(database, 100_000)
    await database.write(fill)
    assert len(await database.read(labels)) == 2
    await database.close()


def fill(connection: sqlite3.Connection) -> None:
    connection.execute(
        "INSERT INTO uploads (label, stored_as, size, created_at) VALUES (?, 'c', 1, 'now')",
        ["x" * 1_000_000],
    )


async def limit_pages(database: Database, pages: int) -> None:
    await database.select(f"PRAGMA max_page_count = {pages}")


async def test_closing_does_the_deferred_writes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for pages, expected in ((100_000, 1), (20, 0)):
        path = tmp_path / f"{pages}.db"
        database = await Database.open(path)
        await limit_pages(database, 20)
        await database.write_or_defer(fill)
        await limit_pages(database, pages)
        await database.close()
        database = await Database.open(path)
        assert len(await database.read(labels)) == expected
        await database.close()
    assert "are lost: 1" in caplog.text


async def test_a_write_that_is_refused_is_not_deferred(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "studio.db")

    def refuse(_connection: sqlite3.Connection) -> None:
        raise LookupError

    await limit_pages(database, 20)
    await database.write_or_defer(fill)
    with pytest.raises(LookupError):
        await database.write_or_defer(refuse)
    await database.write_or_defer(insert_a)
    assert await database.read(labels) == ["a"], "as if it was done; the other cannot be tried"
    await limit_pages(database, 100_000)
    await database.write(lambda _connection: None)
    assert await database.read(labels) == ["x" * 1_000_000, "a"]
    await database.close()


@pytest.mark.parametrize("version", [SCHEMA_VERSION - 1, SCHEMA_VERSION + 1])
async def test_a_database_of_another_version_is_refused_and_kept(
    tmp_path: Path, version: int
) -> None:
    path = tmp_path / "studio.db"
    await (await Database.open(path)).close()
    with sqlite3.connect(path) as other:
        other.execute(f"PRAGMA user_version = {version}")
    other.close()
    with pytest.raises(ConfigError, match="was made by another studio-tui"):
        await Database.open(path)
    assert path.exists()


async def test_opening_a_damaged_file_is_a_config_error(tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    path.write_bytes(b"this is no database at all, whatever its name says" * 100)
    with pytest.raises(ConfigError, match=r"studio\.db"):
        await Database.open(path)


async def test_canceling_the_caller_does_not_undo_the_write(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "studio.db")
    begun, canceled = threading.Event(), threading.Event()

    def slow(connection: sqlite3.Connection) -> None:
        begun.set()
        assert canceled.wait(HANG)
        insert_a(connection)

    writing = asyncio.create_task(database.write(slow))
    await asyncio.to_thread(begun.wait, 10)
    writing.cancel()
    canceled.set()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await database.close()
    database = await Database.open(tmp_path / "studio.db")
    assert await database.read(labels) == ["a"]
    await database.close()
