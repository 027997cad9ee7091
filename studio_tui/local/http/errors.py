"""Errors of the local Studio: its exceptions, and error bodies with a `message` and a `detail`.

The `datachain` CLI reads only `message`; `detail` is for other clients.
"""

import logging
from collections.abc import Sequence
from typing import Any, NamedTuple

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.routing import Match

from studio_tui.local.config.field_problems import problem_clause
from studio_tui.local.db.database import StorageFull
from studio_tui.local.db.jobs import KeyReused, UnknownJob, WrongState
from studio_tui.local.db.new_pipeline import NothingToRun
from studio_tui.local.db.planning import UnknownDataset
from studio_tui.local.http.responses import answer

logger = logging.getLogger(__name__)

KEY_HEADER = "Idempotency-Key"

MAX_PROBLEMS = 50
"""Maximum number of invalid fields that one error names."""

_SENTENCES = {
    404: "There is nothing at {path}.",
    405: "{path} does not accept {method} requests.",
}
"""Messages that replace those of Starlette, by status."""

_STATUSES = {
    UnknownDataset: 404,
    UnknownJob: 404,
    NothingToRun: 409,
    WrongState: 409,
    StorageFull: 507,
}
"""The statuses of errors whose text is for the user."""

_TYPES = {"int_type": "int", "string_type": "str"}
"""By the type of an error, what pydantic appends to its location if a field has several types."""

_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


class ErrorBody(BaseModel):
    """The body of every error."""

    message: str
    """Sentences for the user."""
    detail: Any
    """The same as `message` or, for an invalid request, a list of `{"loc", "msg"}`."""


class Refusal(HTTPException):
    """A refused request; the `detail` of its body repeats `message` unless another is given."""

    def __init__(self, status: int, message: str, detail: object = None) -> None:
        super().__init__(status, message)
        self.message = message
        self.body_detail = detail


class FieldProblem(NamedTuple):
    """Why a field of a request is invalid."""

    field: str
    clause: str
    """About the field, which it names; without a full stop."""
    part: str = "body"
    """What the field is in, in FastAPI's words: `body`, `header`, `path` or `query`."""


class InvalidFields(Refusal):
    """422: the request is invalid."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        reported = problems[:MAX_PROBLEMS]
        clauses = [problem.clause for problem in reported]
        if more := len(problems) - len(reported):
            clauses.append(f"and {more} more")
        message = "; ".join(clauses) + "."
        detail = [{"loc": [each.part, each.field], "msg": each.clause} for each in reported]
        super().__init__(422, message, detail)


def install_error_handlers(app: FastAPI) -> None:
    """Give every error of `app` a body with a sentence."""
    app.add_exception_handler(Refusal, _answer_refusal)
    app.add_exception_handler(HTTPException, _answer_http_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    for known in _STATUSES:
        app.add_exception_handler(known, _answer_known)
    app.add_exception_handler(KeyReused, _answer_reused_key)
    app.add_exception_handler(Exception, _answer_failure)


def error_response(status: int, message: str, detail: object = None) -> Response:
    """Return an error response."""
    body = ErrorBody(message=message, detail=message if detail is None else detail)
    return answer(body.model_dump(), status)


async def _answer_refusal(_request: Request, refusal: Any) -> Response:
    return error_response(refusal.status_code, refusal.message, refusal.body_detail)


async def _answer_http_error(request: Request, error: Any) -> Response:
    sentence = _SENTENCES.get(error.status_code, str(error.detail))
    message = sentence.format(path=request.url.path, method=request.method)
    response = error_response(error.status_code, message)
    response.headers.update(error.headers or {})
    if error.status_code == 405:
        response.headers["Allow"] = ", ".join(_allowed_methods(request))
    return response


def _allowed_methods(request: Request) -> list[str]:
    """Return the methods of all routes of a path; Starlette names only those of the first."""
    return [
        method
        for method in _METHODS
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL
            for route in request.app.routes
        )
    ]


async def _answer_invalid(request: Request, error: Any) -> Response:
    return await _answer_refusal(request, InvalidFields(_field_problems(error.errors())))


async def _answer_known(_request: Request, error: Exception) -> Response:
    return error_response(_STATUSES[type(error)], str(error))


async def _answer_reused_key(request: Request, _error: Exception) -> Response:
    problem = FieldProblem(KEY_HEADER, f"{KEY_HEADER} was used for another request", "header")
    return await _answer_refusal(request, InvalidFields([problem]))


async def _answer_failure(request: Request, error: Exception) -> Response:
    logger.error("%s %s failed: %s", request.method, request.url.path, type(error).__name__)
    return error_response(500, "The local Studio failed to handle this request; see its log.")


def _field_problems(problems: Sequence[ErrorDetails]) -> list[FieldProblem]:
    """Return one problem for each field; pydantic has one for each type that a field may have."""
    found: dict[tuple[int | str, ...], list[str]] = {}
    for problem in problems:
        location = problem["loc"]
        if location[-1] == _TYPES.get(problem["type"]):
            location = location[:-1]
        found.setdefault(location, []).append(problem_clause(_name(location), problem))
    return [
        FieldProblem(_name(location), _either(_name(location), clauses), str(location[0]))
        for location, clauses in found.items()
    ]


def _name(location: tuple[int | str, ...]) -> str:
    return " ".join(map(str, location[1:])) or "the body"


def _either(field: str, clauses: Sequence[str]) -> str:
    first, *others = dict.fromkeys(clauses)
    return " or ".join((first, *(clause.removeprefix(f"{field} must be ") for clause in others)))
