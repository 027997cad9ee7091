"""The runs of schedules in the database, at fire times or by hand."""

# ruff: noqa: S608 (only constants and question marks are put into SQL)

import sqlite3
from datetime import timedelta

from studio_tui.api.states import JobState
from studio_tui.local.db.new_job import copy_job
from studio_tui.local.db.times import from_stamp, stamp

MAX_RUNS = 8
"""Maximum number of runs that are returned with a schedule."""

_LAST_RUNS_OF_KIND = f"""
    SELECT made.scheduled_for AS at, json_object(
        'kind', '{{kind}}', 'id', made.id, 'name', made.name, 'status', made.state,
        'scheduled_for', iif(made.by_hand, NULL, made.scheduled_for),
        'created_at', made.created_at, 'by_hand', json(iif(made.by_hand, 'true', 'false')),
        'error_message', made.error_message) AS entry
    FROM {{kind}}s made WHERE made.scheduled_by = schedules.job_id ORDER BY at DESC LIMIT {MAX_RUNS}
"""
LAST_RUNS_JSON = f"""(
    SELECT json_group_array(json(entry)) FROM (
        SELECT entry FROM (
            SELECT * FROM ({_LAST_RUNS_OF_KIND.format(kind="job")})
            UNION ALL SELECT * FROM ({_LAST_RUNS_OF_KIND.format(kind="pipeline")}))
        ORDER BY at DESC LIMIT {MAX_RUNS})
)"""
"""SQL expression on `schedules`: its last runs as a JSON list, newest first."""


def has_open_run(connection: sqlite3.Connection, job_id: str) -> bool:
    """Whether a schedule has a run that has not ended."""
    return (
        connection.execute(
            "SELECT 1 FROM jobs WHERE scheduled_by = ? AND finished_at IS NULL"
            " UNION ALL SELECT 1 FROM pipelines WHERE scheduled_by = ?"
            " AND state NOT IN ('COMPLETED', 'FAILED', 'CANCELED') LIMIT 1",
            [job_id, job_id],
        ).fetchone()
        is not None
    )


def make_run(
    connection: sqlite3.Connection, job_id: str, fire_at: str, now: str, **columns: object
) -> str:
    """Create the run of a schedule for the stamp `fire_at`; return the run's id.

    `columns` are further columns of the run.
    """
    task = connection.execute(
        "SELECT cron_expression, run_group, rerun_from, ignore_checkpoints"
        " FROM jobs JOIN schedules ON job_id = id WHERE id = ?",
        [job_id],
    ).fetchone()
    columns |= {
        "scheduled_by": job_id,
        "scheduled_for": fire_at,
        "ignore_checkpoints": task["ignore_checkpoints"],
    }
    # The run of a single start time may continue from the checkpoints that the request names. Runs
    # of an expression do not: with the checkpoints of the last run they would make nothing new.
    if task["cron_expression"] is None:
        columns |= {"run_group": task["run_group"], "rerun_from": task["rerun_from"]}
    return copy_job(connection, job_id, JobState.CREATED, now, columns=columns)


def free_moment(connection: sqlite3.Connection, job_id: str, now: str) -> str:
    """Return the first stamp from `now` on that a run by hand can have.

    No other run of the schedule has this stamp, and it is not the next fire time. It is no whole
    second either, as the fire times of expressions are whole seconds.
    """
    taken = {
        row[0]
        for row in connection.execute(
            "SELECT scheduled_for FROM jobs WHERE scheduled_by = ? AND scheduled_for >= ?"
            " UNION SELECT scheduled_for FROM pipelines WHERE scheduled_by = ?"
            " AND scheduled_for >= ? UNION SELECT next_fire_at FROM schedules WHERE job_id = ?",
            [job_id, now, job_id, now, job_id],
        )
    }
    moment = from_stamp(now)
    while stamp(moment) in taken or moment.microsecond == 0:
        moment += timedelta.resolution
    return stamp(moment)
