"""Assigns a server's error message to the fields of the job form, and adds advice."""

import re

from studio_tui.api.models import JobInput
from studio_tui.errors import (
    AuthenticationError,
    InvalidRequest,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    RateLimited,
    ServerError,
    StudioError,
)
from studio_tui.presentation.form.draft import Draft
from studio_tui.presentation.form.fields import FIELDS
from studio_tui.presentation.jobs.problems import Problem
from studio_tui.text import safe_line

WHOLE = ""
"""Field of a problem with the whole form."""

_PLACE = re.compile(r"(?:[A-Za-z_]+\.)*(?P<field>[a-z_]+)(?:[ .]\d+)?(?=[\s:,]|$)")
"""Field name at the start of a clause, such as `workers must be…` or `data.workers: Input…`."""


def refusals(error: StudioError, draft: Draft) -> tuple[Problem, ...]:
    """Return why no job was created from `draft`, by field, or as `WHOLE`."""
    if isinstance(error, InvalidRequest):
        return tuple(_problem(clause, draft) for clause in _clauses(str(error)))
    return (Problem(WHOLE, f"{_sentence(str(error))} {_what_to_do(error)}"),)


def _what_to_do(error: StudioError) -> str:
    match error:
        case OutcomeUnknown():
            return "Look for the job before you send the form again."
        case RateLimited():
            return "No job was created; send the form again later."
        case AuthenticationError():
            return "No job was created; give a valid token, and send the form again."
        case PermissionDenied():
            return "No job was created; ask a member of the team who may run jobs."
        case NotFound():
            return "No job was created; check Studio's URL, the team, and the names in the form."
        # Only an upload can fail like this; for creating the job the outcome would be unknown.
        case ServerError():
            return "No job was created; the form is kept. Send it again later."
        case _:
            return "No job was created; the form is kept."


def _clauses(message: str) -> list[str]:
    """Split a message into clauses by field; a clause may contain semicolons."""
    clauses: list[str] = []
    for part in message.split("; "):
        if clauses and _field(part) is None:
            clauses[-1] += f"; {part}"
        else:
            clauses.append(part)
    return clauses


def _field(clause: str) -> str | None:
    place = _PLACE.match(clause)
    if place and place["field"] in JobInput.model_fields.keys() | FIELDS.keys():
        return place["field"]
    return None


def _problem(clause: str, draft: Draft) -> Problem:
    field = _field(clause) or _only_mentioned_field(clause)
    if field is None or field not in FIELDS:
        return Problem(
            WHOLE, f"{_sentence(clause)} No job was created; change the form and send it."
        )
    if field == "query" and draft.query_file.strip():
        field = "query_file"
    if field == "compute_cluster_name" and not draft.compute_cluster_name.strip():
        field = "compute_cluster_id" if draft.compute_cluster_id.strip() else field
    return Problem(field, f"Studio says: {_sentence(clause)}")


def _only_mentioned_field(clause: str) -> str | None:
    """Return the only field that a sentence mentions; `None` if there may be several."""
    named = {
        name
        for name, field in FIELDS.items()
        if field.named and re.search(rf"\b{field.named}\b", clause, re.IGNORECASE)
    }
    return named.pop() if len(named) == 1 else None


def _sentence(text: str) -> str:
    shown = safe_line(text.strip()) or "Studio refused without a reason"
    return shown if shown.endswith((".", "!", "?", "…")) else f"{shown}."
