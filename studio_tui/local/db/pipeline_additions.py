"""Inserts a new pipeline into the database: its row, its nodes, and copies of jobs."""

import json
import secrets
import sqlite3
import uuid
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from studio_tui.api import label
from studio_tui.api.states import JobState, PipelineState
from studio_tui.local.db.new_job import copy_job
from studio_tui.local.db.run_order import PlannedJob


def add_pipeline(
    connection: sqlite3.Connection,
    now: str,
    *,
    state: PipelineState,
    triggered_from: str,
    warnings: tuple[str, ...] = (),
    idempotency_key: str | None,
    request_digest: str,
    error_message: str | None = None,
) -> str:
    """Insert a pipeline without jobs, created at the stamp `now`; return its id.

    `triggered_from` says what it rebuilds or reruns, as text for the user.
    """
    pipeline_id = str(uuid.uuid4())
    connection.execute(
        "INSERT INTO pipelines (id, name, state, triggered_from, warnings, created_at, updated_at,"
        " idempotency_key, request_digest, error_message) VALUES (?, ?, ?, ?, ?, ?6, ?6, ?, ?, ?)",
        [
            pipeline_id,
            _free_name(connection),
            state,
            triggered_from,
            json.dumps(warnings),
            now,
            idempotency_key,
            request_digest,
            error_message,
        ],
    )
    return pipeline_id


def add_node(
    connection: sqlite3.Connection, pipeline_id: str, position: int, job: PlannedJob, run_id: str
) -> None:
    """Insert a planned job into a pipeline; `run_id` is its first run."""
    connection.execute(
        "INSERT INTO pipeline_jobs VALUES (?, ?, ?, ?)", [pipeline_id, position, job.job_id, run_id]
    )
    connection.executemany(
        "INSERT INTO pipeline_parents VALUES (?, ?, ?)",
        [(pipeline_id, job.job_id, parent) for parent in job.parents],
    )


def copy_as_pending(
    connection: sqlite3.Connection,
    job_id: str,
    now: str,
    environment: Mapping[str, str] = MappingProxyType({}),
    **columns: object,
) -> str:
    """Copy a job without its label as a PENDING one, with `environment` added; return its id."""
    (variables_json,) = connection.execute(
        "SELECT environment FROM jobs WHERE id = ?", [job_id]
    ).fetchone()
    variables = json.loads(variables_json) | dict(environment)
    variables.pop(label.NAME, None)
    columns = {
        "environment": json.dumps(variables, ensure_ascii=False),
        "ignore_checkpoints": False,
        **columns,
    }
    return copy_job(connection, job_id, JobState.PENDING, now, **columns)


def _free_name(connection: sqlite3.Connection) -> str:
    while True:
        name = make_name(secrets.choice)
        if not connection.execute("SELECT 1 FROM pipelines WHERE name = ?", [name]).fetchone():
            return name


_LETTERS = ("bcdfghjklmnprstvwyz", "aeiou", "bcdfgklmnprstvz", "aeiouy")

_Choose = Callable[[Sequence[str]], str]


def make_name(choose: _Choose) -> str:
    """Return a random name of two words, such as `bado-ruge`, of some 70 million names."""
    return f"{_word(choose)}-{_word(choose)}"


def _word(choose: _Choose) -> str:
    return "".join(choose(letters) for letters in _LETTERS)
