"""The SQLite file of one profile; a damaged file is replaced.

If the file cannot be used, that is logged, and methods return `None`, no rows, or False. All block
on the disk.
"""

import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from threading import Lock, RLock
from typing import Any, TypeVar

from studio_tui.files import exclusive_lock
from studio_tui.paths import create_private_dir, profile_name

VERSION = 3
"""Version of the tables."""

_TABLES = """
CREATE TABLE submitted (
    job_id TEXT PRIMARY KEY,
    parts TEXT NOT NULL   -- what was submitted, as JSON: `service.commands.submitted`
);
CREATE TABLE run (
    job_id TEXT PRIMARY KEY,
    name TEXT,
    state TEXT NOT NULL,
    created_at REAL,   -- seconds since the epoch, like all times here
    started_at REAL,
    finished_at REAL NOT NULL
);
CREATE INDEX run_by_name ON run (name, finished_at);
CREATE INDEX run_by_end ON run (finished_at);
CREATE TABLE item (   -- the newest version of each job and pipeline
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    body BLOB NOT NULL,             -- packed JSON
    made_at REAL NOT NULL,          -- when Studio created it, or `seen_at`
    seen_at REAL NOT NULL,          -- when this version was first seen, or found to be gone
    gone_at REAL,                   -- since when Studio no longer lists it
    PRIMARY KEY (kind, id)
);
CREATE INDEX item_by_age ON item (kind, made_at);
CREATE INDEX item_by_sight ON item (seen_at);
CREATE TABLE change (
    number INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    difference BLOB NOT NULL        -- packed JSON: from the item before to the item after
);
CREATE INDEX change_by_item ON change (kind, id);
CREATE INDEX change_by_time ON change (at);
CREATE TABLE listing (   -- the last answer of each list
    name TEXT PRIMARY KEY,
    at REAL NOT NULL,               -- when Studio last confirmed it
    body BLOB NOT NULL              -- packed JSON: see `Recorder.note_list`
);
CREATE TABLE call (
    number INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    last_at REAL NOT NULL,          -- time of the last of equal polls in a row
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    outcome TEXT NOT NULL,
    count INTEGER NOT NULL,
    ms REAL NOT NULL,               -- total of all `count` calls
    most_ms REAL NOT NULL,
    changes INTEGER NOT NULL,       -- 1 if it changes something in Studio
    body TEXT,                      -- of calls that change something; without secrets
    reason TEXT                     -- why it failed, or the id in the answer
);
CREATE INDEX call_by_time ON call (last_at);
CREATE INDEX call_by_start ON call (at);
CREATE TABLE held (   -- commands that wait, or waited, to be sent
    id TEXT PRIMARY KEY,
    at REAL NOT NULL,
    until REAL NOT NULL,
    pid INTEGER NOT NULL,
    words TEXT NOT NULL,            -- such as "canceling 3 jobs"
    state TEXT NOT NULL             -- a `HoldState`
);
"""


