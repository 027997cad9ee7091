"""The clusters of the cluster file, reread on changes; while it is invalid, the last valid ones."""

import asyncio
import logging
import os
from collections.abc import Callable
from pathlib import Path

from studio_tui.errors import ConfigError
from studio_tui.local.config.clusters import Clusters, read_clusters
from studio_tui.local.config.settings_file import REPAIR

logger = logging.getLogger(__name__)

CHECK_EVERY = 2.0
"""Seconds between checks of the file."""

_STILL = "Until then the last valid clusters apply."


class ClusterFile:
    """Rereads the file when it has changed."""

    def __init__(self, path: Path) -> None:
        """Read the file, creating it if missing.

        Raises:
            ConfigError: It cannot be read, or is invalid.
        """
        self._path = path
        self.clusters = read_clusters(path)
        self.problem: str | None = None
        """Why the current content of the file is not in force; a sentence."""
        self.version = 0
        """Incremented whenever the clusters or the problem change."""
        self._seal = _seal(path)
        self._turn = asyncio.Lock()

    async def reread(self) -> bool:
        """Reread the file if it has changed; return whether the clusters have."""
        async with self._turn:
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

    async def follow(self, changed: Callable[[], None]) -> None:
        """Check the file regularly, and call `changed` when the clusters have; never return."""
        while True:
            await asyncio.sleep(CHECK_EVERY)
            if await self.reread():
                changed()


def _seal(path: Path) -> tuple[int, ...] | None:
    """Return a value that changes with the file; `None` if it cannot be accessed."""
    try:
        found = os.stat(path)  # noqa: PTH116 (as its fields are)
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode, found.st_ctime_ns)


def _read(path: Path, seal: tuple[int, ...] | None) -> tuple[Clusters | None, str | None]:
    """Return the clusters, or the problem with the file."""
    if seal is None:
        # An editor may be about to write it, so no new one is created.
        gone = f"{path} is missing. Restore it; only a restart of the local Studio creates one."
        return None, f"{gone} {_STILL}"
    try:
        return read_clusters(path), None
    except ConfigError as error:
        # A missing file is created only at the start of the server.
        return None, f"{str(error).removesuffix(REPAIR)}Correct the file. {_STILL}"
