"""Lists datasets: their versions, jobs and sources, and whether they are outdated."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from studio_tui.local.db import lineage
from studio_tui.local.db.lineage_model import Lineage, MadeVersion
from studio_tui.local.db.rebuilds import outdated_datasets
from studio_tui.local.shim.datasets import is_listing, version_key


def list_datasets(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """Return all datasets that have a version, as `api.local_models.ListedDataset` describes them.

    They are sorted by name; listings of storages are left out.
    """
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
        {
            "name": name,
            "versions": [
                _describe(version, all_lineage, jobs)
                for version in sorted(
                    made, key=lambda each: version_key(each.version), reverse=True
                )
            ],
            "newer": newer.get(name, ()),
        }
        for name, made in sorted(versions.items())
    ]


def _describe(
    version: MadeVersion, all_lineage: Lineage, jobs: Mapping[str, sqlite3.Row]
) -> dict[str, Any]:
    makers = [jobs[link.job_id] for link in version.jobs if link.is_creator and link.job_id in jobs]
    maker = max(makers, key=lambda row: int(row["number"]), default=None)
    sources: dict[str, None] = {}
    for source in version.sources:
        used = all_lineage.source_version(source)
        name = str(used) if used is not None else source.dataset
        if name and not is_listing(name.partition("@")[0]):
            sources[name] = None
    return {
        "version": version.version,
        "job_id": maker and maker["id"],
        "job_name": maker and maker["name"],
        "made_by": maker and maker["created_by"],
        "made_at": maker and maker["finished_at"],
        "sources": [*sources],
    }
