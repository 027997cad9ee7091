"""Calls to Studio, collected in memory and written in batches; equal polls are counted."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from sqlite3 import Connection
from typing import Any
from urllib.parse import urlencode

from studio_tui.api.calls import Call, is_success
from studio_tui.redaction import REDACTED, without_secrets
from studio_tui.service.recorder.bodies import safe_values

LONGEST_RUN = 3600.0
"""Seconds after which equal polls get a new entry."""
MOST_WAITING = 10_000
"""Maximum number of calls to be written; if writing fails, the oldest beyond it are dropped."""
_LONGEST_VALUE = 4096
"""Maximum length in characters of a recorded value."""

_COLUMNS = "method, path, outcome, at, last_at, count, ms, most_ms, changes, body, reason, number"
_INSERT = f"INSERT INTO call ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
_UPDATE = "UPDATE call SET last_at = ?, count = ?, ms = ?, most_ms = ?, reason = ? WHERE number = ?"


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """A request that was sent, or several equal, consecutive ones.

    Requests that change something are counted together only while they fail.
    """

    method: str
    path: str
    """Under `/api`, with its query."""
    outcome: str
    """The HTTP status, the name of an error, or `canceled`."""
    at: datetime
    """When the first began."""
    last_at: datetime
    """When the last began."""
    count: int = 1
    ms: float = 0.0
    """Total duration in milliseconds."""
    most_ms: float = 0.0
    """Longest duration in milliseconds."""
    changes: bool = False
    """Whether it asked Studio to change something."""
    body: str = ""
    """JSON that was sent with it, with secrets redacted and the query left out."""
    reason: str = ""
    """Why it failed, with secrets redacted; empty if it succeeded."""
    number: int | None = None
    """Number of its row in the file; `None` before it is written."""

    @property
    def is_good(self) -> bool:
        """Whether Studio did what was asked."""
        return is_success(self.outcome)


class CallLog:
    """Calls that are not written yet, and polls that are still being counted."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], RecordedCall] = {}
        """The latest polls by method and path."""
        self._waiting: list[RecordedCall] = []
        """Calls that have ended since the last write."""
        self._changed: set[tuple[str, str]] = set()

    def note(self, call: Call) -> None:
        """Add a call; it waits in memory."""
        path = _with_query(call)
        fresh = RecordedCall(
            call.method,
            path,
            call.outcome,
            call.at,
            call.at,
            1,
            call.ms,
            call.ms,
            call.changes,
            reason=without_secrets(call.reason),
        )
        if call.changes or call.method != "GET":
            self._note_command(replace(fresh, body=safe_body(call.body)))
            return
        key = call.method, path
        open_entry = self._open.get(key)
        if open_entry is not None and _continues(open_entry, fresh):
            self._open[key] = _counted(open_entry, fresh)
        else:
            if open_entry is not None and key in self._changed:
                self._wait(open_entry)
            self._open[key] = fresh
        self._changed.add(key)

    def _note_command(self, fresh: RecordedCall) -> None:
        last = self._waiting[-1] if self._waiting else None
        if last and last.body == fresh.body and not last.is_good and _continues(last, fresh):
            self._waiting[-1] = _counted(last, fresh)
        else:
            self._wait(fresh)

    @property
    def waiting(self) -> tuple[RecordedCall, ...]:
        """Calls that are not written yet, or were counted further since."""
        return (*self._waiting, *(self._open[key] for key in self._changed))

    def take(self) -> tuple[RecordedCall, ...]:
        """Return the calls to be written, and start a new collection."""
        taken = self.waiting
        self._waiting, self._changed = [], set()
        return taken

    def written(self, numbered: Iterable[RecordedCall]) -> None:
        """Continue counting in the rows these calls were written to; forget ended polls."""
        for call in numbered:
            key = call.method, call.path
            known = self._open.get(key)
            if known is not None and known.at == call.at and known.number is None:
                self._open[key] = replace(known, number=call.number)
        if len(self._open) > MOST_WAITING:
            self._open = {key: self._open[key] for key in self._changed}

    def requeue(self, calls: Iterable[RecordedCall]) -> None:
        """Add calls again that could not be written."""
        for call in calls:
            key = call.method, call.path
            known = self._open.get(key)
            if known is not None and known.at == call.at:
                self._changed.add(key)
            else:
                self._wait(call)

    def _wait(self, call: RecordedCall) -> None:
        self._waiting.append(call)
        del self._waiting[:-MOST_WAITING]


