"""Finds, lists, pauses and resumes the pipelines in the database.

`pipeline_moves` has the state transitions. Times are stamps.
"""

# ruff: noqa: S608 (only constants and question marks are put into SQL)

import sqlite3
from collections.abc import Collection
from typing import NamedTuple

from studio_tui.api.states import JobState, PipelineState
from studio_tui.local.db.database import placeholders
from studio_tui.local.db.jobs import KeyReused, WrongState
from studio_tui.local.db.new_job import copy_job
from studio_tui.local.db.pipeline_moves import is_only_canceling, replace_run, settle

_WRONG_STATE = "It is {state}: only a pipeline that {condition} can be {done}."


class PipelineRows(NamedTuple):
    """A pipeline in its current state."""

    pipeline: sqlite3.Row
    runs: list[sqlite3.Row]
    """The current run of each job; parents before their children.

    Two columns are JSON lists of ids: `parents`, the originals of the job's parents in the order of
    the plan, and `attempts`, the job's earlier runs in this pipeline, oldest first.
    """
    removed: list[sqlite3.Row]
    """Removed jobs, in the order of the plan."""


def find_by_job(connection: sqlite3.Connection, job_id: str) -> PipelineRows | None:
    """Return the pipeline in which a job is or was a run; `None` if there is none."""
    row = connection.execute(
        "SELECT pipeline_id FROM pipeline_jobs WHERE created_job_id = ?1"
        " UNION ALL SELECT pipeline_id FROM pipeline_attempts WHERE run_id = ?1"
        " UNION ALL SELECT pipeline_id FROM pipeline_removed WHERE created_job_id = ?1",
        [job_id],
    ).fetchone()
    return read_pipeline(connection, row["pipeline_id"]) if row is not None else None


def find_by_key(
    connection: sqlite3.Connection, key: str | None, request_digest: str
) -> PipelineRows | None:
    """Return the pipeline with that key, if any; raise `KeyReused` if its request was another."""
    earlier = connection.execute(
        "SELECT * FROM pipelines WHERE idempotency_key = ?", [key]
    ).fetchone()
    if earlier is None:
        return None
    if earlier["request_digest"] != request_digest:
        raise KeyReused
    return _rows(connection, earlier)


def pause(connection: sqlite3.Connection, pipeline_id: str, now: str) -> PipelineRows:
    """Pause a pipeline; its released runs that have not started become PENDING again."""
    state = read_state(connection, pipeline_id)
    if state is PipelineState.RUNNING:
        connection.execute("UPDATE pipelines SET state = 'PAUSED' WHERE id = ?", [pipeline_id])
        connection.execute(
            "UPDATE jobs SET state = 'PENDING', released_at = NULL"
            " WHERE state IN ('CREATED', 'QUEUED')"
            " AND id IN (SELECT created_job_id FROM pipeline_jobs WHERE pipeline_id = ?)",
            [pipeline_id],
        )
    elif state is PipelineState.PAUSED:
        raise WrongState("It is paused already.")
    else:
        raise WrongState(_WRONG_STATE.format(state=state, condition="runs", done="paused"))
    return settled(connection, pipeline_id, now)


def resume(connection: sqlite3.Connection, pipeline_id: str, now: str) -> PipelineRows:
    """Release the runs of a pipeline that can start.

    First, a PAUSED pipeline becomes RUNNING and is settled. If the pipeline is then FAILED or
    CANCELED, or has active runs and all of them are CANCELING, each run that is FAILED, CANCELED or
    CANCELING is replaced by a new run.
    """
    state = read_state(connection, pipeline_id)
    if state is PipelineState.COMPLETED:
        raise WrongState(
            _WRONG_STATE.format(state=state, condition="has not completed", done="resumed")
        )
    if state is PipelineState.PAUSED:
        connection.execute("UPDATE pipelines SET state = 'RUNNING' WHERE id = ?", [pipeline_id])
        state = settle(connection, pipeline_id, now)
    if state in {PipelineState.FAILED, PipelineState.CANCELED} or is_only_canceling(
        connection, pipeline_id
    ):
        _replace_unsuccessful_runs(connection, pipeline_id, now)
        connection.execute("UPDATE pipelines SET state = 'RUNNING' WHERE id = ?", [pipeline_id])
    return settled(connection, pipeline_id, now)


