"""The lineage of datasets in the database: versions, the jobs that made them, their sources.

Lineage comes from two sources: the file that a job writes (`STUDIO_LINEAGE`), and DataChain's own
database, the metastore. The transaction that ends a job records both. A transaction that plans a
pipeline or orders jobs records the metastore first.
"""

import hashlib
import json
import logging
import sqlite3
from collections.abc import Sequence

from studio_tui.api import label
from studio_tui.api.states import JobState
from studio_tui.local.db.lineage_model import (
    DatasetLink,
    DatasetSource,
    KnownJob,
    Lineage,
    MadeVersion,
)
from studio_tui.local.run.metastore import Metastore
from studio_tui.local.run.runner import RunLineage
from studio_tui.local.shim.datasets import (
    FIRST_VERSION,
    DatasetName,
    read_name,
    version_after,
    version_key,
)
from studio_tui.local.shim.lineage_file import ReportedDataset

logger = logging.getLogger(__name__)


def record_lineage(
    connection: sqlite3.Connection, job_id: str, run_lineage: RunLineage, *, is_complete: bool
) -> None:
    """Record the lineage of an ended job; unless it is complete, only that of the metastore.

    If a row violates a constraint of the database, nothing is recorded, and the error is logged.
    """
    connection.execute("SAVEPOINT lineage")
    try:
        record_metastore(connection, run_lineage.metastore)
        if is_complete:
            record_made(connection, job_id, run_lineage.datasets)
    except sqlite3.IntegrityError:
        logger.exception("The datasets made by job %s could not be recorded", job_id)
        connection.execute("ROLLBACK TO lineage")
    connection.execute("RELEASE lineage")


def record_made(
    connection: sqlite3.Connection, job_id: str, datasets: Sequence[ReportedDataset]
) -> None:
    """Record the datasets that a job says it made, in their order; replace existing versions."""
    latest = _Latest(connection)
    first_made: dict[str, int] = {}
    """Ids of made versions by `dataset@version`; by `dataset`, the id of its first made version."""
    for dataset in datasets:
        version = dataset.version or latest.next_version(dataset.dataset)
        sources = [_find_source(connection, name, latest) for name in dataset.sources]
        (version_id,) = connection.execute(
            "INSERT INTO dataset_versions (dataset, version) VALUES (?, ?)"
            " ON CONFLICT DO UPDATE SET is_removed = 0 RETURNING id",
            [dataset.dataset, version],
        ).fetchone()
        for table in ("dataset_jobs", "dataset_sources"):
            connection.execute(
                f"DELETE FROM {table} WHERE version_id = ?",  # noqa: S608 (a constant name)
                [version_id],
            )
        connection.execute("INSERT INTO dataset_jobs VALUES (?, ?, 1)", [version_id, job_id])
        for source_name, source_id in sources:
            _insert_source(connection, version_id, source_name, source_id)
        latest.add(dataset.dataset, version, version_id)
        first_made.setdefault(dataset.dataset, version_id)
        first_made.setdefault(f"{dataset.dataset}@{version}", version_id)
    # Other jobs, which ended earlier, may have used a version that is recorded only now.
    without_version = connection.execute(
        "SELECT rowid, source FROM dataset_sources WHERE source_id IS NULL"
    ).fetchall()
    connection.executemany(
        "UPDATE dataset_sources SET source_id = ? WHERE rowid = ?",
        [(first_made[source], row) for row, source in without_version if source in first_made],
    )


def record_metastore(connection: sqlite3.Connection, metastore: Metastore) -> None:
    """Record the content of the metastore; idempotent."""
    recorded = {
        (row["dataset"], row["version"]): (row["id"], bool(row["is_removed"]))
        for row in connection.execute("SELECT * FROM dataset_versions")
    }
    ids: dict[int, int] = {}
    for datachain_id, dataset, version, is_removed in metastore.versions:
        name = _stored_name(dataset), version
        if name not in recorded or recorded[name][1] != is_removed:
            (version_id,) = connection.execute(
                "INSERT INTO dataset_versions (dataset, version, is_removed) VALUES (?, ?, ?)"
                " ON CONFLICT DO UPDATE SET is_removed = excluded.is_removed RETURNING id",
                [*name, is_removed],
            ).fetchone()
            recorded[name] = version_id, is_removed
        ids[datachain_id] = recorded[name][0]
    for datachain_id, job_id, is_creator in metastore.jobs:
        if datachain_id in ids:
            connection.execute(
                "INSERT OR IGNORE INTO dataset_jobs SELECT ?, id, ? FROM jobs WHERE id = ?",
                [ids[datachain_id], is_creator, job_id],
            )
    for datachain_id, dataset, source_id in metastore.sources:
        if datachain_id in ids:
            made_from = None if source_id is None else ids.get(source_id)
            _insert_source(connection, ids[datachain_id], _stored_name(dataset), made_from)