def is_current(connection: sqlite3.Connection) -> bool:
    """Return whether the file has these tables; raise `DatabaseError` for another version."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version not in {0, VERSION}:
        raise sqlite3.DatabaseError(f"another version of studio-tui created it (version {version})")
    return bool(version == VERSION)


def create(connection: sqlite3.Connection) -> None:
    """Create the tables.

    No other connection may do so at the same time: to change the journal mode, SQLite does not wait
    for a lock, but raises "database is locked" at once.
    """
    # Freed pages can be returned to the disk step by step.
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(f"BEGIN IMMEDIATE;{_TABLES}PRAGMA user_version = {VERSION};COMMIT;")


T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

_LOCK_TIMEOUT = 10.0
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

_log = logging.getLogger(__name__)


class RecorderFile:
    """One profile's file, shared by all dashboards on this machine."""

    def __init__(self, folder: Path, profile: str) -> None:
        self.path = folder / f"{profile_name(profile)}.sqlite"
        self.warn: Callable[[str], None] = lambda _: None
        """Called with a sentence for the user, from any thread, when the file was set aside."""
        self._write_lock = Lock()
        self._connection_lock = RLock()
        self.last_error = ""
        """Why the last use of the file failed, also to log it only once; empty if it succeeded."""
        self._kept_connection: sqlite3.Connection | None = None

    @property
    def inode(self) -> int | None:
        """The inode of the file, which changes when it is replaced; `None` if there is no file."""
        try:
            return self.path.stat().st_ino
        except OSError:
            return None

    def read(self, work: Work[T]) -> T | None:
        """Return what `work` returns for a connection; `None` if the file cannot be used now."""
        return self._try(work)

    def rows(self, query: str, *values: object) -> list[Any]:
        """Return the rows of a query; none if the file cannot be used now."""
        return self.read(lambda connection: connection.execute(query, values).fetchall()) or []

    def write(self, work: Work[object]) -> bool:
        """Run `work` as a transaction; return whether it succeeded."""

        def transaction(connection: sqlite3.Connection) -> bool:
            connection.execute("BEGIN IMMEDIATE")
            try:
                work(connection)
            except BaseException:
                connection.rollback()
                raise
            connection.commit()
            return True

        with self._write_lock:
            return self._try(transaction) or False

    def keep_open(self) -> None:
        """Keep a connection open besides those of each use.

        SQLite writes its write-ahead log into the file whenever the last connection is closed.
        """
        # If that fails, the next use logs the reason.
        with self._connection_lock, suppress(sqlite3.Error, OSError):
            self._kept_connection = self._kept_connection or connect(self.path)

    def close(self) -> None:
        """End `keep_open`; the file can still be used."""
        with self._connection_lock:
            connection, self._kept_connection = self._kept_connection, None
            if connection is not None:
                connection.close()

    def _try(self, work: Work[T]) -> T | None:
        inode = self.inode
        try:
            with closing(connect(self.path)) as connection:
                answer = work(connection)
        except (sqlite3.Error, OSError) as error:
            if str(error) != self.last_error:
                self.last_error = str(error)
                _log.warning("The recorder's file cannot be used: %s", error)
            if getattr(error, "sqlite_errorcode", None) in _DAMAGED:
                self._set_aside(inode)
            return None
        self.last_error = ""
        return answer

    def _set_aside(self, inode: int | None) -> None:
        """Rename the damaged file, unless another dashboard has replaced it, as `inode` shows."""
        aside = self.path.with_suffix(".damaged")
        with self._connection_lock:
            was_kept_open = self._kept_connection is not None
            self.close()
            try:
                with exclusive_lock(self.path.with_suffix(".lock")):
                    if inode is None or self.inode != inode:
                        return
                    self.path.replace(aside)
                    # SQLite would apply the journals of the file to the new one.
                    for suffix in ("-journal", "-wal", "-shm"):
                        journal = self.path.with_name(f"{self.path.name}{suffix}")
                        with suppress(FileNotFoundError):
                            journal.replace(aside.with_name(f"{aside.name}{suffix}"))
            except OSError as error:
                _log.warning("The recorder's damaged file could not be set aside: %s", error)
                return
            finally:
                if was_kept_open:
                    self.keep_open()
        self.warn(
            "The recorder's file was damaged: it was set aside and a new one created, so older jobs"
            f" and past activity are not shown. The damaged one is {aside}"
        )


def connect(path: Path) -> sqlite3.Connection:
    """Open the file, which is created if it is missing; the caller closes the connection.

    Raises:
        sqlite3.Error: it is damaged, locked, or created by another version of studio-tui.
        OSError: its folder or its lock cannot be created.
    """
    create_private_dir(path.parent)
    path.touch(mode=0o600)
    connection = sqlite3.connect(
        path, timeout=_LOCK_TIMEOUT, isolation_level=None, check_same_thread=False
    )
    try:
        if not is_current(connection):
            with exclusive_lock(path.with_suffix(".lock")):
                if not is_current(connection):
                    create(connection)
        # In this mode a killed program loses nothing. After a power failure, the last writes may
        # be missing.
        connection.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        connection.close()
        raise
    return connection
