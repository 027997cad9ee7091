"""Validates the whole job form, and builds the request from it."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from studio_tui.api.models import JobInput, QueryType
from studio_tui.presentation.form.checks import (
    REQUEST_LIMIT,
    FormContext,
    query_text,
    query_type,
)
from studio_tui.presentation.form.draft import Draft
from studio_tui.presentation.form.fields import FIELDS, sent
from studio_tui.presentation.format import size
from studio_tui.presentation.jobs.problems import Level, Problem, unsendable


def check(draft: Draft, around: FormContext) -> tuple[Problem, ...]:
    """Return all problems of a form, in the order of its fields."""
    found = [problem for name in FIELDS for problem in check_field(name, draft, around)]
    if all(problem.level is Level.WARNING for problem in found):
        length = len(_build_request(draft, around).model_dump_json().encode())
        if length > REQUEST_LIMIT:
            said = f"The whole request is {size(length)}; Studio accepts {size(REQUEST_LIMIT)}."
            found.append(Problem("query", f"{said} Shorten the longest field."))
    return tuple(found)


def check_field(name: str, draft: Draft, around: FormContext) -> tuple[Problem, ...]:
    """Return the problems of one field, for validation while typing."""
    typed = getattr(draft, name)
    for text in (typed,) if isinstance(typed, str) else typed if isinstance(typed, tuple) else ():
        if problems := unsendable(name, text):
            return problems
    return FIELDS[name].check(draft, around)


def request(draft: Draft, around: FormContext, uploads: Collection[str] = ()) -> JobInput:
    """Return the request for a form; `uploads` are the ids of its uploaded files.

    Raises:
        ValueError: the form has errors; see `check`.
    """
    errors = [problem for problem in check(draft, around) if problem.level is Level.ERROR]
    if errors:
        raise ValueError(errors[0].sentence)
    return _build_request(replace(draft, uploads=(*draft.uploads, *uploads)), around)


def has_windows_line_ends(draft: Draft, around: FormContext) -> bool:
    """Return whether a shell script has CRLF line endings, which break its commands."""
    return query_type(draft) is QueryType.SHELL and "\r\n" in query_text(draft, around)


def with_unix_line_ends(draft: Draft, around: FormContext) -> tuple[Draft, FormContext]:
    """Return a form and its file's text with LF line endings."""
    facts = around.files.get(draft.query_file)
    if facts is not None and facts.text is not None:
        unix = replace(facts, text=facts.text.replace("\r\n", "\n"))
        around = replace(around, files={**around.files, draft.query_file: unix})
    return replace(draft, query=draft.query.replace("\r\n", "\n")), around


def _build_request(draft: Draft, around: FormContext) -> JobInput:
    fields: dict[str, Any] = {
        field.sent_as or name: sent(name, draft, around)
        for name, field in FIELDS.items()
        if field.is_sent
    }
    return JobInput(team_name=around.team, **fields)
