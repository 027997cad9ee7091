"""Factory of a job's row in the database, as the runner gets it."""

import json
from collections.abc import Mapping
from typing import Any

from studio_tui.api.models import QueryType


def job_row(
    query: str, job_id: str = "job", environment: Mapping[str, str] | None = None, **columns: Any
) -> dict[str, Any]:
    """Return the row of a Python query without requirements; `columns` replace its values."""
    row = {
        "id": job_id,
        "name": job_id,
        "query": query,
        "query_type": QueryType.PYTHON,
        "environment": json.dumps(environment or {}),
        "workers": 1,
        "ignore_checkpoints": 0,
    }
    unset = ("python_version", "requirements", "repository", "rerun_from", "run_group")
    return dict.fromkeys(unset) | row | columns
