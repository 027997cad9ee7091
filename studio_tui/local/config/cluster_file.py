"""The clusters as their file has them now; while it makes no sense, as it had them last."""

import asyncio
import logging
import os
from collections.abc import Callable
from pathlib import Path

from studio_tui.errors import ConfigError
from studio_tui.local.config.clusters import REPAIR, Clusters, read_clusters

logger = logging.getLogger(__name__)

LOOK_EVERY = 2.0
"""Seconds between looks at the file."""

_STILL = "Until then the clusters are as they were."


class ClusterFile:
    """Reads the file again when it has changed."""

    def __init__(self, path: Path) -> None:
        """Read the file, made where it is missing.

        Raises:
            ConfigError: It cannot be read, or says something that makes no sense.
        """
        self._path = path
        self.clusters = read_clusters(path)
        self.problem: str | None = None
        """Why what the file says now is not in force; a sentence."""
        self.version = 0
        """Grows whenever the clusters or the problem change."""
        self._seal = _seal(path)
        self._turn = asyncio.Lock()

    async def look(self) -> bool:
        """Take over what the file says, if it has changed; tell whether the clusters have."""
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
        """Look again and again, and tell when the clusters have changed; never return."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            if await self.look():
                changed()


def _seal(path: Path) -> tuple[int, ...] | None:
    """Return what changes with the file; `None` when it cannot be seen."""
    try:
        found = os.stat(path)  # noqa: PTH116 (as its fields are)
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode, found.st_ctime_ns)


def _read(path: Path, seal: tuple[int, ...] | None) -> tuple[Clusters | None, str | None]:
    """Return the clusters, or why they cannot be had."""
    if seal is None:
        # An editor may be about to write it, so none is put in its place.
        gone = f"{path} is not there. Put it back; the local Studio makes one when it starts."
        return None, f"{gone} {_STILL}"
    try:
        return read_clusters(path), None
    except ConfigError as error:
        # None is made anew while the server runs.
        return None, f"{str(error).removesuffix(REPAIR)}Correct the file. {_STILL}"
