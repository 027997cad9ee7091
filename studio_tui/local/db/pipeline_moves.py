"""The state transitions of pipelines: what starts when a job ends, and when a pipeline has ended.

A pipeline has a node for each job of its plan; this job is the original of the node. The run of a
node is the newest job that was created to do the original's work in this pipeline. A run that waits
for its parents is PENDING. The rules:

- A run is released once the runs of all its parents are COMPLETE, while the pipeline is RUNNING.
- A run that FAILED or was CANCELED holds back only its descendants.
- When no run is active and none can be released, the pipeline has ended. It is COMPLETED if all
  runs are COMPLETE, FAILED if a run is FAILED, and otherwise CANCELED. The error message names the
  first run that is FAILED or, if none is, CANCELED. If all jobs were removed, it is CANCELED.
- A PAUSED pipeline releases nothing, and stays PAUSED while a run is PENDING. If none is PENDING,
  it ends like a RUNNING pipeline.
- Pausing makes released runs that have not started PENDING again.
- Resuming replaces runs if the pipeline is FAILED or CANCELED, or if there are active runs and all
  of them are CANCELING. Each run that is FAILED, CANCELED or CANCELING is replaced by a new run.
  The new run continues from the checkpoints of the old run or, if the old run had not started, from
  those that the old run would have used. The new run is not released before the old run has ended.
- A job that a user creates from the checkpoints of a FAILED or CANCELED run, even with a changed
  query, becomes the run of the same node if the runs of the node's parents are COMPLETE. If the
  pipeline had ended, it is RUNNING again.

A transition is in the same transaction as its cause, such as the end of a job. So after a crash,
pipelines and jobs agree.
"""

# ruff: noqa: S608 (only constants are put into SQL)

import sqlite3

from studio_tui.api.states import FINISHED_STATES, JobState, PipelineState

_CAN_START = """
    NOT EXISTS (
        SELECT 1 FROM pipeline_parents edge
        JOIN pipeline_jobs parent
            ON parent.pipeline_id = edge.pipeline_id AND parent.job_id = edge.parent_job_id
        JOIN jobs parent_run ON parent_run.id = parent.created_job_id
        WHERE edge.pipeline_id = node.pipeline_id AND edge.job_id = node.job_id
            AND parent_run.state <> 'COMPLETE')
"""
"""SQL condition: the runs of all parents of `node` are COMPLETE."""

_EARLIER_RUN_IS_CANCELING = """
    EXISTS (
        SELECT 1 FROM jobs other
        WHERE other.run_group = {run}.run_group AND other.id <> {run}.id
            AND other.state = 'CANCELING')
"""
"""SQL condition: another job of the run group of `{run}`, an earlier run, is CANCELING."""

_RELEASE = f"""
    UPDATE jobs SET state = 'CREATED', released_at = ? WHERE state = 'PENDING' AND id IN (
        SELECT created_job_id FROM pipeline_jobs node WHERE pipeline_id = ? AND {_CAN_START})
        AND NOT {_EARLIER_RUN_IS_CANCELING.format(run="jobs")}
"""
"""Releases the runs of a pipeline that can start; its parameters: a stamp, the pipeline's id."""

_ADOPTING_NODE = f"""
    SELECT node.pipeline_id, node.job_id FROM pipeline_jobs node
    JOIN jobs run ON run.id = node.created_job_id
    WHERE run.run_group = ? AND run.state IN ('FAILED', 'CANCELED') AND {_CAN_START}
"""
"""Selects the node whose run a new job of a run group replaces."""

_RUNS = f"""
    SELECT run.id, run.name, run.state, run.error_message,
        run.state = 'PENDING' AND {_EARLIER_RUN_IS_CANCELING.format(run="run")} AS waits_for_earlier
    FROM pipeline_jobs node
    JOIN jobs run ON run.id = node.created_job_id
    WHERE node.pipeline_id = ? ORDER BY node.position
"""