def _replace_unsuccessful_runs(connection: sqlite3.Connection, pipeline_id: str, now: str) -> None:
    runs = connection.execute(
        "SELECT job_id, run.* FROM pipeline_jobs JOIN jobs run ON run.id = created_job_id"
        " WHERE pipeline_id = ? AND run.state IN ('FAILED', 'CANCELED', 'CANCELING')"
        " ORDER BY position",
        [pipeline_id],
    ).fetchall()
    for run in runs:
        has_started = run["started_at"] is not None
        checkpoints = {
            "run_group": run["run_group"],
            "rerun_from": run["id"] if has_started else run["rerun_from"],
            "ignore_checkpoints": run["ignore_checkpoints"] and not has_started,
        }
        run_id = copy_job(connection, run["id"], JobState.PENDING, now, columns=checkpoints)
        replace_run(connection, pipeline_id, run["job_id"], run_id)


def read_state(connection: sqlite3.Connection, pipeline_id: str) -> PipelineState:
    """Return the state of an existing pipeline."""
    row = connection.execute("SELECT state FROM pipelines WHERE id = ?", [pipeline_id]).fetchone()
    return PipelineState(row["state"])


def settled(connection: sqlite3.Connection, pipeline_id: str, now: str) -> PipelineRows:
    """Settle a pipeline after a change, and return it."""
    settle(connection, pipeline_id, now)
    return read_pipeline(connection, pipeline_id)


def read_pipeline(connection: sqlite3.Connection, pipeline_id: str) -> PipelineRows:
    """Return the existing pipeline `pipeline_id`."""
    row = connection.execute("SELECT * FROM pipelines WHERE id = ?", [pipeline_id]).fetchone()
    return _rows(connection, row)


def find(
    connection: sqlite3.Connection, pipeline_id: str | None, name: str | None
) -> PipelineRows | None:
    """Return a pipeline by id or, if no id is given, by name; `None` if there is none."""
    column, value = ("name", name) if pipeline_id is None else ("id", pipeline_id)
    row = connection.execute(f"SELECT * FROM pipelines WHERE {column} = ?", [value]).fetchone()
    return None if row is None else _rows(connection, row)


def list_pipelines(
    connection: sqlite3.Connection, states: Collection[str] | None, search: str | None, limit: int
) -> list[PipelineRows]:
    """Return up to `limit` pipelines in one of `states`, newest first; `None` for all states.

    With `search`, only those whose name or `triggered_from` contains it; the case of ASCII letters
    is ignored.
    """
    conditions, values = ["1"], []
    if states is not None:
        conditions.append(f"state IN ({placeholders(states)})")
        values += [*states]
    if search:
        # Not LIKE, in which % and _ are wildcards.
        conditions.append("instr(lower(name || ' ' || triggered_from), lower(?))")
        values.append(search)
    rows = connection.execute(
        f"SELECT * FROM pipelines WHERE {' AND '.join(conditions)} ORDER BY number DESC LIMIT ?",
        [*values, limit],
    ).fetchall()
    return [_rows(connection, row) for row in rows]


def _rows(connection: sqlite3.Connection, pipeline: sqlite3.Row) -> PipelineRows:
    runs = connection.execute(
        "SELECT node.job_id, node.created_job_id, run.state, run.name,"
        " (SELECT json_group_array(job_id) FROM (SELECT parent.job_id"
        " FROM pipeline_parents edge JOIN pipeline_jobs parent"
        " ON parent.pipeline_id = edge.pipeline_id AND parent.job_id = edge.parent_job_id"
        " WHERE edge.pipeline_id = node.pipeline_id AND edge.job_id = node.job_id"
        " ORDER BY parent.position)) AS parents,"
        " (SELECT json_group_array(id) FROM (SELECT earlier.id"
        " FROM pipeline_attempts attempt JOIN jobs earlier ON earlier.id = attempt.run_id"
        " WHERE attempt.pipeline_id = node.pipeline_id AND attempt.job_id = node.job_id"
        " ORDER BY earlier.number)) AS attempts"
        " FROM pipeline_jobs node JOIN jobs run ON run.id = node.created_job_id"
        " WHERE node.pipeline_id = ? ORDER BY node.position",
        [pipeline["id"]],
    ).fetchall()
    removed = connection.execute(
        "SELECT removed.job_id, removed.created_job_id, removed_at, name"
        " FROM pipeline_removed removed JOIN jobs ON id = removed.created_job_id"
        " WHERE pipeline_id = ? ORDER BY position",
        [pipeline["id"]],
    ).fetchall()
    return PipelineRows(pipeline, runs, removed)
