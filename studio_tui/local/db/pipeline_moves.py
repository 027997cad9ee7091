"""The state transitions of pipelines: what starts when a job ends, and when a pipeline has ended.

A pipeline is a plan of jobs that ran once (the originals) and, for each, the newest run that this
pipeline made of it. A waiting run is PENDING. These are the rules:

- A run is released once the runs of all its parents are COMPLETE, while the pipeline is RUNNING.
- A run that FAILED or was CANCELED holds back its descendants and no others. When nothing runs
  and nothing can, the pipeline is FAILED if a run failed, naming the first; else it is CANCELED.
- A PAUSED pipeline releases nothing. It stays PAUSED while a run is PENDING, whatever the state of
  the others; without one it ends as a running pipeline would.
- A pipeline is COMPLETED when the runs of all its jobs are COMPLETE; CANCELED when no job is left.
- Pausing takes back runs that were released and have not started. Resuming a pipeline that FAILED
  or was CANCELED, or a PAUSED one where nothing else can start, repeats each run that FAILED or was
  CANCELED, or is CANCELING: from its checkpoints if it had started, else from the start. The new
  run is not released before the one it continues from has ended.
- A job that a user creates from the checkpoints of a run that FAILED or was CANCELED becomes that
  node's run, even with a changed query, if its parents are COMPLETE. Its pipeline continues with
  it, and is RUNNING again if it had ended.

Each transition is part of the transaction that records its cause, such as the end of a job: a crash
never leaves a pipeline behind. All functions run on the database's thread.
"""

# ruff: noqa: S608 (only parts of ours are put into SQL)

import sqlite3

from studio_tui.api.states import JobState, PipelineState

_IS_READY = """
    NOT EXISTS (
        SELECT 1 FROM pipeline_parents edge
        JOIN pipeline_jobs parent
            ON parent.pipeline_id = edge.pipeline_id AND parent.job_id = edge.parent_job_id
        JOIN jobs parent_run ON parent_run.id = parent.created_job_id
        WHERE edge.pipeline_id = node.pipeline_id AND edge.job_id = node.job_id
            AND parent_run.state <> 'COMPLETE')
"""
_RUN_BEFORE_ENDS = """
    EXISTS (
        SELECT 1 FROM jobs other
        WHERE other.run_group = {run}.run_group AND other.id <> {run}.id
            AND other.state = 'CANCELING')
"""
_RELEASE = f"""
    UPDATE jobs SET state = 'CREATED', released_at = ? WHERE state = 'PENDING' AND id IN (
        SELECT created_job_id FROM pipeline_jobs node WHERE pipeline_id = ? AND {_IS_READY})
        AND NOT {_RUN_BEFORE_ENDS.format(run="jobs")}
"""
_ADOPTING = f"""
    SELECT node.pipeline_id, node.job_id FROM pipeline_jobs node
    JOIN jobs run ON run.id = node.created_job_id
    WHERE run.run_group = ? AND run.state IN ('FAILED', 'CANCELED') AND {_IS_READY}
"""
_RUNS = f"""
    SELECT run.id, run.name, run.state, run.error_message,
        run.state = 'PENDING' AND {_RUN_BEFORE_ENDS.format(run="run")} AS is_due
    FROM pipeline_jobs node
    JOIN jobs run ON run.id = node.created_job_id
    WHERE node.pipeline_id = ? ORDER BY node.position
"""
_ENDED = frozenset({JobState.COMPLETE, JobState.FAILED, JobState.CANCELED})


def job_ended(connection: sqlite3.Connection, job_id: str, now: str) -> None:
    """Advance the pipeline that a job is a run of, if there is one; `now` is a stamp."""
    # The newest run of its node may be another one, which waits for this one's end.
    nodes = connection.execute(
        "SELECT DISTINCT node.pipeline_id FROM pipeline_jobs node"
        " JOIN jobs run ON run.id = node.created_job_id"
        " WHERE run.run_group = (SELECT run_group FROM jobs WHERE id = ?)",
        [job_id],
    ).fetchall()
    for (pipeline_id,) in nodes:
        settle(connection, pipeline_id, now)


def only_cancels(connection: sqlite3.Connection, pipeline_id: str) -> bool:
    """Whether nothing runs in a pipeline any more but jobs that are being canceled."""
    states = {row["state"] for row in connection.execute(_RUNS, [pipeline_id])}
    return states - _ENDED - {JobState.PENDING} == {JobState.CANCELING}


def adopt(connection: sqlite3.Connection, job_id: str, run_group: str, now: str) -> None:
    """Make a new job the run of the node whose failed or canceled run it continues from."""
    node = connection.execute(_ADOPTING, [run_group]).fetchone()
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
    connection: sqlite3.Connection, pipeline_id: str, node_id: str, run_id: str
) -> None:
    """Make a job the run of a node; the run before is kept as an attempt."""
    here = [pipeline_id, node_id]
    connection.execute(
        "INSERT INTO pipeline_attempts SELECT pipeline_id, job_id, created_job_id"
        " FROM pipeline_jobs WHERE pipeline_id = ? AND job_id = ?",
        here,
    )
    connection.execute(
        "UPDATE pipeline_jobs SET created_job_id = ? WHERE pipeline_id = ? AND job_id = ?",
        [run_id, *here],
    )


def settle(connection: sqlite3.Connection, pipeline_id: str, now: str) -> PipelineState:
    """Release runs that may start, and end the pipeline if it has ended; return its state."""
    (state,) = connection.execute(
        "SELECT state FROM pipelines WHERE id = ?", [pipeline_id]
    ).fetchone()
    if state == PipelineState.RUNNING:
        connection.execute(_RELEASE, [now, pipeline_id])
    runs = connection.execute(_RUNS, [pipeline_id]).fetchall()
    ended_as, why = _conclusion(runs, is_paused=state == PipelineState.PAUSED)
    connection.execute(
        "UPDATE pipelines SET state = ?, error_message = ?, updated_at = ? WHERE id = ?",
        [ended_as or state, why, now, pipeline_id],
    )
    return PipelineState(ended_as or state)


def _conclusion(
    runs: list[sqlite3.Row], *, is_paused: bool
) -> tuple[PipelineState | None, str | None]:
    """Return the final state of a pipeline and its reason; `None` until it has ended."""
    states = {JobState(run["state"]) for run in runs}
    goes_on = states - _ENDED - {JobState.PENDING} or any(run["is_due"] for run in runs)
    if goes_on or (is_paused and JobState.PENDING in states):
        return None, None
    if states == {JobState.COMPLETE}:
        return PipelineState.COMPLETED, None
    for state, ended_as in (
        (JobState.FAILED, PipelineState.FAILED),
        (JobState.CANCELED, PipelineState.CANCELED),
    ):
        if state in states:
            return ended_as, _reason([run for run in runs if run["state"] == state])
    return PipelineState.CANCELED, "It has no jobs left."


def _reason(runs: list[sqlite3.Row]) -> str:
    first, *others = runs
    did = "failed" if first["state"] == JobState.FAILED else "was canceled"
    more = f", and {len(others)} more" if others else ""
    words = f": {first['error_message']}" if first["error_message"] else "."
    return f"{first['name']} ({first['id']}) {did}{more}{words}"
