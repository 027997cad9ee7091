"""The folder of the whole logs that stay on this machine when the program ends.

    <folder>/<profile>/<job>.log   a whole log, never written again

<profile> is a digest of Studio's URL and the team, <job> a digest of the job's id and creation
time. Other files there are remains of programs that were killed while they copied a log.

Several programs may use the folder at once: a log that one deletes stays readable where it is open.
"""

import contextlib
import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from studio_tui.errors import SpoolError
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.tagged_store import TaggedStore


class KeptLog(NamedTuple):
    """A file in the folder."""

    used: float
    """When it was last used, in seconds since the epoch."""
    size: int
    path: Path


class LogCache:
    """The logs of one profile; only `saved_logs` returns those of all profiles.

    The log of a job is given by its name, see `name_of_log`.
    Methods that create a log raise a `SpoolError` if that fails. Those that block say so: call them
    in a thread.
    """

    def __init__(self, folder: Path, profile: str) -> None:
        """Initialize; `folder` has the logs of all profiles, of which this is `profile`."""
        self._folder = folder
        self._own = folder / _digest(profile)

    def new(self) -> LogStore:
        """Create an empty log."""
        return LogStore.create(self._own)

    def new_tagged(self) -> TaggedStore:
        """Create an empty log for merging several others."""
        return TaggedStore.create(self._own)

    def path_of(self, name: str) -> Path:
        """Return the path of a job's whole log."""
        return self._own / f"{name}.log"

    def find(self, name: str) -> tuple[LogStore, datetime] | None:
        """Return a job's whole log, and when it was last written; `None` if it cannot be read."""
        path = self.path_of(name)
        try:
            written_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            return LogStore.open(path), written_at
        except (OSError, SpoolError):
            return None

    def end_of(self, name: str, length: int) -> bytes | None:
        """Return the last bytes of a job's whole log; `None` if it cannot be read; blocks."""
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
        """Return the logs of all profiles, and the remains of some; blocks."""
        logs = []
        for path in self._folder.glob("*/[!.]*"):  # on NFS, open files without a name are `.nfs…`
            with contextlib.suppress(OSError):
                status = path.stat()
                logs.append(KeptLog(status.st_atime, status.st_size, path))
        return logs


def name_of_log(job_id: str, created_at: datetime | None) -> str:
    """Return the name of a job's log in the folder of its profile.

    It depends on the creation time too, as a new Studio at the same URL may use the same ids.
    """
    return _digest(f"{job_id}\n{created_at.isoformat() if created_at else ''}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
