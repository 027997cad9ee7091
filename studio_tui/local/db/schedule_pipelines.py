"""Schedules that trigger a pipeline, at their fire times or by hand.

If the pipeline of a fire time cannot be planned, a FAILED pipeline without jobs is created, so that
the failure is among the last runs of the schedule.
"""

import hashlib
import json
import sqlite3

from studio_tui.api.states import PipelineState
from studio_tui.local.db.jobs import UnknownJob, WrongState
from studio_tui.local.db.new_pipeline import (
    NewPipeline,
    NothingToRun,
    add_pipeline,
    trigger,
)
from studio_tui.local.db.pipelines import PipelineRows, find_by_key, read_pipeline
from studio_tui.local.db.planning import UnknownDataset
from studio_tui.local.db.schedule_actions import require_active_schedule
from studio_tui.local.db.schedule_runs import free_moment
from studio_tui.local.run.metastore import Metastore


def make_pipeline(
    connection: sqlite3.Connection, job_id: str, fire_at: str, now: str, metastore: Metastore
) -> None:
    """Create the pipeline of a schedule for the fire time `fire_at`, a stamp like `now`."""
    request = _request_of(connection, job_id, None)
    try:
        pipeline_id = trigger(connection, request, metastore, now).pipeline["id"]
    except (UnknownDataset, NothingToRun) as error:
        pipeline_id = add_pipeline(
            connection,
            request,
            now,
            state=PipelineState.FAILED,
            triggered_from=", ".join(request.datasets),
            error_message=str(error),
        )
    _assign_to_schedule(connection, pipeline_id, job_id, fire_at, by_hand=False)


def trigger_by_hand(
    connection: sqlite3.Connection, job_id: str, key: str | None, metastore: Metastore, now: str
) -> PipelineRows:
    """Trigger the pipeline of a schedule; the same key returns the same pipeline."""
    if earlier := find_by_key(connection, key, _digest(job_id)):
        return earlier
    require_active_schedule(connection, job_id)
    request = _request_of(connection, job_id, key)
    pipeline_id = trigger(connection, request, metastore, now).pipeline["id"]
    moment = free_moment(connection, job_id, now)
    _assign_to_schedule(connection, pipeline_id, job_id, moment, by_hand=True)
    return read_pipeline(connection, pipeline_id)


def _request_of(connection: sqlite3.Connection, job_id: str, key: str | None) -> NewPipeline:
    row = connection.execute(
        "SELECT datasets, environment FROM jobs LEFT JOIN schedules ON job_id = id WHERE id = ?",
        [job_id],
    ).fetchone()
    if row is None:
        raise UnknownJob(job_id)
    if row["datasets"] is None:
        raise WrongState("This schedule runs a job and does not trigger a pipeline.")
    return NewPipeline(
        datasets=tuple(json.loads(row["datasets"])),
        environment=json.loads(row["environment"]),
        is_paused=False,
        idempotency_key=key,
        request_digest=_digest(job_id),
    )


def _digest(job_id: str) -> str:
    return hashlib.sha256(f"pipeline of {job_id}".encode()).hexdigest()


def _assign_to_schedule(
    connection: sqlite3.Connection, pipeline_id: str, job_id: str, moment: str, *, by_hand: bool
) -> None:
    connection.execute(
        "UPDATE pipelines SET scheduled_by = ?, scheduled_for = ?, by_hand = ? WHERE id = ?",
        [job_id, moment, by_hand, pipeline_id],
    )
