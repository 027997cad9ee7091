"""Converts a job's row in the database to the job that the local Studio sends."""

import json
import sqlite3
from typing import Any

from fastapi import Response

from studio_tui.api.models import JobOutput
from studio_tui.api.states import JobState
from studio_tui.local.config.team import TEAM
from studio_tui.local.db.jobs import list_jobs
from studio_tui.local.http.responses import answer, in_order
from studio_tui.local.server.studio import Studio

_STEP_LABELS = {
    "waiting": "Waiting in queue",
    "downloading_files": "Downloading files",
    "virtualenv": "Preparing environment",
    "running_query": "Running query",
}


_COLUMNS = (
    *("id", "name", "created_by", "query", "query_type", "workers", "python_version"),
    *("requirements", "repository", "created_at", "started_at", "finished_at", "exit_code"),
    *("error_message", "scheduled_by", "scheduled_for"),
)
"""Columns of a job that are sent unchanged."""

_SCHEDULE_COLUMNS = (
    *("cron_expression", "start_after", "time_zone", "runs", "missed", "skipped"),
    "suspended_at",
)
"""Columns of a schedule that are sent unchanged."""


async def job_answer(studio: Studio, job_id: str) -> Response:
    """Return the response with one existing job."""
    (row,) = await studio.database.read(list_jobs, None, job_id, 1)
    return answer(job_output(studio, row))


def job_output(studio: Studio, row: sqlite3.Row) -> dict[str, object]:
    """Return a job; `row` has the columns of `list_jobs`."""
    fields = {
        **{name: row[name] for name in _COLUMNS},
        "url": studio.page_keys.url(row["id"]),
        "status": row["state"],
        "team": TEAM,
        "environment": json.loads(row["environment"]),
        "compute_cluster_id": studio.clusters.id_of(row["cluster"]),
        "compute_cluster_name": row["cluster"],
        "steps": _steps(row),
        "schedule": _schedule(row),
        "waits_for": _waits_for(studio, row),
        "metrics": json.loads(row["metrics"]) if row["metrics"] else None,
    }
    return in_order(JobOutput, fields)


def _waits_for(studio: Studio, row: sqlite3.Row) -> str | None:
    if row["state"] != JobState.QUEUED:
        return None
    return studio.clusters.why_not_start(row["cluster"], row["workers"])


def _schedule(row: sqlite3.Row) -> dict[str, Any] | None:
    if row["time_zone"] is None:
        return None
    is_active = row["state"] == JobState.TASK and row["suspended_at"] is None
    return {
        **{name: row[name] for name in _SCHEDULE_COLUMNS},
        "next_run_at": row["next_fire_at"] if is_active else None,
        "recent": json.loads(row["recent"]),
        "datasets": None if row["datasets"] is None else json.loads(row["datasets"]),
    }


def _steps(row: sqlite3.Row) -> list[dict[str, Any]]:
    steps = json.loads(row["steps"])
    is_schedule = row["time_zone"] is not None
    is_held_back = row["state"] == JobState.PENDING
    if not steps and not is_schedule and not is_held_back:
        # The job waits in the queue, or was canceled before it started.
        steps = [
            {
                "name": "waiting",
                "started_at": row["released_at"] or row["created_at"],
                "finished_at": row["finished_at"],
            }
        ]
    return [step | {"label": _STEP_LABELS.get(step["name"], step["name"])} for step in steps]
