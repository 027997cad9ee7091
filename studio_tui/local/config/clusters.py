"""The clusters that jobs can run on: read from the user's TOML file, created if missing."""

import os
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

from studio_tui.local.config.settings_file import read_settings_file

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
#   active        false: accepts no jobs; queued ones wait until it is active again, as do
#                 those whose cluster was removed from this file, or now has too few workers
#
# A cluster's id is its place in this file, from 1.

[[cluster]]
name = "local"
max_workers = {cores}
default = true
"""


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
    def _check(self) -> "_ClusterFile":
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
        """Return the cluster with that name."""
        return next((cluster for cluster in self.all if cluster.name == name), None)

    def by_id(self, number: str) -> Cluster | None:
        """Return the cluster with that id, given as text."""
        return next(
            (cluster for cluster in self.all if str(self.id_of(cluster.name)) == number), None
        )

    def why_not(self, name: str, workers: int) -> str | None:
        """Return why no job with so many workers can start there now, even if it were idle."""
        cluster = self.by_name(name)
        if cluster is None:
            return f"the cluster {name}, which is no longer in clusters.toml"
        if workers > cluster.max_workers:
            most = cluster.max_workers
            return f"the cluster {name}, which has only {most} worker{'s' if most > 1 else ''} now"
        if not cluster.active:
            return f"the cluster {name}, which is inactive in clusters.toml"
        return None

    def id_of(self, name: str) -> int | None:
        """Return the id of the cluster with that name."""
        return next((at for at, cluster in enumerate(self.all, 1) if cluster.name == name), None)


def read_clusters(path: Path) -> Clusters:
    """Read the file; if missing, create it with one cluster as large as this machine.

    Raises:
        ConfigError: it cannot be created or read, or is invalid.
    """
    template = TEMPLATE.format(cores=os.cpu_count() or 1)
    return Clusters(read_settings_file(path, template, _ClusterFile, "clusters").cluster)
