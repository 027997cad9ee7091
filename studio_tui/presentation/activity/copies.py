"""Formats a recorded request, whose secrets were redacted, as curl and `datachain` commands."""

import json
from collections.abc import Mapping
from itertools import chain
from typing import Any

from pydantic import ValidationError

from studio_tui.api import routes
from studio_tui.api.models import JobRequest
from studio_tui.presentation.activity.entries import Entry, route_of
from studio_tui.presentation.form import request_preview
from studio_tui.presentation.shell_commands import command, curl, json_text
from studio_tui.redaction import REDACTED

_MASKED = "# Secrets, queries and environment values are left out: insert them."


def as_curl(entry: Entry, url: str) -> str:
    """Return the curl command for a request to the Studio at `url`; empty if none was sent."""
    if not entry.method:
        return ""
    fields, url = entry.fields, f"{url}/api{entry.path}"
    if path := fields.get("file"):
        return _with_mask_note(entry, curl(url, method=entry.method, path=str(path)))
    body = json_text(fields) if fields else ""
    return _with_mask_note(entry, curl(url, method=entry.method, body=body))


def as_datachain(entry: Entry, pipeline_name: str = "") -> str:
    """Return the equivalent `datachain` command; empty if there is none.

    `pipeline_name` is for a request that has only the pipeline's id.
    """
    route, item_id, _ = route_of(entry) or (None, "", "")
    fields, query = entry.fields, entry.query
    name = str(fields.get("name") or query.get("name") or pipeline_name)
    match route:
        case routes.CREATE_JOB:
            return _with_mask_note(entry, _job_run(fields))
        case routes.CANCEL_JOB:
            words = ["job", "cancel", item_id]
        case routes.JOB_LOGS:
            words = ["job", "logs", item_id]
        case routes.LIST_JOBS if "job_id" not in query:  # no command lists a single job
            options = [(f"--{each}", query[each]) for each in ("status", "limit") if each in query]
            words = ["job", "ls", *chain(*options)]
        case routes.LIST_CLUSTERS:
            words = ["job", "clusters"]
        case routes.LIST_PIPELINES:
            words = ["pipeline", "list"]
        case routes.TRIGGER_PIPELINE:
            words = ["pipeline", "create", *_datasets_of_paused(fields)]
        case routes.PIPELINE_STATUS | routes.PAUSE_PIPELINE | routes.RESUME_PIPELINE:
            words = ["pipeline", route.path.rpartition("/")[2], name]
        case routes.REMOVE_JOB_FROM_PIPELINE:
            words = ["pipeline", "remove-job", name, str(fields.get("job_id") or "")]
        case _:
            return ""
    if not all(words):
        return ""
    team = fields.get("team_name") or query.get("team_name")
    words += ["--team", str(team)] if team else []
    return _with_mask_note(entry, command(["datachain", *words]))


def _job_run(fields: Mapping[str, Any]) -> str:
    """Return the command for a job; empty if too little of its request was recorded."""
    try:
        job_input = JobRequest.model_validate_json(json.dumps(fields))
    except ValidationError:
        return ""
    return request_preview.as_datachain(job_input, with_secrets=True)


def _datasets_of_paused(fields: Mapping[str, Any]) -> list[str]:
    """Return the datasets of the pipeline; `[""]` if `datachain` cannot create it.

    The pipelines that the command creates are paused, and have no environment of their own.
    """
    datasets = fields.get("datasets")
    if not isinstance(datasets, list) or not fields.get("review") or fields.get("environment"):
        return [""]
    return [*map(str, datasets)] or [""]


def _with_mask_note(entry: Entry, text: str) -> str:
    """Return a command, after a comment if parts of the request were not recorded."""
    is_masked = REDACTED in entry.body or "left out]" in entry.body or REDACTED in entry.path
    return f"{_MASKED}\n{text}" if is_masked and text else text
