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


def current_versions(lineage: Lineage) -> dict[str, int]:
    """Return, by dataset, the id of the highest existing version that a completed job has."""
    ranks = sorted(
        (version_key(version.version), version_id)
        for version_id, version in lineage.versions.items()
        if not version.is_removed and _has_complete_job(version, lineage)
    )
    return {lineage.versions[version_id].dataset: version_id for _key, version_id in ranks}


def _has_complete_job(version: MadeVersion, lineage: Lineage) -> bool:
    return any(
        link.job_id in lineage.jobs and lineage.jobs[link.job_id].is_complete
        for link in version.jobs
    )
