"""The clusters that jobs can run on, and the file in which the user configures them."""

import asyncio
import logging
import os
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

from studio_tui.errors import ConfigError
from studio_tui.files import file_version
from studio_tui.local.config.settings_file import REPAIR, read_settings_file

logger = logging.getLogger(__name__)

TEMPLATE = """\
# Clusters of the local Studio. A change takes effect within seconds, for jobs that start after it.
#
# A cluster is a share of this machine: its jobs run concurrently as long as the sum of their
# workers is at most `max_workers`; the others wait, by priority and age. Nothing else is reserved
# or limited: the workers of a job are a number that you choose when submitting it.
#
#   name          its name in jobs, 1 to 100 characters
#   max_workers   1 to 10000
#   default       true for the cluster of jobs that name none; the first, if none is marked
#   active        false: accepts no jobs, and its queued jobs wait until it is active again
#
# A queued job also waits if its cluster was removed from this file, or has too few workers now.
#
# A cluster's id is its place in this file, from 1.

[[cluster]]
name = "local"
max_workers = {cores}
default = true
"""


_UNTIL_THEN = "Until then the last valid clusters apply."


class Cluster(BaseModel):
    """One `[[cluster]]` table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=100)
    max_workers: int = Field(ge=1, le=10_000, strict=True)
    default: bool = False
    active: bool = True


class _ClusterFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    cluster: tuple[Cluster, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check_names_and_default(self) -> "_ClusterFile":
        names = [cluster.name for cluster in self.cluster]
        if len(set(names)) < len(names):
            raise ValueError("two clusters have the same name")
        if sum(cluster.default for cluster in self.cluster) > 1:
            raise ValueError("two clusters are marked as the default")
        return self


@dataclass(frozen=True)
class Clusters:
    """The clusters of one local Studio, in the order of the file."""

    all: tuple[Cluster, ...]

    @property
    def default(self) -> Cluster:
        """The cluster of jobs that do not name one."""
        return next((cluster for cluster in self.all if cluster.default), self.all[0])

    def by_name(self, name: str) -> Cluster | None:
        """Return the cluster with a name, if there is one."""
        return next((cluster for cluster in self.all if cluster.name == name), None)

    def by_id(self, cluster_id: str) -> Cluster | None:
        """Return the cluster with an id, written as a number, if there is one."""
        numbered = enumerate(self.all, 1)
        return next((cluster for number, cluster in numbered if str(number) == cluster_id), None)

    def why_not_start(self, name: str, workers: int) -> str | None:
        """Return what a job waits for if the cluster could not start it even while idle.

        It is a noun with a clause: "the cluster gpu, which has only 2 workers now".
        """
        cluster = self.by_name(name)
        if cluster is None:
            return f"the cluster {name}, which is no longer in clusters.toml"
        if workers > cluster.max_workers:
            limit = cluster.max_workers
            workers_text = f"{limit} worker{'s' if limit > 1 else ''}"
            return f"the cluster {name}, which has only {workers_text} now"
        if not cluster.active:
            return f"the cluster {name}, which is inactive in clusters.toml"
        return None

    def id_of(self, name: str) -> int | None:
        """Return the place of a cluster in the file, from 1; `None` if there is no such cluster."""
        numbered = enumerate(self.all, 1)
        return next((number for number, cluster in numbered if cluster.name == name), None)


def read_clusters(path: Path) -> Clusters:
    """Read the file, or create it with one cluster that has one worker per processor.

    Raises:
        ConfigError: The file cannot be created or read, or is invalid.
    """
    template = TEMPLATE.format(cores=os.cpu_count() or 1)
    return Clusters(read_settings_file(path, template, _ClusterFile, "clusters").cluster)


class ClusterFile:
    """The clusters of a file; while the file is invalid, those of its last valid content."""

    def __init__(self, path: Path) -> None:
        """Read the file, or create it; raise `ConfigError` if it is invalid or inaccessible."""
        self._path = path
        self.clusters = read_clusters(path)
        self.problem: str | None = None
        """Why the content of the file is not in force, in sentences; `None` if it is."""
        self._file_version = file_version(path)
        self._rereading = asyncio.Lock()

    async def reread(self) -> bool:
        """Read the file again if it has changed; return whether the clusters have changed."""
        async with self._rereading:
            version = await asyncio.to_thread(file_version, self._path)
            if version == self._file_version:
                return False
            self._file_version = version
            clusters, problem = await asyncio.to_thread(_read, self._path, version)
            if problem != self.problem:
                self.problem = problem
                if problem is not None:
                    logger.warning("%s", problem)
            if clusters is None or clusters == self.clusters:
                return False
            self.clusters = clusters
            return True


def _read(path: Path, version: object) -> tuple[Clusters | None, str | None]:
    if version is None:
        # No new file is created here: an editor may have removed the old one to replace it.
        missing = f"{path} is missing. Restore it, or restart the local Studio to create a new one."
        return None, f"{missing} {_UNTIL_THEN}"
    try:
        return read_clusters(path), None
    except ConfigError as error:
        # `REPAIR` also suggests moving the file away, but a running server creates no new file.
        return None, f"{str(error).removesuffix(REPAIR)}Correct the file. {_UNTIL_THEN}"
