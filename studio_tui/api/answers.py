"""Parsing of Studio's responses: error bodies to exceptions, JSON bodies to models."""

import json
import re
from codecs import BOM_UTF8
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from studio_tui.api.exchange import Answer
from studio_tui.api.ids import is_usable_id
from studio_tui.api.messages import message_line
from studio_tui.api.models import Job, Pipeline, PipelineOutput
from studio_tui.errors import (
    AuthenticationError,
    InvalidRequest,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    ProtocolError,
    RateLimited,
    ServerError,
    StatusError,
)
from studio_tui.text import safe_line

LONGEST_DELAY = 300.0
"""Maximum seconds of `retry_after`."""

M = TypeVar("M", bound=BaseModel)

_NO_DETAILS = "Studio accepted the request, but its answer does not say what the result was"

_HTML = re.compile(rb"\s*(<!doctype|<html|<head|<body|<\?xml|<!--)", re.IGNORECASE)

_TEAM = r"[\w@-](?:[\w.@-]{0,62}[\w@-])?"
_TEAMS = re.compile(
    r"\b(?:only (?:one|team)|your team|teams)(?: [a-z]{1,12}){0,4}?(?: is| are|:) "
    rf"({_TEAM}(?:(?:,? and |,? or |, ){_TEAM}){{0,20}})\.?$",
    re.IGNORECASE,
)
"""Team names at the end of a message, e.g. `your teams are vision and audio.`"""


def status_error(status: int, body: bytes, *, retry_after: float | None = None) -> StatusError:
    """Return the exception for an error status, with the reason that Studio gave, if any.

    The reason is in `message`, in `detail` as a text, or in `detail` as FastAPI's list. A body in
    another form, such as a proxy's web page, is never shown.
    """
    words = _reason_in(body)
    detail = f": {_with_full_stop(words)}" if words else f" ({_status_phrase(status)})."
    match status:
        case 401:
            return AuthenticationError(status, f"Studio refused the token{detail}")
        case 403:
            return PermissionDenied(status, f"Studio does not allow this{detail}", _teams(words))
        case 404:
            return NotFound(status, words or "Studio did not find what was requested.")
        case 429:
            wait = "" if retry_after is None else f" Retry in {retry_after:.0f} s."
            why = f": {_with_full_stop(words)}" if words else "."
            sentence = f"Studio is receiving too many requests{why}{wait}"
            return RateLimited(status, sentence, retry_after or 0.0)
        case _ if status >= 500:
            failed = f"{status}{detail}" if words else f"{_status_phrase(status)}."
            return ServerError(status, f"Studio failed with {failed}", retry_after or 0.0)
        case _:
            return InvalidRequest(status, words or f"Studio refused with {_status_phrase(status)}.")


def _teams(words: str) -> tuple[str, ...]:
    match = _TEAMS.search(words)
    return tuple(re.split(r",? and |,? or |, ", match[1])) if match else ()


def _with_full_stop(words: str) -> str:
    return words if words.endswith((".", "!", "?", "…")) else f"{words}."


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Parse the header `retry-after` (RFC 9110, 10.2.3) as 0 to 300 seconds.

    It is `None` if the header is missing or invalid.
    """
    value = headers.get("retry-after")
    if value is None:
        return None
    try:
        if value.strip().isdigit():
            seconds = float(value)
        else:
            seconds = (_parse_date(value) - now).total_seconds()
    except (ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_DELAY)


def _parse_date(text: str) -> datetime:
    date = parsedate_to_datetime(text)
    return date.replace(tzinfo=date.tzinfo or UTC)


def _status_phrase(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"status {status}"


def _reason_in(body: bytes) -> str:
    """Return Studio's message as one safe line with secrets redacted; empty if there is none."""
    try:
        answer = from_json(without_byte_order_mark(body))
    except ValueError:
        return ""
    if not isinstance(answer, Mapping):
        return ""
    for value in (answer.get("message"), answer.get("detail")):
        if isinstance(value, str) and value.strip():
            return message_line(value.strip())
        if isinstance(value, list):
            problems = [_format_problem(item) for item in value if isinstance(item, Mapping)]
            if any(problems):
                return message_line("; ".join(filter(None, problems)))
    return ""


