"""Converts a pipeline's rows in the database to the pipeline that the local Studio sends."""

import json

from fastapi import Response

from studio_tui.local.db.pipelines import PipelineRows
from studio_tui.local.http import responses
from studio_tui.local.http.responses import answer


def pipeline_answer(rows: PipelineRows) -> Response:
    """Return the response to an action on a pipeline."""
    return answer(responses.PipelineOutput(ok=True, pipeline=pipeline_output(rows)))


def pipeline_output(rows: PipelineRows) -> responses.JobPipelineOutput:
    """Return a pipeline with its jobs."""
    pipeline, runs, removed = rows
    return responses.JobPipelineOutput(
        pipeline_id=pipeline["id"],
        status=pipeline["state"],
        job_runs=[
            responses.JobPipelineRunOutput(
                job_id=run["job_id"],
                status=run["state"],
                parent_job_ids=json.loads(run["parents"]),
                name=run["name"],
                created_job_id=run["created_job_id"],
                attempts=json.loads(run["attempts"]),
            )
            for run in runs
        ],
        completed=sum(run["state"] == "COMPLETE" for run in runs),
        total=len(runs),
        error_message=pipeline["error_message"],
        error_stack=None,
        triggered_from=pipeline["triggered_from"],
        name=pipeline["name"],
        created_at=pipeline["created_at"],
        updated_at=pipeline["updated_at"],
        warnings=json.loads(pipeline["warnings"]),
        scheduled_by=pipeline["scheduled_by"],
        removed=[
            responses.RemovedJobOutput(
                job_id=job["job_id"],
                name=job["name"],
                created_job_id=job["created_job_id"],
                removed_at=job["removed_at"],
            )
            for job in removed
        ],
    )
