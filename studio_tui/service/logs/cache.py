"""The folder of logs on this machine: whole and incomplete ones kept between runs.

    <folder>/<Studio and team>/<job>.log             a whole log, never written again
    <folder>/<Studio and team>/<job>-<random>.spool  an incomplete log, of one program at a time
    <folder>/<Studio and team>/<job>-<random>.marks  where lines may be missing in it
    <folder>/<Studio and team>/<random>.spool        what is not kept

Several programs may use it at once: a file that one of them has open is locked (see `spool`).
"""

import contextlib
import hashlib
import os
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from studio_tui.errors import SpoolError
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.marks import SUFFIX as MARKS
from studio_tui.service.logs.store.marks import marks_file
from studio_tui.service.logs.store.spool import SUFFIX, is_unused, remove_unused
from studio_tui.service.logs.store.tagged_store import TaggedStore

_KEPT = ".log"
_ORPHANED = 3600.0
"""Seconds after which a file of marks without a log is of no use."""
_OF_JOB = re.compile(r"[0-9a-f]{32}-")


class KeptLog(NamedTuple):
    """A log in the cache that was closed, whole or not."""

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
        """Create an empty log that is deleted when it is closed.

        Raises:
            SpoolError: writing to the disk failed.
        """
        return LogStore.create(self._own)

    def begin(self, job_id: str, born: datetime | None) -> LogStore:
        """Create the log of a job, which is left for `resume`.

        Raises:
            SpoolError: writing to the disk failed.
        """
        return LogStore.create(self._own, _name(job_id, born))

    def resume(self, job_id: str, born: datetime | None) -> tuple[LogStore, datetime] | None:
        """Return a job's log as an ended program has left it, and when that last wrote to it.

        `None` if there is none. It is written on; if there are several, the newest is taken.
        """
        for at, path in sorted(self._left(job_id, born), reverse=True):
            try:
                return LogStore.adopt(path, _name(job_id, born)), datetime.fromtimestamp(at, UTC)
            except SpoolError:
                continue
        return None

    def drop_left(self, job_id: str, born: datetime | None) -> None:
        """Delete what ended programs have left of a job's log. Call it in a thread."""
        for _, path in self._left(job_id, born):
            self.remove(path)

    def remove(self, path: Path) -> None:
        """Delete a log that nobody has open. Call it in a thread."""
        if remove_unused(path) and path.suffix == SUFFIX:
            marks_file(path).unlink(missing_ok=True)

    def _left(self, job_id: str, born: datetime | None) -> Iterable[tuple[float, Path]]:
        for path in self._own.glob(f"{_name(job_id, born)}*{SUFFIX}"):
            with contextlib.suppress(OSError):
                yield path.stat().st_mtime, path

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
        return self._own / (_digest_of(job_id, born) + _KEPT)

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
        """Return all logs that nobody writes, of every Studio.

        Blocks on the disk: call it in a thread.
        """
        found = []
        left = (path for path in self._folder.glob(f"*/*-*{SUFFIX}") if is_unused(path))
        for path in (*self._folder.glob(f"*/*{_KEPT}"), *left):
            with contextlib.suppress(OSError):
                status = path.stat()
                found.append(KeptLog(status.st_atime, status.st_size, path))
        return found

    def sweep(self, now: datetime) -> None:
        """Delete what ended programs have left behind, except logs of jobs.

        It may take long: call it in a thread.
        """
        for pattern in (f"*/*{SUFFIX}", f"*{_KEPT}"):
            for path in self._folder.glob(pattern):
                with contextlib.suppress(OSError):
                    if not _OF_JOB.match(path.name) or not path.stat().st_size:
                        self.remove(path)
        for path in self._folder.glob(f"*/*{MARKS}*"):
            # Marks are saved before their log has its name, so young ones may still be needed.
            with contextlib.suppress(OSError):
                log = path.with_name(path.name.removesuffix(".new")).with_suffix(SUFFIX)
                if not log.exists() and now.timestamp() - path.stat().st_mtime > _ORPHANED:
                    path.unlink(missing_ok=True)


def _digest_of(job_id: str, born: datetime | None) -> str:
    return _digest(f"{job_id}\n{born.isoformat() if born else ''}")


def _name(job_id: str, born: datetime | None) -> str:
    """Return the beginning of the names of a job's incomplete logs."""
    return f"{_digest_of(job_id, born)}-"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
