"""Converts a pipeline's rows in the database to the pipeline that the local Studio sends."""

import json

from fastapi import Response

from studio_tui.api.models import JobPipelineOutput
from studio_tui.local.db.pipelines import PipelineRows
from studio_tui.local.http.responses import answer, in_order

_COLUMNS = ("name", "triggered_from", "error_message", "created_at", "updated_at", "scheduled_by")
"""Columns that are sent unchanged."""


def pipeline_answer(rows: PipelineRows) -> Response:
    """Return the response to an action on a pipeline."""
    return answer({"ok": True, "pipeline": pipeline_output(rows)})


def pipeline_output(rows: PipelineRows) -> dict[str, object]:
    """Return a pipeline with its jobs."""
    pipeline, runs, removed = rows
    fields = {
        **{name: pipeline[name] for name in _COLUMNS},
        "pipeline_id": pipeline["id"],
        "status": pipeline["state"],
        "job_runs": [
            {
                "job_id": run["job_id"],
                "status": run["state"],
                "parent_job_ids": json.loads(run["parents"]),
                "name": run["name"],
                "created_job_id": run["created_job_id"],
                "attempts": json.loads(run["attempts"]),
            }
            for run in runs
        ],
        "completed": sum(run["state"] == "COMPLETE" for run in runs),
        "total": len(runs),
        "error_stack": None,
        "warnings": json.loads(pipeline["warnings"]),
        "removed": [dict(job) for job in removed],
    }
    return in_order(JobPipelineOutput, fields)
