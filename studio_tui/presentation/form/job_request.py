"""Checks the whole job form, and converts it to a request and back."""

from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from studio_tui.api.models import JobInput, JobRequest, QueryType
from studio_tui.presentation.form.checks import REQUEST_LIMIT, query_text, query_type
from studio_tui.presentation.form.draft import Draft, FieldValue, FormContext
from studio_tui.presentation.form.fields import FIELDS, sent_value, value_of
from studio_tui.presentation.form.problems import Level, Problem, unsendable_problems
from studio_tui.presentation.format import size


def check(draft: Draft, context: FormContext) -> tuple[Problem, ...]:
    """Return all problems of a form, in the order of its fields.

    The size of the whole request is checked last, and only if there are no other errors.
    """
    problems = [problem for name in FIELDS for problem in check_field(name, draft, context)]
    if all(problem.level is Level.WARNING for problem in problems):
        length = len(_build_request(draft, context).model_dump_json().encode())
        if length > REQUEST_LIMIT:
            limit = f"Studio accepts at most {size(REQUEST_LIMIT)}."
            sentences = f"The whole request is {size(length)}; {limit} Shorten the longest field."
            problems.append(Problem("query", sentences))
    return tuple(problems)


def check_field(name: str, draft: Draft, context: FormContext) -> tuple[Problem, ...]:
    for text in _texts(value_of(name, draft)):
        if problems := unsendable_problems(name, text):
            return problems
    checked = FIELDS[name].check(draft, context)
    if isinstance(checked, str):
        return (Problem(name, checked),) if checked else ()
    return checked


def _texts(value: FieldValue) -> tuple[str, ...]:
    if isinstance(value, bool):
        return ()
    return (value,) if isinstance(value, str) else value


def request(draft: Draft, context: FormContext) -> JobInput:
    """Return the request for a form; the paths in the field `files` are not in it.

    Raises:
        ValueError: the form has errors; see `check`.
    """
    errors = [problem for problem in check(draft, context) if problem.level is Level.ERROR]
    if errors:
        raise ValueError(errors[0].sentence)
    return _build_request(draft, context)


def has_windows_line_ends(draft: Draft, context: FormContext) -> bool:
    """Whether the query is a shell script with CRLF line endings, which break its commands."""
    return query_type(draft) is QueryType.SHELL and "\r\n" in query_text(draft, context)


def with_unix_line_ends(draft: Draft, context: FormContext) -> tuple[Draft, FormContext]:
    """Return the form and its context with LF line endings in the query and the query file."""
    facts = context.files.get(draft.query_file)
    if facts is not None and facts.text is not None:
        unix = replace(facts, text=facts.text.replace("\r\n", "\n"))
        context = replace(context, files={**context.files, draft.query_file: unix})
    return replace(draft, query=draft.query.replace("\r\n", "\n")), context


def _build_request(draft: Draft, context: FormContext) -> JobInput:
    fields: dict[str, Any] = {
        field.sent_as or name: value
        for name, field in FIELDS.items()
        if field.is_sent and (value := sent_value(name, draft, context)) is not None
    }
    return JobRequest(team_name=context.team, **fields)


def draft_of(job_input: JobInput, now: datetime) -> Draft:
    """Return the form for a request.

    A start without a time zone is in UTC. If there is a cron expression, a start that has passed is
    left out.
    """
    start = job_input.start_after
    if start is not None and start.tzinfo is None:
        start = start.replace(tzinfo=UTC)
    if job_input.cron_expression and start is not None and start <= now:
        start = None
    values = {
        name: _field_value(getattr(job_input, field.sent_as or name, None), field.empty)
        for name, field in FIELDS.items()
        if field.is_sent
    }
    values["start_after"] = start.isoformat() if start is not None else ""
    return Draft().with_values(values)


def _field_value(value: Any, empty: FieldValue) -> FieldValue:
    if value is None:
        return empty
    if isinstance(empty, tuple):
        return tuple(map(str, value))
    if isinstance(empty, bool):
        return bool(value)
    return str(value.value if isinstance(value, Enum) else value)
