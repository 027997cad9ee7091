"""The jobs in the database, and their state transitions.

Every transition names the states from which it is allowed, and does nothing if the job is in
another state. So of two simultaneous transitions from one state, only the first takes place.
"""

# ruff: noqa: S608 (only constants and question marks are put into SQL)

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from studio_tui.api.states import JobState
from studio_tui.local.db import lineage, pipeline_moves, schedules
from studio_tui.local.db.database import placeholders
from studio_tui.local.db.new_job import CheckpointSource, NewJob, insert_job
from studio_tui.local.db.schedule_runs import LAST_RUNS_JSON
from studio_tui.local.db.times import stamp, stamp_if_any
from studio_tui.local.run.runner import RunLineage, RunStep

WAITING = (JobState.PENDING, JobState.CREATED, JobState.QUEUED)
"""States of jobs that have not begun; TASK, the state of a schedule, is not one of them."""

STARTED = (JobState.INIT, JobState.RUNNING, JobState.CANCELING)
"""States of jobs that the dispatcher has taken from the queue and that have not ended."""

ENDED = (JobState.COMPLETE, JobState.FAILED, JobState.CANCELED)

_LISTED = (
    "id, state, created_at, created_by, started_at, finished_at, query, query_type, name,"
    " workers, python_version, requirements, repository, environment, exit_code, error_message,"
    " metrics, released_at, cluster, steps, scheduled_by,"
    " iif(by_hand, NULL, scheduled_for) AS scheduled_for, cron_expression,"
    " start_after, time_zone, next_fire_at, missed, skipped, suspended_at, datasets,"
    " (SELECT count(*) FROM jobs run WHERE run.scheduled_by = schedules.job_id)"
    " + (SELECT count(*) FROM pipelines made WHERE made.scheduled_by = schedules.job_id) AS runs,"
    f" iif(schedules.job_id IS NULL, NULL, {LAST_RUNS_JSON}) AS recent"
)

_JOBS = "jobs LEFT JOIN schedules ON schedules.job_id = jobs.id"
"""All jobs; for a job that is no schedule, the columns of `schedules` are NULL."""


@dataclass(frozen=True)
class QueuedJob:
    """A job in the state QUEUED, with what decides when it starts."""

    id: str
    cluster: str
    workers: int
    priority: int
    number: int
    """Ascends in the order of creation."""
    waits_since: str
    """When the job was created or, for a job of a pipeline, was released; a stamp."""


@dataclass(frozen=True)
class JobEnd:
    """How a job ended; without `started_at` or `steps`, the recorded values stay."""

    state: JobState
    finished_at: datetime
    started_at: datetime | None = None
    exit_code: int | None = None
    error_message: str | None = None
    steps: tuple[RunStep, ...] = ()


class KeyReused(Exception):  # noqa: N818 (the name says what happened)
    """An idempotency key was sent again with a different request."""


class WrongState(Exception):  # noqa: N818 (the name says what is wrong)
    """The action is not possible for a job, pipeline or schedule as it is; the message says why."""


class UnknownJob(Exception):  # noqa: N818 (the name says what is wrong)
    """There is no job with the id `args[0]`."""

    def __str__(self) -> str:
        return f"There is no job {self.args[0]}."


def find_by_key(
    connection: sqlite3.Connection, key: str | None, request_digest: str
) -> sqlite3.Row | None:
    """Return the job with that key, if any; raise `KeyReused` if its request was another."""
    earlier: sqlite3.Row | None = connection.execute(
        f"SELECT {_LISTED}, request_digest FROM {_JOBS} WHERE idempotency_key = ?", [key]
    ).fetchone()
    if earlier is not None and earlier["request_digest"] != request_digest:
        raise KeyReused
    return earlier


def create(connection: sqlite3.Connection, job: NewJob, now: datetime) -> sqlite3.Row:
    """Create a job and return its row.

    If a job was created with the same key and request before, return the row of that job.

    Raises:
        KeyReused: A job was created with the same key and another request.
    """
    if earlier := find_by_key(connection, job.idempotency_key, job.request_digest):
        return earlier
    insert_job(connection, job, JobState.TASK if job.schedule else JobState.CREATED, stamp(now))
    if job.schedule:
        schedules.insert_schedule(connection, job.id, job.schedule)
    elif job.rerun_from:
        # If it continues a FAILED or CANCELED run of a pipeline, it takes the place of that run.
        pipeline_moves.adopt(connection, job.id, job.run_group, stamp(now))
    return list_jobs(connection, None, job.id, 1)[0]


def list_jobs(
    connection: sqlite3.Connection, states: Collection[str] | None, job_id: str | None, limit: int
) -> list[sqlite3.Row]:
    """Return up to `limit` jobs in one of `states` and with the id `job_id`, newest first.

    `None` stands for all states, and for all ids.
    """
    conditions, values = ["1"], []
    if states is not None:
        conditions.append(f"state IN ({placeholders(states)})")
        values += [*states]
    if job_id is not None:
        conditions.append("id = ?")
        values.append(job_id)
    return connection.execute(
        f"SELECT {_LISTED} FROM {_JOBS} WHERE {' AND '.join(conditions)}"
        " ORDER BY number DESC LIMIT ?",
        [*values, limit],
    ).fetchall()


