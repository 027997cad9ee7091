"""A new job, made from a valid request, and the insertion of its row."""

# ruff: noqa: S608 (only constants and question marks are put into SQL)

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from studio_tui.api.models import QueryType
from studio_tui.api.states import JobState
from studio_tui.local.db import schedules
from studio_tui.local.db.database import placeholders


class CheckpointSource(NamedTuple):
    """A run from whose checkpoints a later run can continue."""

    job_id: str
    run_group: str
    """Equal for all runs that share checkpoints."""


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
    schedule: schedules.NewSchedule | None
    """`None` for a job that runs as soon as it can."""


def insert_job(connection: sqlite3.Connection, job: NewJob, state: JobState, now: str) -> None:
    """Insert a job in its first state, with its files but no schedule; `now` is a stamp."""
    columns = vars(job) | {
        "state": state,
        "created_at": now,
        "environment": json.dumps(dict(job.environment), ensure_ascii=False),
    }
    del columns["uploads"], columns["schedule"]
    connection.execute(
        f"INSERT INTO jobs ({', '.join(columns)}) VALUES ({placeholders(columns)})",
        [*columns.values()],
    )
    connection.executemany(
        "INSERT INTO job_files (job_id, upload_id) VALUES (?, ?)",
        [(job.id, upload) for upload in job.uploads],
    )
