"""The folder of logs on this machine: whole and incomplete ones kept between runs.

    <folder>/<profile>/<job>.log             a whole log, never written again
    <folder>/<profile>/<job>-<random>.spool  an incomplete log, of one program at a time
    <folder>/<profile>/<job>-<random>.marks  where lines may be missing in it
    <folder>/<profile>/<random>.spool        a temporary log, deleted when it is closed

<profile> is a digest of Studio's URL and the team, <job> one of the job's id and creation time.

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
_ORPHAN_SECONDS = 3600.0
"""Seconds after which a file of marks without a log is of no use."""
_OF_JOB = re.compile(r"[0-9a-f]{32}-")


class KeptLog(NamedTuple):
    """A log in the cache that nobody writes, whole or not."""

    used: float
    """When it was last used, in seconds since the epoch; see `LogCache.note_use`."""
    size: int
    """Bytes."""
    path: Path


class LogCache:
    """The logs of one team at one Studio; `saved_logs` and `sweep` are about those of all teams."""

    def __init__(self, folder: Path, profile: str) -> None:
        """Initialise; `profile` identifies this Studio and team in the folder of all logs."""
        self._folder = folder
        self._own = folder / _digest(profile)

    def new(self) -> LogStore:
        """Create an empty log that is deleted when it is closed.

        Raises:
            SpoolError: writing to the disk failed.
        """
        return LogStore.create(self._own)

    def begin(self, job_id: str, created_at: datetime | None) -> LogStore:
        """Create the log file of a job, which stays on the disk for `resume` if it is not complete.

        Raises:
            SpoolError: writing to the disk failed.
        """
        return LogStore.create(self._own, _spool_prefix(job_id, created_at))

    def resume(self, job_id: str, created_at: datetime | None) -> tuple[LogStore, datetime] | None:
        """Reopen an incomplete log that an ended program left, to append to it.

        Return the newest that can be opened, and when that was last written; `None` if there is
        none.
        """
        for at, path in sorted(self._leftovers(job_id, created_at), reverse=True):
            try:
                return LogStore.adopt(
                    path, _spool_prefix(job_id, created_at)
                ), datetime.fromtimestamp(at, UTC)
            except SpoolError:
                continue
        return None

    def delete_leftovers(self, job_id: str, created_at: datetime | None) -> None:
        """Delete incomplete logs of a job that ended programs left. Call it in a thread."""
        for _, path in self._leftovers(job_id, created_at):
            self.remove(path)

    def remove(self, path: Path) -> None:
        """Delete a log that nobody has open. Call it in a thread."""
        if remove_unused(path) and path.suffix == SUFFIX:
            marks_file(path).unlink(missing_ok=True)

    def _leftovers(self, job_id: str, created_at: datetime | None) -> Iterable[tuple[float, Path]]:
        for path in self._own.glob(f"{_spool_prefix(job_id, created_at)}*{SUFFIX}"):
            with contextlib.suppress(OSError):
                yield path.stat().st_mtime, path

    def new_tagged(self) -> TaggedStore:
        """Create an empty log for merging several others.

        Raises:
            SpoolError: writing to the disk failed.
        """
        return TaggedStore.create(self._own)

    def path_of(self, job_id: str, created_at: datetime | None) -> Path:
        """Return the path of a job's whole log.

        A Studio may start over with its ids, so the path also depends on when the job was created.
        """
        return self._own / (_log_digest(job_id, created_at) + _KEPT)

    def find(self, job_id: str, created_at: datetime | None) -> tuple[LogStore, datetime] | None:
        """Return a job's whole log and when it was completed; `None` if there is none, or it cannot
        be read."""
        path = self.path_of(job_id, created_at)
        try:
            since = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            return LogStore.open(path), since
        except (OSError, SpoolError):
            return None

    def end_of(self, job_id: str, created_at: datetime | None, length: int) -> bytes | None:
        """Return the last bytes of a job's whole log, if it is kept. Call it in a thread."""
        try:
            with self.path_of(job_id, created_at).open("rb") as kept:
                kept.seek(max(0, kept.seek(0, os.SEEK_END) - length))
                return kept.read(length)
        except OSError:
            return None

    def note_use(self, path: Path, now: datetime) -> None:
        """Record that a log was used, so that it is deleted later than others."""
        with contextlib.suppress(OSError):
            os.utime(path, (now.timestamp(), path.stat().st_mtime))

    def saved_logs(self) -> list[KeptLog]:
        """Return all logs that nobody writes, of every Studio.

        Blocks on the disk: call it in a thread.
        """
        logs = []
        left = (path for path in self._folder.glob(f"*/*-*{SUFFIX}") if is_unused(path))
        for path in (*self._folder.glob(f"*/*{_KEPT}"), *left):
            with contextlib.suppress(OSError):
                status = path.stat()
                logs.append(KeptLog(status.st_atime, status.st_size, path))
        return logs

    def sweep(self, now: datetime) -> None:
        """Delete what ended programs left: temporary and empty logs, and marks without a log.

        It may take long: call it in a thread.
        """
        for path in self._folder.glob(f"*/*{SUFFIX}"):
            with contextlib.suppress(OSError):
                if not _OF_JOB.match(path.name) or not path.stat().st_size:
                    self.remove(path)
        for path in self._folder.glob(f"*/*{MARKS}*"):
            # Marks are written before their spool has its final name: young ones may be needed.
            with contextlib.suppress(OSError):
                log = path.with_name(path.name.removesuffix(".new")).with_suffix(SUFFIX)
                if not log.exists() and now.timestamp() - path.stat().st_mtime > _ORPHAN_SECONDS:
                    path.unlink(missing_ok=True)


def _log_digest(job_id: str, created_at: datetime | None) -> str:
    return _digest(f"{job_id}\n{created_at.isoformat() if created_at else ''}")


def _spool_prefix(job_id: str, created_at: datetime | None) -> str:
    """Return the beginning of the names of a job's incomplete logs."""
    return f"{_log_digest(job_id, created_at)}-"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
