"""Factory of pipelines as sent by Studio."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from studio_tui.api.models import Pipeline
from tests.jobs import NOON


def pipeline(
    number: int = 1, status: str = "RUNNING", runs: Mapping[str, str] | None = None, **fields: Any
) -> Pipeline:
    """Return a pipeline created `number` hours before noon.

    `runs` has the statuses of its jobs by name; each job depends on the previous one. The run of
    job `a` of pipeline 3 has the id `run-3-a`.
    """
    created = NOON - timedelta(hours=number)
    names = list(runs or ())
    sent: dict[str, Any] = {
        "pipeline_id": f"{number:08}-7903-4e4d-bbfa-ac8516341cf0",
        "name": f"pipeline-{number}",
        "status": status,
        "triggered_from": "local.local.report",
        "created_at": created.isoformat(),
        "updated_at": (created + timedelta(minutes=1)).isoformat(),
        "completed": sum(run_status == "COMPLETE" for run_status in (runs or {}).values()),
        "total": len(names),
        "job_runs": [
            {
                "job_id": f"job-{name}",
                "name": f"{name}.py",
                "status": (runs or {})[name],
                "parent_job_ids": [f"job-{names[index - 1]}"] if index else [],
                "created_job_id": f"run-{number}-{name}",
            }
            for index, name in enumerate(names)
        ],
    }
    return Pipeline.model_validate({**sent, **fields})
