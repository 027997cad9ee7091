"""The folder of logs on this machine: incoming ones, and whole ones kept between runs.

    <folder>/<Studio and team>/<job>.log       a whole log, never written again
    <folder>/<Studio and team>/<random>.spool  an incoming or incomplete log

Several programs may use it at once: a file that one of them has open is locked (see `spool`).
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


class KeptLog(NamedTuple):
    """A whole log in the cache."""

    used: float
    """When it was last closed, in seconds since the epoch."""
    size: int
    """Bytes."""
    path: Path


class LogCache:
    """The logs of one team at one Studio, and the disk space of all logs."""

    def __init__(self, folder: Path, place: str) -> None:
        """Initialise; `place` identifies this Studio and team in the folder of all logs."""
        self._folder = folder
        self._own = folder / _digest(place)

    def new(self) -> LogStore:
        """Create an empty log.

        Raises:
            SpoolError: writing to the disk failed.
        """
        return LogStore.create(self._own)

    def new_tagged(self) -> TaggedStore:
        """Create an empty log for merging several others.

        Raises:
            SpoolError: writing to the disk failed.
        """
        return TaggedStore.create(self._own)

    def place_of(self, job_id: str, born: datetime | None) -> Path:
        """Return the path of a job's whole log.

        A Studio may start over with its ids, so the path also depends on when the job was created.
        """
        return self._own / (_digest(f"{job_id}\n{born.isoformat() if born else ''}") + _KEPT)

    def find(self, job_id: str, born: datetime | None) -> tuple[LogStore, datetime] | None:
        """Return a job's whole log and since when it has been kept; `None` if it cannot be read."""
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
        """Record that a log was used, so that it is deleted later than others."""
        with contextlib.suppress(OSError):
            os.utime(path, (now.timestamp(), path.stat().st_mtime))

    def kept(self) -> list[KeptLog]:
        """Return all whole logs, of every Studio. Blocks on the disk: call it in a thread."""
        found = []
        for path in self._folder.glob(f"*/*{_KEPT}"):
            with contextlib.suppress(OSError):
                status = path.stat()
                found.append(KeptLog(status.st_atime, status.st_size, path))
        return found

    def sweep(self) -> None:
        """Delete what ended programs have left behind. It may take long: call it in a thread."""
        for pattern in (f"*/*{SUFFIX}", f"*{_KEPT}"):
            for path in self._folder.glob(pattern):
                remove_unused(path)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
