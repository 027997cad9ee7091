"""The known origins of datasets: versions, the jobs that made them, their sources; pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from studio_tui.local.shim.datasets import version_key


@dataclass(frozen=True)
class DatasetLink:
    """The relation of a job to a version."""

    job_id: str
    is_creator: bool
    """Whether it made the version; else it reused it from a checkpoint."""


@dataclass(frozen=True)
class DatasetSource:
    """A dataset that a version was made from."""

    dataset: str
    """`namespace.project.name`; empty if it is unknown by now."""
    version_id: int | None
    """`None` if the version is gone, or was never known."""


@dataclass(frozen=True)
class MadeVersion:
    """A dataset version that is, or was, complete."""

    dataset: str
    version: str
    is_removed: bool = False
    jobs: tuple[DatasetLink, ...] = ()
    sources: tuple[DatasetSource, ...] = ()

    def __str__(self) -> str:
        """Return `namespace.project.name@version`."""
        return f"{self.dataset}@{self.version}"


@dataclass(frozen=True)
class KnownJob:
    """A job that has run."""

    number: int
    """Order of creation."""
    name: str
    script: str
    """Equal for equal queries."""
    environment: str
    """Equal for equal variables."""
    is_complete: bool


@dataclass(frozen=True)
class Lineage:
    """All known lineage: versions by id, and the jobs that they refer to, by id."""

    versions: Mapping[int, MadeVersion]
    jobs: Mapping[str, KnownJob]


class CurrentVersions:
    """The current version of each dataset: the highest one made by a completed job."""

    def __init__(self, lineage: Lineage) -> None:
        self._versions = lineage.versions
        self._highest: dict[str, tuple[tuple[int, ...], int]] = {}
        for version_id, version in lineage.versions.items():
            if version.is_removed or not _complete_makers(version, lineage):
                continue
            rank = version_key(version.version), version_id
            self._highest[version.dataset] = max(self._highest.get(version.dataset, rank), rank)

    def is_current(self, version_id: int) -> bool:
        """Whether a version is the current one of its dataset."""
        highest = self._highest.get(self._versions[version_id].dataset)
        return highest is not None and highest[1] == version_id

    def of(self, version_id: int | None) -> int:
        """Return the current version for another; itself if there is none, -1 if it is unknown."""
        version = None if version_id is None else self._versions.get(version_id)
        if version_id is None or version is None:
            return -1
        highest = self._highest.get(version.dataset)
        return version_id if highest is None else highest[1]


def _complete_makers(version: MadeVersion, lineage: Lineage) -> bool:
    """Whether a completed job is known to have made or reused a version."""
    return any(
        link.job_id in lineage.jobs and lineage.jobs[link.job_id].is_complete
        for link in version.jobs
    )
