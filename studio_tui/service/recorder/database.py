"""The SQLite file of one profile: one thread writes, and damage costs the file, not the program.

    <folder>/<place>.sqlite

It is a help and never a condition: where the file is locked, or the disk is full, that is logged,
and `None` is returned. All of this asks the disk: call it in a thread.
"""

import fcntl
import hashlib
import logging
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from studio_tui.paths import private_dir
from studio_tui.service.recorder.schema import prepare

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

_PATIENCE = 10.0
"""Seconds that another program may hold the file."""
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

_log = logging.getLogger(__name__)


class Database:
    """One profile's file, shared by all dashboards on this machine."""

    def __init__(self, folder: Path, place: str) -> None:
        """Take the folder of all files, and what tells this Studio and team from others."""
        name = hashlib.sha256(place.encode("utf-8", "replace")).hexdigest()[:32]
        self.path = folder / f"{name}.sqlite"
        self.said: Callable[[str], None] = lambda _: None
        """Given a sentence for the user, from any thread, when the file was set aside."""
        self._writer = ThreadPoolExecutor(1, "recorder")
        self._turn = Lock()
        self._lock = Lock()
        self._trouble = ""
        self._keeper: sqlite3.Connection | None = None

    @property
    def inode(self) -> int | None:
        """What tells the file from another of that name; `None` where there is none."""
        return _inode(self.path)

    def read(self, work: Work[T]) -> T | None:
        """Return what is read from the file; `None` where that is not possible now."""
        return self._done(work)

    def rows(self, query: str, *values: object) -> list[Any]:
        """Return what a query finds; nothing where the file cannot be read."""
        return self.read(lambda connection: connection.execute(query, values).fetchall()) or []

    def write(self, work: Work[object]) -> bool:
        """Have one transaction done by the thread that writes; return whether it was."""
        return self.begin(work).result()

    def begin(self, work: Work[object]) -> "Future[bool]":
        """Have one transaction done as soon as those before it are; wait for nothing."""
        with self._turn:
            return self._writer.submit(self._written, work)

    def keep_open(self) -> None:
        """Hold the file open, so that short uses in between do not fold its journal each time."""
        with self._lock:
            if self._keeper is None:
                self._keeper = self._opened_to_keep()

    def close(self) -> None:
        """Write what is waiting, and let the file and the thread go; it can be used again."""
        with self._turn:
            ended = self._writer
            # The next thread, begun with the next write, waits for the writes of this one.
            self._writer = ThreadPoolExecutor(1, "recorder", initializer=ended.shutdown)
        ended.shutdown()
        with self._lock:
            keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.close()

    def _opened_to_keep(self) -> sqlite3.Connection | None:
        try:
            keeper = opened(self.path)
            # Nothing is open until something was read.
            keeper.execute("SELECT count(*) FROM listing").fetchone()
        except (sqlite3.Error, OSError):
            return None  # the next use says why
        return keeper

    def _written(self, work: Work[object]) -> bool:
        def transaction(connection: sqlite3.Connection) -> bool:
            connection.execute("BEGIN IMMEDIATE")
            try:
                work(connection)
            except BaseException:
                connection.rollback()
                raise
            connection.commit()
            return True

        return self._done(transaction) or False

    def _done(self, work: Work[T]) -> T | None:
        """Do something with the file; `None` when that is not possible now."""
        inode = _inode(self.path)
        try:
            with closing(opened(self.path)) as connection:
                answer = work(connection)
        except (sqlite3.Error, OSError) as error:
            if str(error) != self._trouble:
                self._trouble = str(error)
                _log.warning("The recorder cannot be used, so it is kept in memory: %s", error)
            if getattr(error, "sqlite_errorcode", None) in _DAMAGED:
                self._set_aside(inode)
            return None
        self._trouble = ""
        return answer

    def _set_aside(self, inode: int | None) -> None:
        """Make room for a new file, and keep the damaged one for whoever wants to look at it.

        `inode` is that of the file that was found damaged: another dashboard may have been quicker,
        and what stands there now be whole.
        """
        damaged = self.path.with_suffix(".damaged")
        with self._lock:
            keeper, self._keeper = self._keeper, None
            if keeper is not None:
                keeper.close()
            try:
                with _alone(self.path.with_suffix(".lock")):
                    if inode is None or _inode(self.path) != inode:
                        return
                    self.path.replace(damaged)
                    # Else they would be played back into the new file.
                    for suffix in ("-journal", "-wal", "-shm"):
                        self.path.with_name(f"{self.path.name}{suffix}").unlink(missing_ok=True)
            except OSError as error:
                _log.warning("The recorder's damaged file could not be set aside: %s", error)
                return
            if keeper is not None:
                self._keeper = self._opened_to_keep()
        self.said(
            "The recorder's file was damaged: it was set aside and a new one begun, so older jobs"
            f" and past activity are not shown. The damaged one is {damaged}"
        )


def opened(path: Path) -> sqlite3.Connection:
    """Open the file, made if missing, for a moment only, as others use it too.

    Raises:
        sqlite3.Error: it is damaged, locked, or of a newer program.
        OSError: its folder cannot be made.
    """
    private_dir(path.parent)
    path.touch(mode=0o600)
    connection = sqlite3.connect(
        path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
    )
    try:
        prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock that no other dashboard has at the same time."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
