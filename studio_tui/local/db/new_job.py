"""New jobs: from a valid request, or as a copy of another job."""

# ruff: noqa: S608 (only constants and question marks are put into SQL)

import json
import sqlite3
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from studio_tui.api import label
from studio_tui.api.models import QueryType
from studio_tui.api.states import JobState
from studio_tui.local.db.database import placeholders

_COPIED = (
    "priority, workers, cluster, created_by, name, query_type, python_version, repository,"
    " request_digest, environment, requirements, query"
)


class CheckpointSource(NamedTuple):
    """A run from whose checkpoints a later run can continue."""

    job_id: str
    run_group: str
    """Equal for all runs that share checkpoints."""


@dataclass(frozen=True)
class NewSchedule:
    """A valid request for a schedule; times are aware."""

    cron_expression: str | None
    """`None` for a schedule that fires once, at `start_after`."""
    start_after: datetime | None
    """The start time; with an expression, fire times before it do not count."""
    time_zone: str
    """The name of the zone of the expression."""
    next_fire_at: datetime
    """The first fire time."""
    datasets: tuple[str, ...] | None = None
    """Datasets that a pipeline rebuilds each time; `None` for a schedule that runs its job."""


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """A valid request for a job, with the defaults filled in.

    All fields but `uploads` and `schedule` are columns of the table of jobs.
    """

    id: str
    name: str
    query: str
    query_type: QueryType
    environment: Mapping[str, str]
    workers: int
    priority: int
    cluster: str
    python_version: str | None = None
    requirements: str | None = None
    repository: str | None = None
    rerun_from: str | None = None
    """The id of the run from whose checkpoints it continues."""
    run_group: str
    """Equal for all runs that share checkpoints."""
    ignore_checkpoints: bool = False
    created_by: str
    idempotency_key: str | None
    request_digest: str
    uploads: tuple[int, ...] = ()
    """The ids of its uploaded files."""
    schedule: NewSchedule | None
    """`None` for a job that runs as soon as it can."""


def insert_job(connection: sqlite3.Connection, job: NewJob, state: JobState, now: str) -> None:
    """Insert a job in its first state, with its files, not its schedule; `now` is a stamp."""
    columns = vars(job) | {
        "state": state,
        "created_at": now,
        "environment": json.dumps(dict(job.environment), ensure_ascii=False),
    }
    del columns["uploads"], columns["schedule"]
    _insert(connection, columns)
    connection.executemany(
        "INSERT INTO job_files (job_id, upload_id) VALUES (?, ?)",
        [(job.id, upload) for upload in job.uploads],
    )


def copy_job(
    connection: sqlite3.Connection,
    job_id: str,
    state: JobState,
    now: str,
    *,
    columns: Mapping[str, object] = MappingProxyType({}),
    environment: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Copy a job, with the values of `columns` instead of the original's; return the copy's id.

    `environment` is added to the copy's variables. The copy has no label and, unless `columns` have
    one, a run group of its own: with the checkpoints of the original it would make nothing new.
    """
    copy_id = str(uuid.uuid4())
    original = connection.execute(f"SELECT {_COPIED} FROM jobs WHERE id = ?", [job_id]).fetchone()
    variables = {**json.loads(original["environment"]), **environment}
    variables.pop(label.NAME, None)
    new = {
        "id": copy_id,
        "run_group": copy_id,
        "state": state,
        "created_at": now,
        "ignore_checkpoints": False,
        "environment": json.dumps(variables, ensure_ascii=False),
    }
    _insert(connection, {**dict(original), **new, **columns})
    connection.execute(
        "INSERT INTO job_files (job_id, upload_id)"
        " SELECT ?, upload_id FROM job_files WHERE job_id = ?",
        [copy_id, job_id],
    )
    return copy_id


def _insert(connection: sqlite3.Connection, columns: Mapping[str, object]) -> None:
    connection.execute(
        f"INSERT INTO jobs ({', '.join(columns)}) VALUES ({placeholders(columns)})",
        [*columns.values()],
    )
