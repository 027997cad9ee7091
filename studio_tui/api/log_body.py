"""Requests for parts of a job's log over REST, and parsing of the responses."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from studio_tui.api.answers import parse_json
from studio_tui.api.exchange import Answer
from studio_tui.errors import BrokenAnswer, ProtocolError

_CONTENT_RANGE = re.compile(r"bytes (?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18}|\*)")
"""A Content-Range: first and last byte, or `*` without bytes; then the size, or `*` if unknown."""
_PARTIAL, _NOT_MODIFIED, _OUT_OF_RANGE = 206, 304, 416

ACCEPTED = frozenset({_NOT_MODIFIED, _OUT_OF_RANGE})


@dataclass(frozen=True, slots=True)
class LogBody:
    """Bytes of a job's log from `offset` on."""

    data: bytes
    """As written by the job: untrusted, not sanitized. May end inside a line."""
    offset: int
    """Where `data` starts in the log, even for a server without range requests."""
    total: int | None
    """Size of the whole log in bytes; `None` if unknown.

    It is less than `offset` if the log was truncated after the previous request.
    """
    etag: str | None
    unchanged: bool = False
    """Whether the log still has the ETag that was sent; `data` is empty then."""
    more: bool = False
    """Whether more bytes follow: request again from the end of `data`."""
    is_exact: bool = False
    """Whether a Content-Range with the total size proves that no bytes are missing or repeated."""


def range_headers(part: str, etag: str | None) -> Mapping[str, str]:
    """Return the headers that request a part of a log, unless its ETag is still `etag`.

    `part` is `FIRST-` or, for the last bytes, `-LENGTH`. The whole log is requested as `0-`, as a
    response without a range has no Content-Range. Compression is forbidden, as a range would count
    compressed bytes.
    """
    headers = {
        "Accept": "text/plain, application/json;q=0.5",
        "Accept-Encoding": "identity",
        "Range": f"bytes={part}",
    }
    if etag:
        headers["If-None-Match"] = etag
    return headers


def log_body(answer: Answer, offset: int, etag: str | None) -> LogBody:
    """Parse the response to a request with the headers of `range_headers(f"{offset}-", etag)`.

    The request must also have had `skip=offset`, for servers without range requests. The API
    document does not specify the response type: plain text and a JSON string are accepted.

    Raises:
        BrokenAnswer: not the requested range, or the body does not match its Content-Range.
        ProtocolError: the response is not a log, or is a 206 or 416 without a valid Content-Range.
    """
    body = _parse_answer(answer, offset, etag)
    if body.offset != offset:
        raise BrokenAnswer("Studio sent a different part of the log than requested.")
    return body


def _parse_answer(answer: Answer, offset: int, etag: str | None) -> LogBody:
    new_etag = answer.headers.get("ETag")
    if answer.status == _NOT_MODIFIED:
        return LogBody(b"", offset, None, new_etag or etag, unchanged=True)
    if answer.status in {_PARTIAL, _OUT_OF_RANGE}:
        start, total = _content_range(answer)
        is_exact = total is not None
        if answer.status == _OUT_OF_RANGE:
            return LogBody(b"", offset, total, new_etag, is_exact=is_exact)
        more = answer.is_cut or (total is not None and start + len(answer.body) < total)
        return LogBody(answer.body, start, total, new_etag, more=more, is_exact=is_exact)
    if answer.headers.get("Content-Type", "").startswith("text/html"):
        raise ProtocolError("Studio answered with a web page instead of a log.")
    if answer.is_json:
        log = _bytes_of(parse_json(answer.body))
        return LogBody(log[offset:], offset, len(log), new_etag)
    total = None if answer.is_cut else answer.length
    return LogBody(answer.body, offset, total, new_etag, more=answer.is_cut)


def log_end(answer: Answer, length: int, etag: str | None) -> LogBody:
    """Parse the response to a request for the last `length` bytes, sent with `last=length`."""
    body = _parse_answer(answer, 0, etag)
    end = body.offset + len(body.data) if answer.status == _PARTIAL else body.total or 0
    data = body.data[-length:]
    return replace(body, data=data, offset=end - len(data))


def _content_range(answer: Answer) -> tuple[int, int | None]:
    """Return the start of a range and the size of the whole log (RFC 9110, 14.4), if known."""
    match = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", "").strip())
    if match is None and answer.status == _OUT_OF_RANGE:
        raise ProtocolError("Studio refused a part of a log without saying how long the log is.")
    if match is None or (match[1] is None and answer.status == _PARTIAL):
        raise ProtocolError("Studio sent a part of a log without saying which.")
    first, last, size = match.groups()
    total = None if size == "*" else int(size)
    if answer.status == _OUT_OF_RANGE or first is None:
        return 0, total
    declared = int(last) + 1 - int(first)
    fits = len(answer.body) <= declared if answer.is_cut else len(answer.body) == declared
    if not fits or declared <= 0 or (total is not None and int(last) >= total):
        declaration = f"bytes {first} to {last}" + ("" if total is None else f" of {total}")
        raise BrokenAnswer(
            f"Studio sent {answer.length} bytes of a log, declared as {declaration}."
        )
    return int(first), total


def _bytes_of(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if value is None:
        return b""
    raise ProtocolError("Studio answered with JSON that is not a log.")
