"""Inserts a new pipeline into the database: itself, its nodes, and copies of jobs.

All functions run on the database's thread.
"""

# ruff: noqa: S608 (only column names and question marks of ours are put into SQL)

import json
import secrets
import sqlite3
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from studio_tui.api import label
from studio_tui.api.states import PipelineState
from studio_tui.local.db.run_order import PlannedJob

_COPIED = (
    "priority, workers, cluster, created_by, name, query_type, python_version, repository,"
    " request_digest, requirements, query"
)
"""Columns that a run copies from its original."""


@dataclass(frozen=True)
class InitialPipeline:
    """The initial state of a pipeline."""

    triggered_from: str
    warnings: tuple[str, ...]
    state: PipelineState
    idempotency_key: str | None
    request_digest: str
    error_message: str | None = None


def add_pipeline(connection: sqlite3.Connection, made: InitialPipeline, now: str) -> str:
    """Insert a pipeline without jobs, created at the stamp `now`; return its id."""
    pipeline_id = str(uuid.uuid4())
    columns = {
        "id": pipeline_id,
        "name": _free_name(connection),
        "state": made.state,
        "triggered_from": made.triggered_from,
        "warnings": json.dumps(made.warnings),
        "created_at": now,
        "updated_at": now,
        "idempotency_key": made.idempotency_key,
        "request_digest": made.request_digest,
        "error_message": made.error_message,
    }
    connection.execute(
        f"INSERT INTO pipelines ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
        [*columns.values()],
    )
    return pipeline_id


def add_node(
    connection: sqlite3.Connection, pipeline_id: str, position: int, job: PlannedJob, run_id: str
) -> None:
    """Insert a planned job into a pipeline, with the job that is its run."""
    connection.execute(
        "INSERT INTO pipeline_jobs VALUES (?, ?, ?, ?)", [pipeline_id, position, job.job_id, run_id]
    )
    connection.executemany(
        "INSERT INTO pipeline_parents VALUES (?, ?, ?)",
        [(pipeline_id, job.job_id, parent) for parent in job.parents],
    )


def copy_job(
    connection: sqlite3.Connection,
    job_id: str,
    now: str,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Create a PENDING job that does what another did; return its id.

    It starts with no checkpoints, or it would make nothing new, and without the other job's
    idempotency key.
    """
    run_id = str(uuid.uuid4())
    (before,) = connection.execute("SELECT environment FROM jobs WHERE id = ?", [job_id]).fetchone()
    # Not by SQLite's json_patch, whose time is quadratic in the number of variables.
    variables = json.loads(before) | dict(environment)
    variables.pop(label.NAME, None)
    connection.execute(
        "INSERT INTO jobs (id, state, created_at, run_group, ignore_checkpoints, environment,"
        f" {_COPIED})"
        f" SELECT ?, 'PENDING', ?, ?, 0, ?, {_COPIED} FROM jobs WHERE id = ?",
        [run_id, now, run_id, json.dumps(variables, ensure_ascii=False), job_id],
    )
    connection.execute(
        "INSERT INTO job_files (job_id, upload_id)"
        " SELECT ?, upload_id FROM job_files WHERE job_id = ?",
        [run_id, job_id],
    )
    return run_id


def _free_name(connection: sqlite3.Connection) -> str:
    while True:
        name = make_name(secrets.choice)
        if not connection.execute("SELECT 1 FROM pipelines WHERE name = ?", [name]).fetchone():
            return name


_WORD = ("bcdfghjklmnprstvwyz", "aeiou", "bcdfgklmnprstvz", "aeiouy")
"""The possible letters at each position."""

_Choose = Callable[[Sequence[str]], str]
"""Picks one of several."""


def make_name(choose: _Choose) -> str:
    """Return one of some 70 million names."""
    return f"{_word(choose)}-{_word(choose)}"


def _word(choose: _Choose) -> str:
    return "".join(choose(letters) for letters in _WORD)