def advance_pipeline(connection: sqlite3.Connection, job_id: str, now: str) -> None:
    """Settle all pipelines that have a run in the run group of an ended job; `now` is a stamp."""
    # By run group: a newer run may have replaced the job, and have waited for its end.
    nodes = connection.execute(
        "SELECT DISTINCT node.pipeline_id FROM pipeline_jobs node"
        " JOIN jobs run ON run.id = node.created_job_id"
        " WHERE run.run_group = (SELECT run_group FROM jobs WHERE id = ?)",
        [job_id],
    ).fetchall()
    for (pipeline_id,) in nodes:
        settle(connection, pipeline_id, now)


def is_only_canceling(connection: sqlite3.Connection, pipeline_id: str) -> bool:
    """Whether a pipeline has active runs, and all of them are CANCELING."""
    states = {row["state"] for row in connection.execute(_RUNS, [pipeline_id])}
    return states - FINISHED_STATES - {JobState.PENDING} == {JobState.CANCELING}


def adopt(connection: sqlite3.Connection, job_id: str, run_group: str, now: str) -> None:
    """Make a new job the run of the node whose FAILED or CANCELED run it continues, if any."""
    node = connection.execute(_ADOPTING_NODE, [run_group]).fetchone()
    if node is None:
        return
    replace_run(connection, node["pipeline_id"], node["job_id"], job_id)
    connection.execute(
        "UPDATE pipelines SET state = 'RUNNING', error_message = NULL"
        " WHERE id = ? AND state IN ('FAILED', 'CANCELED')",
        [node["pipeline_id"]],
    )
    settle(connection, node["pipeline_id"], now)


def replace_run(
    connection: sqlite3.Connection, pipeline_id: str, original_id: str, run_id: str
) -> None:
    """Make a job the run of the node of an original; the run so far becomes an attempt."""
    node_key = [pipeline_id, original_id]
    connection.execute(
        "INSERT INTO pipeline_attempts SELECT pipeline_id, job_id, created_job_id"
        " FROM pipeline_jobs WHERE pipeline_id = ? AND job_id = ?",
        node_key,
    )
    connection.execute(
        "UPDATE pipeline_jobs SET created_job_id = ? WHERE pipeline_id = ? AND job_id = ?",
        [run_id, *node_key],
    )


def settle(connection: sqlite3.Connection, pipeline_id: str, now: str) -> PipelineState:
    """Release the runs that can start, and record the state of the pipeline; return the state."""
    (state,) = connection.execute(
        "SELECT state FROM pipelines WHERE id = ?", [pipeline_id]
    ).fetchone()
    if state == PipelineState.RUNNING:
        connection.execute(_RELEASE, [now, pipeline_id])
    runs = connection.execute(_RUNS, [pipeline_id]).fetchall()
    end_state, reason = _conclude(runs, is_paused=state == PipelineState.PAUSED)
    connection.execute(
        "UPDATE pipelines SET state = ?, error_message = ?, updated_at = ? WHERE id = ?",
        [end_state or state, reason, now, pipeline_id],
    )
    return PipelineState(end_state or state)


def _conclude(
    runs: list[sqlite3.Row], *, is_paused: bool
) -> tuple[PipelineState | None, str | None]:
    """Return the final state of a pipeline and the reason for it; two `None` until it has ended."""
    states = {JobState(run["state"]) for run in runs}
    has_active_runs = states - FINISHED_STATES - {JobState.PENDING}
    if has_active_runs or any(run["waits_for_earlier"] for run in runs):
        return None, None
    if is_paused and JobState.PENDING in states:
        return None, None
    if states == {JobState.COMPLETE}:
        return PipelineState.COMPLETED, None
    for state, end_state in (
        (JobState.FAILED, PipelineState.FAILED),
        (JobState.CANCELED, PipelineState.CANCELED),
    ):
        if state in states:
            return end_state, _describe_first([run for run in runs if run["state"] == state])
    return PipelineState.CANCELED, "It has no jobs left."


def _describe_first(runs: list[sqlite3.Row]) -> str:
    first, *others = runs
    verb = "failed" if first["state"] == JobState.FAILED else "was canceled"
    more = f", and {len(others)} more" if others else ""
    detail = f": {first['error_message']}" if first["error_message"] else "."
    return f"{first['name']} ({first['id']}) {verb}{more}{detail}"
