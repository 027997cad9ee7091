"""The lineage of datasets in memory: versions, the jobs that made them, and their sources; pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from studio_tui.local.shim.datasets import version_key


@dataclass(frozen=True)
class DatasetLink:
    """The relation of a job to a version."""

    job_id: str
    is_creator: bool
    """Whether the job made the version; else the job reused it from a checkpoint."""


@dataclass(frozen=True)
class DatasetSource:
    """A dataset that a version was made from."""

    dataset: str
    """`namespace.project.name`, with `@version` if a job named it so; empty if it is not known."""
    version_id: int | None
    """The version that was used; `None` if it is not known."""


@dataclass(frozen=True)
class MadeVersion:
    """A dataset version that is complete, or was before it was removed."""

    dataset: str
    version: str
    is_removed: bool = False
    jobs: tuple[DatasetLink, ...] = ()
    sources: tuple[DatasetSource, ...] = ()

    def __str__(self) -> str:
        return f"{self.dataset}@{self.version}"


@dataclass(frozen=True)
class KnownJob:
    """A job, with the properties that plans depend on."""

    number: int
    """Ascends in the order of creation."""
    name: str
    script: str
    """The SHA-256 of the query; empty if the query does not matter, as for reruns."""
    environment: str
    """The variables as JSON, sorted by name, without the label (`api.label`)."""
    is_complete: bool


@dataclass(frozen=True)
class Lineage:
    """All known lineage: versions by id, and the jobs that they refer to, by id."""

    versions: Mapping[int, MadeVersion]
    jobs: Mapping[str, KnownJob]

    def source_version(self, source: DatasetSource) -> MadeVersion | None:
        """Return the version that was used of a source, if known."""
        return None if source.version_id is None else self.versions.get(source.version_id)


class CurrentVersions:
    """For each dataset, its highest existing version that a completed job made or reused."""

    def __init__(self, lineage: Lineage) -> None:
        self._versions = lineage.versions
        self._highest: dict[str, tuple[tuple[int, ...], int]] = {}
        for version_id, version in lineage.versions.items():
            if version.is_removed or not _has_complete_job(version, lineage):
                continue
            rank = version_key(version.version), version_id
            self._highest[version.dataset] = max(self._highest.get(version.dataset, rank), rank)

    def by_dataset(self) -> dict[str, MadeVersion]:
        """Return the current version of each dataset that has one."""
        version_ids = sorted(version_id for _key, version_id in self._highest.values())
        versions = [self._versions[version_id] for version_id in version_ids]
        return {version.dataset: version for version in versions}

    def of(self, version_id: int | None) -> int:
        """Return the id of the current version of a version's dataset.

        If the dataset has no current version, it is `version_id` itself; for an unknown version,
        it is -1.
        """
        version = None if version_id is None else self._versions.get(version_id)
        if version_id is None or version is None:
            return -1
        highest = self._highest.get(version.dataset)
        return version_id if highest is None else highest[1]


def _has_complete_job(version: MadeVersion, lineage: Lineage) -> bool:
    return any(
        link.job_id in lineage.jobs and lineage.jobs[link.job_id].is_complete
        for link in version.jobs
    )
