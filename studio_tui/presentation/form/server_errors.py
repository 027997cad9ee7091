"""Assigns Studio's error message to the fields of the job form."""

import re

from studio_tui.api.models import JobInput
from studio_tui.errors import (
    AuthenticationError,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    RateLimited,
    ServerError,
    StudioError,
)
from studio_tui.presentation.form.draft import Draft
from studio_tui.presentation.form.fields import FIELDS
from studio_tui.presentation.form.problems import Problem
from studio_tui.text import safe_line

WHOLE_FORM = ""
"""The field of a problem that is about the whole form."""

# A `ServerError` is of an upload, or has a status such as 501, after which Studio has done nothing.
# After any other server error it is unknown whether there is a job: it is an `OutcomeUnknown`.
_ADVICE = (
    (RateLimited, "send the form again later."),
    (AuthenticationError, "give a valid token, and send the form again."),
    (PermissionDenied, "ask a member of the team who may run jobs."),
    (NotFound, "check Studio's URL, the team, and the names in the form."),
    (ServerError, "the form is kept. Send it again later."),
    (StudioError, "the form is kept."),
)
"""What to do after an error that is not about a field; the first class that fits counts."""

_FIELD_NAME = re.compile(r"(?:[A-Za-z_]+\.)*(?P<field>[a-z_]+)(?:[ .]\d+)?(?=[\s:,]|$)")
"""A word at the start of a clause that may name a field, as in `data.workers: must be positive`."""


def refusals(error: StudioError, draft: Draft) -> tuple[Problem, ...]:
    """Return why no job was created from `draft`, as problems of fields or of `WHOLE_FORM`."""
    if isinstance(error, InvalidRequest):
        return tuple(_problem(clause, draft) for clause in _clauses(str(error)))
    advice = next(words for kind, words in _ADVICE if isinstance(error, kind))
    return (Problem(WHOLE_FORM, f"{_sentence(str(error))} No job was created; {advice}"),)


def _clauses(message: str) -> list[str]:
    """Split a message before each `; ` that is followed by the name of a field."""
    clauses: list[str] = []
    for part in message.split("; "):
        if clauses and _field_at_start(part) is None:
            clauses[-1] += f"; {part}"
        else:
            clauses.append(part)
    return clauses


def _field_at_start(clause: str) -> str | None:
    match = _FIELD_NAME.match(clause)
    if match and match["field"] in JobInput.model_fields.keys() | FIELDS.keys():
        return match["field"]
    return None


def _problem(clause: str, draft: Draft) -> Problem:
    field = _field_at_start(clause)
    if field is None or field not in FIELDS:
        return Problem(
            WHOLE_FORM, f"{_sentence(clause)} No job was created; change the form and send it."
        )
    if field == "query" and draft.query_file.strip():
        field = "query_file"
    if field == "files" and draft.uploads and not draft.files:
        field = "uploads"  # both are `files` of the request
    if field == "compute_cluster_name" and not draft.compute_cluster_name.strip():
        field = "compute_cluster_id" if draft.compute_cluster_id.strip() else field
    return Problem(field, f"Studio says: {_sentence(clause)}")


def _sentence(text: str) -> str:
    shown = safe_line(text.strip()) or "Studio gave no reason"
    return shown if shown.endswith((".", "!", "?", "…")) else f"{shown}."