def write(connection: Connection, calls: Iterable[RecordedCall]) -> list[RecordedCall]:
    """Write calls, as part of a transaction; return them with their row numbers."""
    numbered = []
    for call in calls:
        if call.number is not None:
            last_at = call.last_at.timestamp()
            values = (last_at, call.count, call.ms, call.most_ms, call.reason, call.number)
            if connection.execute(_UPDATE, values).rowcount:
                numbered.append(call)
                continue
        number = connection.execute(_INSERT, _row(replace(call, number=None))).lastrowid
        numbered.append(replace(call, number=number))
    return numbered


def read_calls(connection: Connection, count: int) -> list[RecordedCall]:
    """Return the newest written calls, newest first."""
    query = f"SELECT {_COLUMNS} FROM call ORDER BY at DESC LIMIT ?"  # noqa: S608
    return [_call(row) for row in connection.execute(query, (count,))]


def safe_body(body: bytes) -> str:
    """Return the JSON of a request without secrets, for display.

    Queries, the values of environments and very long texts are left out.
    """
    try:
        values = json.loads(body)
    except ValueError:
        return ""
    if not isinstance(values, dict):
        return ""
    safe: dict[str, Any] = {}
    for name, value in values.items():
        if name == "query" and isinstance(value, str):
            safe[name] = f"[{len(value.splitlines())} lines left out]"
        elif name == "environment" and isinstance(value, str):
            lines = [line for line in value.splitlines() if "=" in line]
            names = [line.partition("=")[0].strip() for line in lines]
            safe[name] = "\n".join(f"{without_secrets(each)}={REDACTED}" for each in names)
        elif len(str(value)) > _LONGEST_VALUE:
            safe[name] = f"[{len(str(value)):,} characters left out]"
        else:
            safe |= safe_values({name: value})
    return json.dumps(safe, ensure_ascii=False)


def _continues(known: RecordedCall, call: RecordedCall) -> bool:
    """Whether a call is equal to the one before it, and counted with it."""
    is_equal = (known.method, known.path, known.outcome) == (call.method, call.path, call.outcome)
    return is_equal and (call.at - known.at).total_seconds() < LONGEST_RUN


def _counted(known: RecordedCall, call: RecordedCall) -> RecordedCall:
    return replace(
        known,
        last_at=call.at,
        count=known.count + 1,
        ms=known.ms + call.ms,
        most_ms=max(known.most_ms, call.ms),
        reason=call.reason,
    )


def _with_query(call: Call) -> str:
    if not call.query:
        return without_secrets(call.path)
    return without_secrets(f"{call.path}?{urlencode(call.query)}")


def _row(call: RecordedCall) -> tuple[object, ...]:
    words = call.method, call.path, call.outcome
    times = call.at.timestamp(), call.last_at.timestamp()
    numbers = call.count, call.ms, call.most_ms, call.changes
    return (*words, *times, *numbers, call.body or None, call.reason or None, call.number)


def _call(row: tuple[Any, ...]) -> RecordedCall:
    at, last_at = (datetime.fromtimestamp(each, UTC) for each in row[3:5])
    changes, body, reason, number = row[8:]
    values = (*row[:3], at, last_at, *row[5:8], bool(changes), body or "", reason or "", number)
    return RecordedCall(*values)
