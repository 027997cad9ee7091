"""Formats a recorded request, whose secrets were redacted, as curl and `datachain` commands."""

import json
import shlex
from collections.abc import Mapping
from typing import Any

from studio_tui.api import routes
from studio_tui.presentation.activity.entries import Entry, route_of
from studio_tui.presentation.form.request_preview import job_flags
from studio_tui.redaction import REDACTED
from studio_tui.text import safe_block, safe_line

_AUTHORIZATION = '--header "Authorization: Bearer $DATACHAIN_STUDIO_TOKEN"'
_MASKED = "# Secrets, queries and environment values are left out: insert them."


def as_curl(entry: Entry, url: str) -> str:
    """Return the curl command for a request to the Studio at `url`; empty if none was sent."""
    if not entry.method:
        return ""
    parts = ["curl --fail-with-body", _AUTHORIZATION]
    if entry.method != "GET":
        parts.append(f"--request {entry.method}")
    if entry.fields:
        body = json.dumps(entry.fields, ensure_ascii=True)
        parts += ["--header 'Content-Type: application/json'", f"--data {shlex.quote(body)}"]
    parts.append(shlex.quote(safe_line(f"{url}/api{entry.path}")))
    return _with_mask_note(entry, " \\\n  ".join(parts))


def as_datachain(entry: Entry, pipeline_name: str = "") -> str:
    """Return the equivalent `datachain` command; empty if there is none.

    `pipeline_name` is for a request that has only the pipeline's id.
    """
    match_of_route = route_of(entry)
    if match_of_route is None:
        return ""
    route, item_id, _ = match_of_route
    fields = entry.fields
    name = str(fields.get("name") or entry.query.get("name") or pipeline_name)
    match route:
        case routes.CREATE_JOB:
            return _with_mask_note(entry, _job_run(entry))
        case routes.CANCEL_JOB:
            return _command("datachain job cancel", item_id)
        case routes.JOB_LOGS:
            return _command("datachain job logs", item_id)
        case routes.LIST_JOBS:
            return _job_ls(entry.query)
        case routes.LIST_CLUSTERS:
            return "datachain job clusters"
        case routes.LIST_PIPELINES:
            return "datachain pipeline list"
        case routes.TRIGGER_PIPELINE:
            return _with_mask_note(entry, _pipeline_create(fields))
        case routes.PIPELINE_STATUS | routes.PAUSE_PIPELINE | routes.RESUME_PIPELINE:
            verb = route.path.rpartition("/")[2]
            return _command(f"datachain pipeline {verb}", name)
        case routes.REMOVE_JOB_FROM_PIPELINE:
            job_id = str(fields.get("job_id") or "")
            return _command("datachain pipeline remove-job", name, job_id)
        case _:
            return ""


def _job_run(entry: Entry) -> str:
    fields = entry.fields
    parts = ["datachain job run", _quoted(str(fields.get("query_name") or "query.py"))]
    parts += filter(None, job_flags(fields.get))
    lines = str(fields.get("environment") or "").splitlines()
    parts += [f"--env {_quoted(line)}" for line in lines]
    return " \\\n  ".join(parts)


def _job_ls(query: Mapping[str, str]) -> str:
    if "job_id" in query:
        # No command lists a single job.
        return ""
    options = [f"--{name} {_quoted(query[name])}" for name in ("status", "limit") if name in query]
    return " ".join(["datachain job ls", *options])


def _pipeline_create(fields: Mapping[str, Any]) -> str:
    datasets = fields.get("datasets")
    # The pipelines that the command creates are paused, and have no environment of their own.
    if not isinstance(datasets, list) or not fields.get("review") or fields.get("environment"):
        return ""
    return _command("datachain pipeline create", *map(str, datasets))


def _command(command: str, *arguments: str) -> str:
    """Return a command with quoted arguments; empty if an argument is missing."""
    if not arguments or not all(arguments):
        return ""
    return " ".join([command, *map(_quoted, arguments)])


def _quoted(word: str) -> str:
    return shlex.quote(safe_line(word))


def _with_mask_note(entry: Entry, command: str) -> str:
    """Return the command, safe to draw, after a comment if parts were not recorded."""
    is_masked = REDACTED in entry.body or "left out]" in entry.body or REDACTED in entry.path
    return safe_block(f"{_MASKED}\n{command}" if is_masked and command else command)
