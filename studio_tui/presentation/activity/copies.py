"""Formats a recorded request as a curl command and, if there is one, as a `datachain` command.

Secrets were redacted before the request was recorded, so the user has to insert them.
"""

import json
import shlex

from studio_tui.api import routes
from studio_tui.presentation.activity.entries import Entry, route_of
from studio_tui.presentation.form.flags import job_flags
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


def as_datachain(entry: Entry) -> str:
    """Return the equivalent `datachain` command; empty if there is none."""
    route_and_id = route_of(entry)
    if route_and_id is None:
        return ""
    route, item_id, _ = route_and_id
    fields = entry.fields
    pipeline = str(fields.get("name") or fields.get("pipeline_id") or entry.query.get("name") or "")
    match route:
        case routes.CREATE_JOB:
            return _with_mask_note(entry, _job_run(entry))
        case routes.CANCEL_JOB:
            return _line("datachain job cancel", item_id)
        case routes.JOB_LOGS:
            return _line("datachain job logs", item_id)
        case routes.LIST_JOBS:
            return "datachain job ls"
        case routes.LIST_CLUSTERS:
            return "datachain job clusters"
        case routes.LIST_PIPELINES:
            return "datachain pipeline list"
        case routes.PIPELINE_STATUS:
            return _line("datachain pipeline status", pipeline)
        case routes.PAUSE_PIPELINE:
            return _line("datachain pipeline pause", pipeline)
        case routes.RESUME_PIPELINE:
            return _line("datachain pipeline resume", pipeline)
        case _:
            return ""


def _job_run(entry: Entry) -> str:
    fields = entry.fields
    parts = [
        "datachain job run",
        shlex.quote(safe_line(str(fields.get("query_name") or "query.py"))),
    ]
    parts += filter(None, job_flags(fields.get))
    lines = str(fields.get("environment") or "").splitlines()
    parts += [f"--env {shlex.quote(safe_line(line))}" for line in lines]
    return " \\\n  ".join(parts)


def _line(command: str, argument: str) -> str:
    return f"{command} {shlex.quote(safe_line(argument))}" if argument else command


def _with_mask_note(entry: Entry, command: str) -> str:
    """Return a safe command, after a comment if a part of the request was not recorded."""
    is_masked = REDACTED in entry.body or "left out]" in entry.body or REDACTED in entry.path
    return safe_block(f"{_MASKED}\n{command}" if is_masked else command)