def read_lineage(connection: sqlite3.Connection) -> Lineage:
    """Return all recorded versions, and the jobs that made or reused them."""
    links: dict[int, list[DatasetLink]] = {}
    for version_id, job_id, is_creator in connection.execute(
        "SELECT version_id, job_id, is_creator FROM dataset_jobs"
    ):
        links.setdefault(version_id, []).append(DatasetLink(job_id, bool(is_creator)))
    sources: dict[int, list[DatasetSource]] = {}
    for version_id, source, source_id in connection.execute(
        "SELECT version_id, source, source_id FROM dataset_sources ORDER BY rowid"
    ):
        sources.setdefault(version_id, []).append(DatasetSource(source, source_id))
    versions = {
        version_id: MadeVersion(
            dataset,
            version,
            bool(is_removed),
            tuple(links.get(version_id, ())),
            tuple(sources.get(version_id, ())),
        )
        for version_id, dataset, version, is_removed in connection.execute(
            "SELECT id, dataset, version, is_removed FROM dataset_versions"
        )
    }
    jobs = {
        row["id"]: KnownJob(
            row["number"],
            row["name"],
            hashlib.sha256(row["query"].encode("utf-8", "surrogatepass")).hexdigest(),
            _comparable(row["environment"]),
            row["state"] == JobState.COMPLETE,
        )
        for row in connection.execute(
            "SELECT number, id, name, environment, state, query FROM jobs"
            " WHERE id IN (SELECT job_id FROM dataset_jobs)"
        )
    }
    return Lineage(versions, jobs)


def _comparable(environment: str) -> str:
    """Return a text that is equal for equal variables, in any order and under any label."""
    variables = json.loads(environment)
    variables.pop(label.NAME, None)
    return json.dumps(variables, sort_keys=True)


def read_versions_of_job(connection: sqlite3.Connection, job_id: str) -> list[DatasetName]:
    """Return the versions that a job made, in the order in which they were first recorded."""
    rows = connection.execute(
        "SELECT dataset, version FROM dataset_jobs JOIN dataset_versions ON id = version_id"
        " WHERE job_id = ? AND is_creator ORDER BY id",
        [job_id],
    )
    return [DatasetName(*row) for row in rows]


class _Latest:
    """The latest versions of datasets; cached, as a job may name a dataset many times."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._highest: dict[str, str] = {}
        """The highest recorded version of each dataset, even if it was removed; empty for none."""
        self._existing: dict[str, tuple[tuple[int, ...], int]] = {}
        """For each dataset, `version_key` and id of the highest version that was not removed."""

    def next_version(self, dataset: str) -> str:
        self._look_up(dataset)
        highest = self._highest[dataset]
        return version_after(highest) if highest else FIRST_VERSION

    def id_of(self, dataset: str) -> int | None:
        self._look_up(dataset)
        existing = self._existing.get(dataset)
        return existing and existing[1]

    def add(self, dataset: str, version: str, version_id: int) -> None:
        self._look_up(dataset)
        self._add(dataset, version, version_id, is_removed=False)

    def _look_up(self, dataset: str) -> None:
        if dataset in self._highest:
            return
        self._highest[dataset] = ""
        for version, version_id, is_removed in self._connection.execute(
            "SELECT version, id, is_removed FROM dataset_versions WHERE dataset = ?", [dataset]
        ):
            self._add(dataset, version, version_id, is_removed=bool(is_removed))

    def _add(self, dataset: str, version: str, version_id: int, *, is_removed: bool) -> None:
        key = version_key(version)
        if key > version_key(self._highest[dataset]):
            self._highest[dataset] = version
        if not is_removed:
            self._existing[dataset] = max(self._existing.get(dataset, ((), 0)), (key, version_id))


def _find_source(
    connection: sqlite3.Connection, name: DatasetName, latest: _Latest
) -> tuple[str, int | None]:
    """Return the name of a source as stored, and the id of the named or latest version, if any."""
    if name.version is not None:
        row = connection.execute(
            "SELECT id FROM dataset_versions WHERE dataset = ? AND version = ?", [*name]
        ).fetchone()
        return f"{name.dataset}@{name.version}", row and row["id"]
    return name.dataset, latest.id_of(name.dataset)


def _insert_source(
    connection: sqlite3.Connection, version_id: int, source: str, source_id: int | None
) -> None:
    # Without an id, the source is recorded only if `version_id` has no row with that source yet.
    connection.execute(
        "INSERT OR IGNORE INTO dataset_sources SELECT ?1, ?2, ?3 WHERE ?3 IS NOT NULL"
        " OR NOT EXISTS (SELECT 1 FROM dataset_sources WHERE version_id = ?1 AND source = ?2)",
        [version_id, source, source_id],
    )


def _stored_name(dataset: str) -> str:
    name = read_name(dataset)
    return name.dataset if name else dataset