def state_of(connection: sqlite3.Connection, job_id: str) -> JobState | None:
    """Return the state of a job; `None` if there is no such job."""
    row = connection.execute("SELECT state FROM jobs WHERE id = ?", [job_id]).fetchone()
    return None if row is None else JobState(row["state"])


def checkpoint_source(connection: sqlite3.Connection, job_id: str) -> CheckpointSource | None:
    """Return the run whose checkpoints are reused when `job_id` is continued.

    For a schedule that has run, it is the schedule's last run; otherwise it is the job itself.
    `None` if there is no job `job_id`.
    """
    row = connection.execute(
        "SELECT id, run_group FROM jobs WHERE id = ?1 OR scheduled_by = ?1"
        " ORDER BY scheduled_for DESC LIMIT 1",
        [job_id],
    ).fetchone()
    return None if row is None else CheckpointSource(*row)


def ids_in_states(connection: sqlite3.Connection, states: Sequence[JobState]) -> list[str]:
    """Return the ids of the jobs in these states, oldest first."""
    sql = f"SELECT id FROM jobs WHERE state IN ({placeholders(states)}) ORDER BY number"
    return [row["id"] for row in connection.execute(sql, states)]


def busy_workers(connection: sqlite3.Connection) -> dict[str, int]:
    """Return the number of workers of started jobs by cluster."""
    sql = (
        "SELECT cluster, sum(workers) FROM jobs"
        f" WHERE state IN ({placeholders(STARTED)}) GROUP BY cluster"
    )
    return dict(connection.execute(sql, STARTED).fetchall())


def enqueue(connection: sqlite3.Connection) -> None:
    """Move jobs from CREATED to QUEUED."""
    connection.execute("UPDATE jobs SET state = 'QUEUED' WHERE state = 'CREATED'")


def queue(connection: sqlite3.Connection) -> list[QueuedJob]:
    """Return the queued jobs, oldest first."""
    rows = connection.execute(
        "SELECT id, cluster, workers, priority, number, coalesce(released_at, created_at)"
        " FROM jobs WHERE state = ? ORDER BY number",
        [JobState.QUEUED],
    )
    return [QueuedJob(*row) for row in rows]


def move(
    connection: sqlite3.Connection, job_id: str, origins: Sequence[JobState], state: JobState
) -> bool:
    """Change the state of a job if it is in one of `origins`; return whether it was."""
    return _update_if(connection, job_id, origins, {"state": state})


def begin(connection: sqlite3.Connection, job_id: str, waiting_step: RunStep) -> bool:
    """Move a job from QUEUED to INIT; return whether it was still QUEUED."""
    columns = {"state": JobState.INIT, "steps": _steps_json((waiting_step,))}
    return _update_if(connection, job_id, (JobState.QUEUED,), columns)


def record_progress(
    connection: sqlite3.Connection,
    job_id: str,
    started_at: datetime | None,
    steps: Sequence[RunStep],
) -> None:
    """Record the steps of a started job and, once its query has begun, that it is RUNNING."""
    _update_if(connection, job_id, STARTED, {"steps": _steps_json(steps)})
    if started_at is not None:
        columns = {"state": JobState.RUNNING, "started_at": stamp(started_at)}
        _update_if(connection, job_id, (JobState.INIT,), columns)


def end(
    connection: sqlite3.Connection,
    job_id: str,
    origins: Sequence[JobState],
    ending: JobEnd,
    run_lineage: RunLineage | None = None,
) -> bool:
    """Record the end and lineage of a job if it is in one of `origins`; return whether it was.

    The same transaction advances its pipeline.
    """
    columns = {
        "state": ending.state,
        "finished_at": stamp(ending.finished_at),
        "exit_code": ending.exit_code,
        "error_message": ending.error_message,
    }
    if ending.started_at is not None:
        columns["started_at"] = stamp(ending.started_at)
    if ending.steps:
        columns["steps"] = _steps_json(ending.steps)
    if run_lineage is not None:
        columns["metrics"] = run_lineage.metrics
    is_ended = _update_if(connection, job_id, origins, columns)
    if is_ended:
        if run_lineage is not None:
            lineage.record_lineage(
                connection, job_id, run_lineage, is_complete=ending.state is JobState.COMPLETE
            )
        pipeline_moves.advance_pipeline(connection, job_id, stamp(ending.finished_at))
    return is_ended


def full_row(connection: sqlite3.Connection, job_id: str) -> sqlite3.Row:
    """Return all columns of a job, and `uploads`: its uploads' ids as `3,7`, or `None`."""
    row: sqlite3.Row = connection.execute(
        "SELECT *, (SELECT group_concat(upload_id) FROM job_files WHERE job_id = id)"
        " AS uploads FROM jobs WHERE id = ?",
        [job_id],
    ).fetchone()
    return row


def _update_if(
    connection: sqlite3.Connection,
    job_id: str,
    origins: Sequence[JobState],
    columns: Mapping[str, object],
) -> bool:
    assignments = ", ".join(f"{name} = ?" for name in columns)
    cursor = connection.execute(
        f"UPDATE jobs SET {assignments} WHERE id = ? AND state IN ({placeholders(origins)})",
        [*columns.values(), job_id, *origins],
    )
    return cursor.rowcount == 1


def _steps_json(steps: Sequence[RunStep]) -> str:
    return json.dumps(
        [
            {
                "name": step.name,
                "started_at": stamp(step.started_at),
                "finished_at": stamp_if_any(step.finished_at),
            }
            for step in steps
        ]
    )
