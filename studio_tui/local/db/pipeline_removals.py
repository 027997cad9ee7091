"""Removes jobs from pipelines and restores them.

Each remaining job waits for its nearest planned ancestors that remain. So the order of removals and
restorations makes no difference.
"""

import sqlite3

from studio_tui.api.states import JobState, PipelineState
from studio_tui.local.db.jobs import WrongState
from studio_tui.local.db.new_job import copy_job
from studio_tui.local.db.pipelines import (
    PipelineRows,
    read_state,
    settled,
)
from studio_tui.local.db.run_order import nearest_ancestors

REMOVED_MESSAGE = "It was removed from its pipeline."


def remove_job(
    connection: sqlite3.Connection, pipeline_id: str, job_id: str, now: str
) -> PipelineRows | None:
    """Remove a PENDING job, whose original or run is `job_id`; `None` if there is no such job.

    Raises:
        WrongState: The pipeline is not PAUSED, or the job is not PENDING.
    """
    node = connection.execute(
        "SELECT position, job_id, created_job_id, state FROM pipeline_jobs"
        " JOIN jobs ON id = created_job_id"
        " WHERE pipeline_id = ? AND (created_job_id = ? OR job_id = ?)",
        [pipeline_id, job_id, job_id],
    ).fetchone()
    if node is None:
        return None
    state = read_state(connection, pipeline_id)
    if state is not PipelineState.PAUSED:
        raise WrongState(f"The pipeline is {state}: jobs can be removed while it is PAUSED.")
    if node["state"] != JobState.PENDING:
        raise WrongState(f"The job is {node['state']}: only one that is PENDING can be removed.")
    connection.execute(
        "INSERT INTO pipeline_planned_parents SELECT * FROM pipeline_parents"
        " WHERE pipeline_id = ?1 AND NOT EXISTS ("
        " SELECT 1 FROM pipeline_planned_parents WHERE pipeline_id = ?1)",
        [pipeline_id],
    )
    connection.execute("DELETE FROM pipeline_parents WHERE pipeline_id = ?", [pipeline_id])
    connection.execute(
        "DELETE FROM pipeline_jobs WHERE pipeline_id = ? AND job_id = ?",
        [pipeline_id, node["job_id"]],
    )
    connection.execute(
        "INSERT INTO pipeline_removed VALUES (?, ?, ?, ?, ?)",
        [pipeline_id, node["position"], node["job_id"], node["created_job_id"], now],
    )
    connection.execute(
        "UPDATE jobs SET state = 'CANCELED', finished_at = ?, error_message = ?"
        " WHERE id = ? AND state = 'PENDING'",
        [now, REMOVED_MESSAGE, node["created_job_id"]],
    )
    _insert_dependencies(connection, pipeline_id)
    return settled(connection, pipeline_id, now)


def restore_job(
    connection: sqlite3.Connection, pipeline_id: str, job_id: str, now: str
) -> PipelineRows | None:
    """Restore a removed job, whose original or run was `job_id`, and pause the pipeline.

    The job gets a new run; the removed run, which never began, is no attempt. `None` if there is no
    such removed job.

    Raises:
        WrongState: The pipeline is RUNNING.
    """
    node = connection.execute(
        "SELECT position, job_id, created_job_id FROM pipeline_removed"
        " WHERE pipeline_id = ? AND (created_job_id = ? OR job_id = ?)",
        [pipeline_id, job_id, job_id],
    ).fetchone()
    if node is None:
        return None
    if read_state(connection, pipeline_id) is PipelineState.RUNNING:
        raise WrongState("The pipeline is RUNNING: jobs can be restored while it is not.")
    run_id = copy_job(connection, node["created_job_id"], JobState.PENDING, now)
    connection.execute(
        "DELETE FROM pipeline_removed WHERE pipeline_id = ? AND job_id = ?",
        [pipeline_id, node["job_id"]],
    )
    connection.execute(
        "INSERT INTO pipeline_jobs VALUES (?, ?, ?, ?)",
        [pipeline_id, node["position"], node["job_id"], run_id],
    )
    connection.execute("DELETE FROM pipeline_parents WHERE pipeline_id = ?", [pipeline_id])
    connection.execute("UPDATE pipelines SET state = 'PAUSED' WHERE id = ?", [pipeline_id])
    _insert_dependencies(connection, pipeline_id)
    return settled(connection, pipeline_id, now)


def _insert_dependencies(connection: sqlite3.Connection, pipeline_id: str) -> None:
    remaining = {
        job_id
        for (job_id,) in connection.execute(
            "SELECT job_id FROM pipeline_jobs WHERE pipeline_id = ?", [pipeline_id]
        )
    }
    planned: dict[str, list[str]] = {}
    for job_id, parent in connection.execute(
        "SELECT job_id, parent_job_id FROM pipeline_planned_parents WHERE pipeline_id = ?",
        [pipeline_id],
    ):
        planned.setdefault(job_id, []).append(parent)
    connection.executemany(
        "INSERT INTO pipeline_parents VALUES (?, ?, ?)",
        [
            (pipeline_id, job_id, parent)
            for job_id in remaining
            for parent in nearest_ancestors(job_id, planned, remaining)
        ],
    )
