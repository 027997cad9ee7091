"""The folder of logs on this machine: whole and incomplete ones, which outlive the program.

    <folder>/<profile>/<job>.log             a whole log, never written again
    <folder>/<profile>/<job>-<random>.spool  an incomplete log, of one program at a time
    <folder>/<profile>/<job>-<random>.marks  the marks of that log
    <folder>/<profile>/<random>.spool        a temporary log, deleted when it is closed

<profile> is a digest of Studio's URL and the team, <job> a digest of the job's id and creation
time.

Several programs may use the folder at once: each locks the files that it has open (see `spool`).
A log for which the folder has no room is in a temporary folder, as long as it is open.
"""

import contextlib
import hashlib
import os
import re
import shutil
import tempfile
import weakref
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, TypeVar

from studio_tui.errors import SpoolError
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.marks import SUFFIX as MARKS
from studio_tui.service.logs.store.marks import marks_file
from studio_tui.service.logs.store.spool import SUFFIX, delete_if_possible, is_unused, remove_unused
from studio_tui.service.logs.store.tagged_store import TaggedStore

_WHOLE = ".log"
_ORPHAN_SECONDS = 3600.0
"""Seconds after which a file of marks without a log is deleted."""
_ROOM = 16 * 1024**2
"""Bytes that must be free on the disk for a log that is kept."""
_OF_JOB = re.compile(r"[0-9a-f]{32}-")
"""The beginning of the name of a job's incomplete log, other than of a temporary log."""

S = TypeVar("S", bound=LogStore)


class KeptLog(NamedTuple):
    """A whole log, or an incomplete one that no program has open."""

    used: float
    """When it was last used, in seconds since the epoch."""
    size: int
    path: Path


class LogCache:
    """The logs of one profile; only `saved_logs` and `sweep` handle those of all profiles.

    The log of a job is given by its name, see `name_of_log`.
    Methods that create a log raise a `SpoolError` if that fails. Some block: call them in a thread.
    """

    def __init__(self, folder: Path, profile: str) -> None:
        """Initialize; `folder` has the logs of all profiles, of which this is `profile`."""
        self._folder = folder
        self._own = folder / _digest(profile)
        self._temporary: Path | None = None
        """The folder of logs for which `folder` has no room; deleted when the program ends."""
        self._problem = ""
        """Why `folder` last had no room, as a sentence."""

    def new(self) -> LogStore:
        """Create an empty log that is deleted when it is closed."""
        return self._create(LogStore)

    def begin(self, name: str) -> LogStore:
        """Create the empty log of a job, which is left for `resume` when the program ends."""
        return self._create(LogStore, f"{name}-")

    def _create(self, kind: type[S], prefix: str = "") -> S:
        """Create a log in the folder; if that has no room, a temporary one elsewhere."""
        try:
            store = kind.create(self._own, prefix)
            if not (problem := self._why_no_room()):
                return store
            store.close()
            self._problem = problem
        except SpoolError as error:
            self._problem = str(error)
        if self._temporary is None:
            try:
                self._temporary = Path(tempfile.mkdtemp(prefix="studio-tui-"))
            except OSError as error:
                raise SpoolError(self._problem) from error
            weakref.finalize(self, shutil.rmtree, self._temporary, ignore_errors=True)
        return kind.create(self._temporary)

    def _why_no_room(self) -> str:
        """Return why the folder has no room for a log, as a sentence; empty if it has."""
        problem = f"No log can be stored in {self._own}"
        try:
            disk = shutil.disk_usage(self._own)
        except OSError as error:
            return f"{problem}: {error.strerror}."
        is_full = disk.free < _ROOM and disk.total  # 0 if the file system does not tell
        return f"{problem}: the disk is full." if is_full else ""

    def why_not_kept(self, store: LogStore) -> str:
        """Return why a log is not kept when it is closed, as sentences; empty if it is kept."""
        is_kept = store.path.parent != self._temporary
        return "" if is_kept else f"{self._problem} This log is loaded again each time."

    def resume(self, name: str) -> tuple[LogStore, datetime] | None:
        """Open the newest incomplete log of a job that an ended program left, to append to it.

        Return it and when it was last written; `None` if none can be opened.
        """
        for written_at, path in sorted(self._leftovers(name), reverse=True):
            try:
                return LogStore.adopt(path, f"{name}-"), datetime.fromtimestamp(written_at, UTC)
            except SpoolError:
                continue
        return None

    def delete_leftovers(self, name: str) -> None:
        """Delete the incomplete logs of a job that ended programs left; blocks."""
        for _, path in self._leftovers(name):
            self.remove(path)

    def remove(self, path: Path) -> None:
        """Delete a log, unless a program has it open; blocks."""
        if remove_unused(path) and path.suffix == SUFFIX:
            delete_if_possible(marks_file(path))

    def _leftovers(self, name: str) -> Iterable[tuple[float, Path]]:
        """Yield when each incomplete log of a job was last written, and its path."""
        for path in self._own.glob(f"{name}-*{SUFFIX}"):
            with contextlib.suppress(OSError):
                yield path.stat().st_mtime, path

    def new_tagged(self) -> TaggedStore:
        """Create an empty log for merging several others."""
        return self._create(TaggedStore)

    def path_of(self, name: str) -> Path:
        """Return the path of a job's whole log."""
        return self._own / f"{name}{_WHOLE}"

    def find(self, name: str) -> tuple[LogStore, datetime] | None:
        """Return a job's whole log, and when it was last written; `None` if it cannot be read."""
        path = self.path_of(name)
        try:
            written_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            return LogStore.open(path), written_at
        except (OSError, SpoolError):
            return None

    def end_of(self, name: str, length: int) -> bytes | None:
        """Return the last bytes of a job's whole log; `None` if there is none; blocks."""
        try:
            with self.path_of(name).open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - length))
                return log.read(length)
        except OSError:
            return None

    def note_use(self, path: Path, now: datetime) -> None:
        """Store when a log was used, as its access time: what was used last is deleted last."""
        with contextlib.suppress(OSError):
            os.utime(path, (now.timestamp(), path.stat().st_mtime))

    def saved_logs(self) -> list[KeptLog]:
        """Return the logs of all profiles: whole ones, and incomplete ones not open; blocks."""
        logs = []
        leftovers = (path for path in self._folder.glob(f"*/*-*{SUFFIX}") if is_unused(path))
        for path in (*self._folder.glob(f"*/*{_WHOLE}"), *leftovers):
            with contextlib.suppress(OSError):
                status = path.stat()
                logs.append(KeptLog(status.st_atime, status.st_size, path))
        return logs

    def sweep(self, now: datetime) -> None:
        """Delete what ended programs left: temporary or empty logs, marks without one; blocks."""
        for path in self._folder.glob(f"*/*{SUFFIX}"):
            with contextlib.suppress(OSError):
                if not _OF_JOB.match(path.name) or not path.stat().st_size:
                    self.remove(path)
        for path in self._folder.glob(f"*/*{MARKS}*"):
            # Marks are written before their log is renamed to match: young ones may be needed.
            with contextlib.suppress(OSError):
                if (
                    not path.with_suffix(SUFFIX).exists()
                    and now.timestamp() - path.stat().st_mtime > _ORPHAN_SECONDS
                ):
                    path.unlink()


def name_of_log(job_id: str, created_at: datetime | None) -> str:
    """Return the name of a job's log in the folder of its profile.

    It depends on the creation time too, as a new Studio at the same URL may use the same ids.
    """
    return _digest(f"{job_id}\n{created_at.isoformat() if created_at else ''}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
