"""A job's log as the REST endpoint gives it: its new part, and what is known of the whole."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from studio_tui.api.answers import json_value
from studio_tui.api.exchange import Answer
from studio_tui.errors import BrokenAnswer, ProtocolError

_CONTENT_RANGE = re.compile(r"bytes (?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18}|\*)")
_PARTIAL, _NOT_MODIFIED, _OUT_OF_RANGE = 206, 304, 416

ACCEPTED = frozenset({_NOT_MODIFIED, _OUT_OF_RANGE})
"""Statuses beside 2xx that say something about a log and are no failure."""


@dataclass(frozen=True, slots=True)
class LogBody:
    """Bytes of a job's log from `offset` on."""

    data: bytes
    """As the job wrote them: untrusted, to be cleaned by the log decoder. May end inside a line."""
    offset: int
    """Where `data` begins in the log, also of a server without ranges."""
    total: int | None
    """Bytes of the whole log; less than `offset` if it was cut or begun anew; `None`: not known."""
    etag: str | None
    """To be given back when asking again."""
    unchanged: bool = False
    """The log is still the one of the etag that was sent; `data` is empty."""
    more: bool = False
    """There is more than this answer holds: ask again from the end of `data`."""
    is_exact: bool = False
    """Studio said which bytes these are, and they are as many: neither cut nor sent twice."""


def wanted(offset: int, etag: str | None) -> Mapping[str, str]:
    """Return the headers that ask for a log from `offset` on, if it is not the one of `etag`.

    They ask for a part even from 0 on, as only of a part an answer says which bytes it holds.
    """
    return _asked(f"{offset}-", etag)


def wanted_end(length: int, etag: str | None) -> Mapping[str, str]:
    """Return the headers that ask for the last `length` bytes of a log, as `wanted` does."""
    return _asked(f"-{length}", etag)


def _asked(part: str, etag: str | None) -> dict[str, str]:
    """Accept no encoding, because a range of a compressed log would count compressed bytes."""
    headers = {
        "Accept": "text/plain, application/json;q=0.5",
        "Accept-Encoding": "identity",
        "Range": f"bytes={part}",
    }
    if etag:
        headers["If-None-Match"] = etag
    return headers


def log_body(answer: Answer, offset: int, etag: str | None) -> LogBody:
    """Read the answer to a request made with `wanted(offset, etag)`.

    The API document gives the answer no type, so a text and JSON of a text are both read.

    Raises:
        BrokenAnswer: it is not the part that was asked for, or not the one that it says it is.
        ProtocolError: the answer is no log.
    """
    body = _read(answer, offset, etag)
    if body.offset != offset:
        raise BrokenAnswer("Studio sent another part of a log than it was asked for.")
    return body


def _read(answer: Answer, offset: int, etag: str | None) -> LogBody:
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
        text = _text(json_value(answer.body))
        return LogBody(text[offset:], offset, len(text), new_etag)
    total = None if answer.is_cut else answer.length
    return LogBody(answer.body, offset, total, new_etag, more=answer.is_cut)


def log_end(answer: Answer, length: int, etag: str | None) -> LogBody:
    """Read the answer to a request made with `wanted_end(length, etag)`.

    Raises:
        BrokenAnswer: it is not the part that it says it is.
        ProtocolError: the answer is no log.
    """
    body = _read(answer, 0, etag)
    end = body.offset + len(body.data) if answer.status == _PARTIAL else body.total or 0
    data = body.data[-length:]
    return replace(body, data=data, offset=end - len(data))


def _content_range(answer: Answer) -> tuple[int, int | None]:
    """Return where a part begins and how large the whole is (RFC 9110, 14.4)."""
    found = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", "").strip())
    if found is None or (found[1] is None and answer.status == _PARTIAL):
        raise ProtocolError("Studio sent a part of a log without saying which.")
    first, last, size = found.groups()
    total = None if size == "*" else int(size)
    if answer.status == _OUT_OF_RANGE or first is None:
        return 0, total
    promised = int(last) + 1 - int(first)
    fits = len(answer.body) <= promised if answer.is_cut else len(answer.body) == promised
    if not fits or promised <= 0 or (total is not None and int(last) >= total):
        raise BrokenAnswer(
            f"Studio sent {answer.length} bytes of a log and called them bytes {first} to {last}."
        )
    return int(first), total


def _text(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if value is None:
        return b""
    raise ProtocolError("Studio answered with JSON that is no log.")
