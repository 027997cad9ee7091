"""Reads DataChain's own database: dataset versions, the jobs that made them, and their sources.

See `SQLiteMetastore` of the published client 0.62.
"""

import json
import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

logger = logging.getLogger(__name__)

T = TypeVar("T")

SCHEMA_VERSION = 1

METRICS_LIMIT = 64 * 1024
"""Maximum characters of a job's metrics, since every list of jobs contains them."""

_WAIT_SECONDS = 2.0

_VERSIONS = """
    SELECT v.id, n.name || '.' || p.name || '.' || d.name, v.version, v.status <> 4
    FROM datasets_versions v JOIN datasets d ON d.id = v.dataset_id
    JOIN projects p ON p.id = d.project_id JOIN namespaces n ON n.id = p.namespace_id
    WHERE v.status IN (4, 7, 8) ORDER BY v.id
"""  # 4, 7, 8 are COMPLETE, REMOVING, REMOVED; versions in other states were never complete
_JOBS = "SELECT dataset_version_id, job_id, is_creator FROM dataset_version_jobs"
_SOURCES = """
    SELECT dd.source_dataset_version_id,
        coalesce(n.name || '.' || p.name || '.' || d.name, ''), dd.dataset_version_id
    FROM datasets_dependencies dd LEFT JOIN datasets d ON d.id = dd.dataset_id
    LEFT JOIN projects p ON p.id = d.project_id LEFT JOIN namespaces n ON n.id = p.namespace_id
"""


@dataclass(frozen=True)
class Metastore:
    """Dataset versions, their jobs and their sources; the ids of versions are the database's."""

    versions: tuple[tuple[int, str, str, bool], ...] = ()
    """Id, `namespace.project.name`, version, and whether the version has been removed."""
    jobs: tuple[tuple[int, str, bool], ...] = ()
    """Id of a version, id of a job, and whether the job made the version or only reused it."""
    sources: tuple[tuple[int, str, int | None], ...] = ()
    """Id of a version, a dataset that it was made from, and the id of that dataset's version.

    The name of a source is empty, or the id `None`, if the database no longer has it.
    """


def read_metastore(path: Path) -> Metastore:
    """Return the content of the database at `path`; empty if there is none that can be read."""
    return _read(path, _read_all) or Metastore()


def read_metrics(path: Path, job_id: str) -> str | None:
    """Return a job's metrics as a JSON object, if there are any that are valid and not too long."""
    query = "SELECT metrics FROM jobs WHERE id = ?"
    row = _read(path, lambda connection: connection.execute(query, [job_id]).fetchone())
    text = row and row[0]
    try:
        parsed = json.loads(text) if isinstance(text, str) and len(text) <= METRICS_LIMIT else None
    except (ValueError, RecursionError):
        return None
    return text if isinstance(parsed, dict) and parsed else None


def _read_all(connection: sqlite3.Connection) -> Metastore:
    return Metastore(
        tuple((*row[:3], bool(row[3])) for row in connection.execute(_VERSIONS)),
        tuple((*row[:2], bool(row[2])) for row in connection.execute(_JOBS)),
        tuple(connection.execute(_SOURCES)),
    )


def _read(path: Path, work: Callable[[sqlite3.Connection], T]) -> T | None:
    """Return the result of `work`; `None` if there is no database, or none that can be read."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    try:
        if not path.exists():
            return None
        with closing(sqlite3.connect(uri, uri=True, timeout=_WAIT_SECONDS)) as connection:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("BEGIN")  # one consistent state for all queries
            (version,) = connection.execute("SELECT schema_version FROM meta").fetchone() or (None,)
            if version == SCHEMA_VERSION:
                return work(connection)
        problem = f"it has version {version}; only {SCHEMA_VERSION} is supported"
    except (sqlite3.Error, OSError) as error:
        problem = str(error)
    logger.warning("DataChain's database %s cannot be read: %s", path, problem)
    return None
