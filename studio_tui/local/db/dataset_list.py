"""All datasets that are known: their versions, who made each when and from what, what is newer.

All functions run on the database's thread.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from studio_tui.local.db import lineage
from studio_tui.local.db.outdated import outdated
from studio_tui.local.db.planning import Lineage, Version
from studio_tui.local.shim.datasets import is_listing, version_key


@dataclass(frozen=True)
class ListedVersion:
    """A version of a dataset that is there."""

    version: str
    job_id: str | None
    """The job that made it, the newest if there are several; `None` if none is known."""
    job_name: str | None
    made_by: str | None
    """Who had that job run."""
    made_at: str | None
    """When that job ended; a stamp."""
    sources: tuple[str, ...]
    """What it was made from, each with its version if that is known."""


@dataclass(frozen=True)
class ListedDataset:
    """A dataset, which has a version at least."""

    name: str
    versions: tuple[ListedVersion, ...]
    """The latest first."""
    newer: tuple[str, ...]
    """Versions that it is out of date by; empty for one that is not."""


def listed(connection: sqlite3.Connection) -> list[ListedDataset]:
    """Return all datasets in the order of their names, but listings of a storage."""
    known = lineage.known(connection)
    jobs = {
        row["id"]: row
        for row in connection.execute(
            "SELECT id, number, name, created_by, finished_at FROM jobs"
            " WHERE id IN (SELECT job_id FROM dataset_jobs)"
        )
    }
    newer = outdated(known)
    versions: dict[str, list[Version]] = {}
    for version in known.versions.values():
        if not version.is_removed and not is_listing(version.dataset):
            versions.setdefault(version.dataset, []).append(version)
    return [
        ListedDataset(
            name,
            tuple(
                _version(version, known, jobs)
                for version in sorted(found, key=lambda each: version_key(each.version))[::-1]
            ),
            newer.get(name, ()),
        )
        for name, found in sorted(versions.items())
    ]


def _version(version: Version, known: Lineage, jobs: Mapping[str, sqlite3.Row]) -> ListedVersion:
    makers = [jobs[link.job_id] for link in version.jobs if link.is_creator and link.job_id in jobs]
    maker = max(makers, key=lambda row: int(row["number"]), default=None)
    sources: dict[str, None] = {}
    for source in version.sources:
        there = known.versions.get(-1 if source.version_id is None else source.version_id)
        name = f"{there.dataset}@{there.version}" if there is not None else source.dataset
        if name and not is_listing(name.partition("@")[0]):
            sources[name] = None
    if maker is None:
        return ListedVersion(version.version, None, None, None, None, tuple(sources))
    return ListedVersion(
        version.version,
        maker["id"],
        maker["name"],
        maker["created_by"],
        maker["finished_at"],
        tuple(sources),
    )