def _format_problem(item: Mapping[str, Any]) -> str:
    message, location = item.get("msg"), item.get("loc")
    if not isinstance(message, str):
        return ""
    parts = location if isinstance(location, list) else []
    field = ".".join(str(part) for part in parts if part not in ("body", "query", "path"))
    return f"{field}: {message}" if field else message


def without_byte_order_mark(body: bytes) -> bytes:
    """Return a body without the byte order mark that some proxies prepend."""
    return body.removeprefix(BOM_UTF8)


def parse_leniently(body: bytes) -> tuple[Any, bool]:
    """Parse JSON, even if its UTF-8 is invalid: then each invalid part is replaced.

    Returns the value, and whether anything was replaced.

    Raises:
        ValueError, RecursionError: it is not JSON, or is nested too deeply.
    """
    body = without_byte_order_mark(body)
    try:
        return from_json(body), False
    except ValueError:
        # `from_json` rejects invalid UTF-8, which is replaced here. It also rejects lone
        # surrogates, which Python's parser accepts.
        text = body.decode("utf-8", "replace")
        return json.loads(text), text.encode() != body


def parse_json(body: bytes) -> Any:
    """Parse a JSON body like `parse_leniently`; raise `ProtocolError` if it is not JSON."""
    try:
        return parse_leniently(body)[0]
    except ValueError as error:
        raise ProtocolError(not_json_message(body, str(error))) from None
    except RecursionError:
        raise ProtocolError("Studio's answer is nested too deeply to be read.") from None


def not_json_message(body: bytes, problem: str) -> str:
    """Return the error message for a body that is not JSON; it never contains the body."""
    if _HTML.match(body):
        return "Studio answered with a web page instead of data: is the URL right?"
    if not body.strip():
        return "Studio's answer is empty where data was expected."
    return f"Studio's answer is not complete JSON: {safe_line(problem)}."


def parse_model(kind: type[M], body: bytes) -> M:
    """Parse a body as a model; raise `ProtocolError` if it is not JSON, or does not match."""
    value = parse_json(body)
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise ProtocolError(
            f"Studio's answer is not a {kind.__name__}: {_format_errors(error)}."
        ) from None


def _format_errors(error: ValidationError) -> str:
    """For the types in these models, pydantic's `msg` never contains the untrusted value."""
    return "; ".join(
        safe_line(f"{'.'.join(map(str, item['loc'])) or 'it'}: {item['msg']}")
        for item in error.errors(include_input=False, include_url=False, include_context=False)[:3]
    )


def parse_created(kind: type[M], answer: Answer) -> M:
    """Parse a created object; raise `OutcomeUnknown` if the response has none that is usable."""
    try:
        item = parse_model(kind, answer.body)
    except ProtocolError as error:
        raise OutcomeUnknown(f"{_NO_DETAILS}.") from error
    if isinstance(item, Job) and not is_usable_id(item.id):
        raise OutcomeUnknown(f"{_NO_DETAILS}.")
    return item


def id_in_answer(answer: Answer) -> str:
    """Return the id of the job or pipeline in the response to a command; empty if it has none."""
    try:
        value = parse_json(answer.body)
    except ProtocolError:
        return ""
    item = value.get("pipeline") or value if isinstance(value, dict) else None
    found = item.get("id") or item.get("pipeline_id") if isinstance(item, dict) else ""
    return safe_line(found) if isinstance(found, str) else ""


def parse_optional(kind: type[M], answer: Answer) -> M | None:
    """Parse the response to a request that succeeded; `None` if the body cannot be parsed."""
    try:
        return parse_model(kind, answer.body)
    except ProtocolError:
        return None


def pipeline_in(response: PipelineOutput | None) -> Pipeline | None:
    """Return the pipeline in a response, if any; raise `InvalidRequest` for `"ok": false`."""
    if response is not None and response.ok is False:
        raise InvalidRequest(200, "Studio refused, and gave no reason.")
    return response.pipeline if response else None


def parse_created_pipeline(answer: Answer) -> Pipeline:
    """Return the created pipeline; raise like `parse_created` and `pipeline_in`."""
    pipeline = pipeline_in(parse_created(PipelineOutput, answer))
    if pipeline is not None and is_usable_id(pipeline.pipeline_id):
        return pipeline
    raise OutcomeUnknown(f"{_NO_DETAILS}.")
