"""The folder of logs on this machine: those that arrive, and whole ones kept from run to run.

    <folder>/<Studio and team>/<job>.log       a whole log, written no more
    <folder>/<Studio and team>/<random>.spool  one that arrives, or that is not whole

Several programs may use it at once: a file that one of them has open is held (see `log_spool`).
"""

import contextlib
import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from studio_tui.errors import SpoolError
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.spool import SUFFIX, remove_unused
from studio_tui.service.logs.store.tagged_store import TaggedStore

_KEPT = ".log"


class Kept(NamedTuple):
    """A whole log in the cache."""

    used: float
    """When it was closed last, in seconds since the epoch."""
    size: int
    """Bytes."""
    path: Path


class LogCache:
    """The logs of one team at one Studio, and the room that all logs take."""

    def __init__(self, folder: Path, place: str) -> None:
        """Take the folder of all logs, and what tells this Studio and team from others."""
        self._folder = folder
        self._own = folder / _digest(place)

    def new(self) -> LogStore:
        """Begin an empty log.

        Raises:
            SpoolError: the disk does not take it.
        """
        return LogStore.create(self._own)

    def new_tagged(self) -> TaggedStore:
        """Begin an empty log that will be put together from others.

        Raises:
            SpoolError: the disk does not take it.
        """
        return TaggedStore.create(self._own)

    def place_of(self, job_id: str, born: datetime | None) -> Path:
        """Return where a job's whole log is kept.

        A Studio may have begun anew, so jobs of one id are told apart by when they were created.
        """
        return self._own / (_digest(f"{job_id}\n{born.isoformat() if born else ''}") + _KEPT)

    def find(self, job_id: str, born: datetime | None) -> tuple[LogStore, datetime] | None:
        """Return a job's whole log and since when it has been kept, if it can be read."""
        path = self.place_of(job_id, born)
        try:
            since = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            return LogStore.open(path), since
        except (OSError, SpoolError):
            return None

    def end_of(self, job_id: str, born: datetime | None, length: int) -> bytes | None:
        """Return the last bytes of a job's whole log, if it is kept. Call it in a thread."""
        try:
            with self.place_of(job_id, born).open("rb") as kept:
                kept.seek(max(0, kept.seek(0, os.SEEK_END) - length))
                return kept.read(length)
        except OSError:
            return None

    def note_use(self, path: Path, now: datetime) -> None:
        """Remember that a log was used, so that it goes later than others."""
        with contextlib.suppress(OSError):
            os.utime(path, (now.timestamp(), path.stat().st_mtime))

    def kept(self) -> list[Kept]:
        """Return all whole logs, of every Studio. It asks the disk: call it in a thread."""
        found = []
        for path in self._folder.glob(f"*/*{_KEPT}"):
            with contextlib.suppress(OSError):
                status = path.stat()
                found.append(Kept(status.st_atime, status.st_size, path))
        return found

    def sweep(self) -> None:
        """Delete what ended programs have left behind. It takes its time: call it in a thread."""
        for pattern in (f"*/*{SUFFIX}", f"*{_KEPT}"):
            for path in self._folder.glob(pattern):
                remove_unused(path)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
