"""Reads the cluster file, and reads it again when it has changed."""

import asyncio
import logging
from pathlib import Path

from studio_tui.errors import ConfigError
from studio_tui.local.config.clusters import Clusters, read_clusters
from studio_tui.local.config.settings_file import REPAIR

logger = logging.getLogger(__name__)

_UNTIL_THEN = "Until then the last valid clusters apply."


class ClusterFile:
    """The clusters of a file; while the file is invalid, those of its last valid content."""

    def __init__(self, path: Path) -> None:
        """Read the file; if it is missing, create it.

        Raises:
            ConfigError: The file cannot be created or read, or is invalid.
        """
        self._path = path
        self.clusters = read_clusters(path)
        self.problem: str | None = None
        """Why the content of the file is not in force, in sentences; `None` if it is."""
        self.version = 0
        """Incremented whenever the clusters or the problem change."""
        self._seal = _seal(path)
        self._rereading = asyncio.Lock()

    async def reread(self) -> bool:
        """Read the file again if it has changed; return whether the clusters have changed."""
        async with self._rereading:
            seal = await asyncio.to_thread(_seal, self._path)
            if seal == self._seal:
                return False
            self._seal = seal
            clusters, problem = await asyncio.to_thread(_read, self._path, seal)
            if problem != self.problem:
                self.problem = problem
                self.version += 1
                if problem is not None:
                    logger.warning("%s", problem)
            if clusters is None or clusters == self.clusters:
                return False
            self.clusters = clusters
            self.version += 1
            return True


def _seal(path: Path) -> tuple[int, ...] | None:
    """Return a value that differs after each change of the file; `None` if it is inaccessible."""
    try:
        status = path.stat()
    except OSError:
        return None
    return (
        status.st_mtime_ns,
        status.st_size,
        status.st_ino,
        status.st_mode,
        status.st_ctime_ns,
    )


def _read(path: Path, seal: tuple[int, ...] | None) -> tuple[Clusters | None, str | None]:
    if seal is None:
        # No new file is created here: an editor may have removed the old one to replace it.
        missing = f"{path} is missing. Restore it; only a restart of the local Studio creates one."
        return None, f"{missing} {_UNTIL_THEN}"
    try:
        return read_clusters(path), None
    except ConfigError as error:
        # `REPAIR` also suggests moving the file away, but a running server creates no new file.
        return None, f"{str(error).removesuffix(REPAIR)}Correct the file. {_UNTIL_THEN}"
