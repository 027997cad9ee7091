"""The SQLite file: one connection on a thread of its own."""

import asyncio
import logging
import sqlite3
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Self, TypeVar, TypeVarTuple

from studio_tui.errors import ConfigError

logger = logging.getLogger(__name__)

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

SCHEMA = Path(__file__).with_name("schema.sql").read_text("utf-8")
SCHEMA_VERSION = 6
"""The version of `SCHEMA`; files of other versions are refused."""

RETRY_SECONDS = 1.0
"""Seconds after which something that failed, such as a write on a full disk, is tried again."""

_OUT_OF_ROOM = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE})
"""SQLite's error codes that are taken for a full disk."""


class StorageFull(Exception):  # noqa: N818 (the name says what happened)
    """The disk with the data directory has no space left; nothing of the write is kept."""


class Database:
    """Runs functions with the connection on the database's own thread, one after the other.

    The file is locked while it is open. A write is one transaction, undone if it fails. When
    `write` returns, the changes are on disk (`synchronous=FULL`).

    On a full disk a write can be deferred, so that jobs and schedules can be ended. It is kept in
    memory, and is done before any later write.
    """

    def __init__(self, connection: sqlite3.Connection, thread: ThreadPoolExecutor) -> None:
        self._connection = connection
        self._thread = thread
        self._deferred: deque[Callable[[], object]] = deque()
        self._has_deferred = asyncio.Event()
        self.revision = 0
        """Increases with each write and each deferral of a write."""

    @classmethod
    async def open(cls, path: Path) -> Self:
        """Open the file, creating it if missing.

        Raises:
            ConfigError: The file cannot be created, is in use, damaged, or of another version.
        """
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database")
        loop = asyncio.get_running_loop()
        try:
            connection = await loop.run_in_executor(thread, _open, path)
        except BaseException:
            thread.shutdown()
            raise
        return cls(connection, thread)

    async def read(self, work: Callable[[sqlite3.Connection, *Ts], T], *args: *Ts) -> T:
        """Call `work`, which must not write, with the connection and `args`; return its result.

        `work` sees deferred writes as if they were done.
        """

        def read(connection: sqlite3.Connection) -> T:
            if not self._deferred:
                return work(connection, *args)
            return _try_out(connection, self._deferred, lambda: work(connection, *args))

        return await self._run(read)

    async def select(self, sql: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        """Return the rows of a SELECT."""
        return await self.read(lambda connection: connection.execute(sql, values).fetchall())

    async def write(self, work: Callable[[sqlite3.Connection, *Ts], T], *args: *Ts) -> T:
        """Call `work` with the connection and `args` in a transaction; return its result.

        Canceling the caller does not undo a write that has begun.

        Raises:
            StorageFull: The disk is full.
        """

        def write(connection: sqlite3.Connection) -> T:
            self._make_deferred_writes(connection)
            return self._write(connection, lambda: work(connection, *args))

        return await self._run(write)

    async def write_or_defer(
        self, work: Callable[[sqlite3.Connection, *Ts], T], *args: *Ts
    ) -> T | None:
        """Do a write; if there is no space for it, defer it and return `None`.

        What `work` raises is raised in both cases. A deferred write is lost if the server is killed
        before there is space.
        """

        loop = asyncio.get_running_loop()

        def write(connection: sqlite3.Connection) -> T | None:
            try:
                self._make_deferred_writes(connection)
                return self._write(connection, lambda: work(connection, *args))
            except StorageFull:
                try:
                    _try_out(connection, self._deferred, lambda: work(connection, *args))
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorcode not in _OUT_OF_ROOM:
                        raise
                logger.warning(
                    "The disk is full: what ended or was stopped is recorded once there is space."
                )
                self._deferred.append(lambda: work(connection, *args))
                self.revision += 1
                # Scheduled here, as the caller may be canceled before it continues.
                loop.call_soon_threadsafe(self._has_deferred.set)
                return None

        return await self._run(write)

    async def keep_writing_deferred(self) -> None:
        """Do deferred writes once there is space, even if no other write follows; never return."""
        while True:
            await self._has_deferred.wait()
            try:
                await self._run(self._make_deferred_writes)
            except StorageFull:
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if not self._deferred:
                self._has_deferred.clear()

    async def close(self) -> None:
        """Finish queued reads and writes, also deferred ones if there is space; close the file."""
        try:
            await self._run(self._make_deferred_writes)
        except StorageFull:
            logger.warning("Changes that waited for disk space are lost: %d", len(self._deferred))
        await self._run(sqlite3.Connection.close)
        self._thread.shutdown()

    async def _run(self, work: Callable[[sqlite3.Connection, *Ts], T], *args: *Ts) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, work, self._connection, *args)

    def _make_deferred_writes(self, connection: sqlite3.Connection) -> None:
        while self._deferred:
            try:
                self._write(connection, self._deferred[0])
            except StorageFull:
                raise
            except Exception:  # a boundary: the caller of the write has continued long ago
                logger.exception("A write that waited for disk space failed")
            self._deferred.popleft()

    def _write(self, connection: sqlite3.Connection, work: Callable[[], T]) -> T:
        try:
            answer = _transaction(connection, work)
        except StorageFull:
            # Rewinds the write-ahead log, whose disk space can then be reused.
            _checkpoint(connection)
            answer = _transaction(connection, work)
        self.revision += 1
        return answer


def _transaction(connection: sqlite3.Connection, work: Callable[[], T]) -> T:
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            answer = work()
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode in _OUT_OF_ROOM:
            raise StorageFull("The disk of the local Studio's data is full.") from error
        raise
    return answer


def _try_out(
    connection: sqlite3.Connection, deferred: Iterable[Callable[[], object]], work: Callable[[], T]
) -> T:
    """Call `work` as if the deferred writes were done, and undo all changes; return its result."""
    connection.execute("BEGIN")
    try:
        for write in deferred:
            with suppress(Exception):  # it is logged when the write is really done
                write()
            if not connection.in_transaction:  # SQLite has ended it, as the disk is full
                connection.execute("BEGIN")
        return work()
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _checkpoint(connection: sqlite3.Connection) -> None:
    with suppress(sqlite3.OperationalError):  # if it matters, the write that follows fails too
        connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()


def _open(path: Path) -> sqlite3.Connection:
    try:
        path.touch(mode=0o600)
        connection = sqlite3.connect(path, timeout=2, isolation_level=None)
        try:
            connection.row_factory = sqlite3.Row
            # Before the first access, so that the lock is exclusive from the start.
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            _create_tables(connection, path)
        except BaseException:
            connection.close()
            raise
    except (OSError, sqlite3.DatabaseError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(f"The local Studio's database {path} cannot be used: {why}.") from error
    return connection


def _create_tables(connection: sqlite3.Connection, path: Path) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version not in {0, SCHEMA_VERSION}:
        raise ConfigError(
            f"The local Studio's database {path} was made by another studio-tui (version {version};"
            f" this one supports only {SCHEMA_VERSION}). Use that one, or move the folder away to"
            " begin with an empty one."
        )
    if not version:
        # The script begins its own transaction, as executescript commits any open one.
        connection.executescript(
            f"BEGIN IMMEDIATE;\n{SCHEMA}\nPRAGMA user_version = {SCHEMA_VERSION};\nCOMMIT;"
        )


def placeholders(values: Collection[object]) -> str:
    """Return one `?` per value for a statement, such as `?, ?`."""
    return ", ".join("?" * len(values))
