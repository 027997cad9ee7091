"""Lists datasets: their versions, jobs and sources, and whether they are outdated."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from studio_tui.local.db import lineage
from studio_tui.local.db.lineage_model import Lineage, MadeVersion
from studio_tui.local.db.rebuilds import outdated_datasets
from studio_tui.local.shim.datasets import is_listing, version_key


@dataclass(frozen=True)
class VersionRow:
    """An existing version of a dataset."""

    version: str
    job_id: str | None
    """The newest job that made the version; `None` if unknown."""
    job_name: str | None
    made_by: str | None
    """The user who created that job."""
    made_at: str | None
    """When that job ended, a stamp; `None` if it has not ended or is unknown."""
    sources: tuple[str, ...]
    """Names with `@version` if known; without listings."""


@dataclass(frozen=True)
class DatasetRow:
    """A dataset with its versions, of which there is at least one; the highest first."""

    name: str
    versions: tuple[VersionRow, ...]
    newer: tuple[str, ...]
    """Newer versions of its direct or indirect sources; empty if it is not outdated."""


def list_datasets(connection: sqlite3.Connection) -> list[DatasetRow]:
    """Return all datasets that have a version, sorted by name, without listings of storages."""
    all_lineage = lineage.read_lineage(connection)
    jobs = {
        row["id"]: row
        for row in connection.execute(
            "SELECT id, number, name, created_by, finished_at FROM jobs"
            " WHERE id IN (SELECT job_id FROM dataset_jobs)"
        )
    }
    newer = outdated_datasets(all_lineage)
    versions: dict[str, list[MadeVersion]] = {}
    for version in all_lineage.versions.values():
        if not version.is_removed and not is_listing(version.dataset):
            versions.setdefault(version.dataset, []).append(version)
    return [
        DatasetRow(
            name,
            tuple(
                _version_row(version, all_lineage, jobs)
                for version in sorted(
                    made, key=lambda each: version_key(each.version), reverse=True
                )
            ),
            newer.get(name, ()),
        )
        for name, made in sorted(versions.items())
    ]


def _version_row(
    version: MadeVersion, all_lineage: Lineage, jobs: Mapping[str, sqlite3.Row]
) -> VersionRow:
    makers = [jobs[link.job_id] for link in version.jobs if link.is_creator and link.job_id in jobs]
    maker = max(makers, key=lambda row: int(row["number"]), default=None)
    sources: dict[str, None] = {}
    for source in version.sources:
        used = all_lineage.source_version(source)
        name = str(used) if used is not None else source.dataset
        if name and not is_listing(name.partition("@")[0]):
            sources[name] = None
    if maker is None:
        return VersionRow(version.version, None, None, None, None, tuple(sources))
    return VersionRow(
        version.version,
        maker["id"],
        maker["name"],
        maker["created_by"],
        maker["finished_at"],
        tuple(sources),
    )
