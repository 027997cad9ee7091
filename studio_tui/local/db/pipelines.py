"""The pipelines in the database: they are planned from lineage, paused, resumed and changed.

`pipeline_moves` has the state transitions. Times are stamps. What is not possible raises an error
that `http.errors` answers.
"""

# ruff: noqa: S608 (only constants and question marks are put into SQL)

import json
import secrets
import sqlite3
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from studio_tui.api.models import RERUN_TARGET_PREFIX
from studio_tui.api.states import JobState, PipelineState
from studio_tui.local.db import lineage, reruns
from studio_tui.local.db.database import placeholders
from studio_tui.local.db.jobs import KeyReused
from studio_tui.local.db.lineage_model import Lineage
from studio_tui.local.db.new_job import copy_job, insert_job
from studio_tui.local.db.pipeline_moves import is_only_canceling, replace_run, settle
from studio_tui.local.db.planning import RebuildPlan
from studio_tui.local.db.rebuilds import plan_rebuild, plan_refresh
from studio_tui.local.db.reruns import NewRerun
from studio_tui.local.db.run_order import PlannedJob
from studio_tui.local.run.metastore import Metastore

_WRONG_STATE = "It is {state}: only a pipeline that {condition} can be {done}."

_LETTERS = ("bcdfghjklmnprstvwyz", "aeiou", "bcdfgklmnprstvz", "aeiouy")
"""Those of each place in a word of a pipeline's name."""


@dataclass(frozen=True)
class NewPipeline:
    """A valid request for a pipeline."""

    datasets: tuple[str, ...]
    """As named in the request and in its order."""
    environment: Mapping[str, str]
    """Added to the variables of every job; they override equal names."""
    is_paused: bool
    idempotency_key: str | None
    request_digest: str
    is_refresh: bool = False
    """Whether to rebuild what was made from `datasets` instead of their sources; see `refresh`."""


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


class WrongPipelineState(Exception):  # noqa: N818 (the name says what is wrong)
    """The pipeline's state does not allow the action; the message says why."""


class NothingToRun(Exception):  # noqa: N818 (the name says what is wrong)
    """No known job could make the datasets; the message says why."""


def trigger(
    connection: sqlite3.Connection, request: NewPipeline, metastore: Metastore, now: str
) -> PipelineRows:
    """Plan a pipeline from all known lineage, and start it unless `request.is_paused`.

    The same key and request return the same pipeline.
    """
    if earlier := find_by_key(connection, request.idempotency_key, request.request_digest):
        return earlier
    make_plan = plan_refresh if request.is_refresh else plan_rebuild
    plan = plan_datasets(connection, request.datasets, metastore, make_plan)
    state = PipelineState.PAUSED if request.is_paused else PipelineState.RUNNING
    pipeline_id = add_pipeline(
        connection,
        now,
        state=state,
        triggered_from=", ".join(request.datasets),
        warnings=plan.warnings,
        idempotency_key=request.idempotency_key,
        request_digest=request.request_digest,
    )
    for position, job in enumerate(plan.jobs):
        run_id = copy_job(
            connection, job.job_id, JobState.PENDING, now, environment=request.environment
        )
        add_node(connection, pipeline_id, position, job, run_id)
    return settled(connection, pipeline_id, now)


def plan_datasets(
    connection: sqlite3.Connection,
    datasets: tuple[str, ...],
    metastore: Metastore,
    make_plan: Callable[[Iterable[str], Lineage], RebuildPlan] = plan_rebuild,
) -> RebuildPlan:
    """Record `metastore`, and plan a pipeline that rebuilds the datasets.

    Raises:
        UnknownDataset: Some datasets are not known.
        NothingToRun: No known job could make them.
    """
    lineage.record_metastore(connection, metastore)
    plan = make_plan(datasets, lineage.read_lineage(connection))
    if not plan.jobs:
        raise NothingToRun(" ".join(plan.warnings))
    return plan


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


def _free_name(connection: sqlite3.Connection) -> str:
    while True:
        name = make_name()
        if not connection.execute("SELECT 1 FROM pipelines WHERE name = ?", [name]).fetchone():
            return name


def make_name() -> str:
    """Return a random name of two words, such as `bado-ruge`, of some 70 million names."""
    return f"{_make_word()}-{_make_word()}"


def _make_word() -> str:
    return "".join(secrets.choice(letters) for letters in _LETTERS)


def find_by_job(connection: sqlite3.Connection, job_id: str) -> PipelineRows | None:
    """Return the pipeline in which a job is or was a run; `None` if there is none."""
    row = connection.execute(
        "SELECT pipeline_id FROM pipeline_jobs WHERE created_job_id = ?1"
        " UNION ALL SELECT pipeline_id FROM pipeline_attempts WHERE run_id = ?1"
        " UNION ALL SELECT pipeline_id FROM pipeline_removed WHERE created_job_id = ?1",
        [job_id],
    ).fetchone()
    return read_pipeline(connection, row["pipeline_id"]) if row is not None else None


def rerun(
    connection: sqlite3.Connection, request: NewRerun, metastore: Metastore, now: str
) -> PipelineRows | None:
    """Run several jobs again in order; if none depends on another, create none and return `None`.

    The same key and request return the same pipeline.
    """
    if earlier := find_by_key(connection, request.idempotency_key, request.request_digest):
        return earlier
    lineage.record_metastore(connection, metastore)
    jobs, warnings = reruns.in_run_order(connection, request.jobs)
    if not any(job.parents for job in jobs):
        return None
    pipeline_id = add_pipeline(
        connection,
        now,
        state=PipelineState.RUNNING,
        triggered_from=f"{RERUN_TARGET_PREFIX}{reruns.describe(connection, request.jobs)}",
        warnings=warnings,
        idempotency_key=request.idempotency_key,
        request_digest=request.request_digest,
    )
    for position, job in enumerate(jobs):
        insert_job(connection, request.jobs[job.job_id], JobState.PENDING, now)
        add_node(connection, pipeline_id, position, job, request.jobs[job.job_id].id)
    return settled(connection, pipeline_id, now)


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
            " WHERE state IN ('CREATED', 'SCHEDULED', 'QUEUED')"
            " AND id IN (SELECT created_job_id FROM pipeline_jobs WHERE pipeline_id = ?)",
            [pipeline_id],
        )
    elif state is PipelineState.PAUSED:
        raise WrongPipelineState("It is paused already.")
    else:
        raise WrongPipelineState(_WRONG_STATE.format(state=state, condition="runs", done="paused"))
    return settled(connection, pipeline_id, now)


def resume(connection: sqlite3.Connection, pipeline_id: str, now: str) -> PipelineRows:
    """Release the runs of a pipeline that can start.

    If the pipeline is FAILED or CANCELED, or all its active runs are CANCELING, each run that is
    FAILED, CANCELED or CANCELING is first replaced by a new one.
    """
    state = read_state(connection, pipeline_id)
    if state is PipelineState.COMPLETED:
        raise WrongPipelineState(
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
