"""Requests to Studio (calls), collected in memory and written together; equal polls are counted."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from sqlite3 import Connection
from threading import Lock
from typing import Any
from urllib.parse import urlencode

from studio_tui.api.calls import Call, is_success
from studio_tui.redaction import REDACTED, without_secrets
from studio_tui.service.recorder.bodies import safe_values

COUNTED_FOR = 3600.0
"""Seconds for which equal polls are counted in one call; a later one is another call."""
MAX_WAITING = 10_000
"""Maximum number of calls that wait in memory: beyond it, the oldest are dropped.

It also limits how many different polls are being counted: beyond it, all counts begin again.
"""
_LONGEST_VALUE = 4096
"""Characters of a value that are recorded; a longer one is left out."""
_LONGEST_BODY = 1024 * 1024
"""Maximum bytes of a request's body that is parsed, which blocks the event loop."""

# S608: the texts that are inserted into the SQL statements of this module are constants.
_COLUMNS = "method, path, outcome, at, last_at, count, ms, most_ms, changes, body, reason"
_INSERT = f"INSERT INTO call ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
_UPDATE = (
    "UPDATE call SET last_at = ?, count = ?, ms = ?, most_ms = ?, reason = ?"
    " WHERE at = ? AND method = ? AND path = ? AND outcome = ?"
)


CallKey = tuple[datetime, str, str, str]


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """A request that was sent, or several equal polls in a row, which are counted."""

    method: str
    path: str
    """Under `/api`, with its query."""
    outcome: str
    """The HTTP status, the name of an error, or `canceled`."""
    at: datetime
    last_at: datetime
    count: int = 1
    ms: float = 0.0
    """Milliseconds of all `count` requests together."""
    longest_ms: float = 0.0
    changes: bool = False
    """Whether the request changes something in Studio."""
    body: str = ""
    """The JSON that was sent, as returned by `safe_body`; the name of an uploaded file."""
    reason: str = ""
    """Why the last request failed, or the id in the answer to a command."""

    @property
    def key(self) -> CallKey:
        """Identifies the call and its row in the file, also after its `count` has grown."""
        return self.at, self.method, self.path, self.outcome

    @property
    def is_good(self) -> bool:
        """Whether Studio did what was asked."""
        return is_success(self.outcome)


class CallLog:
    """Calls that are not written yet, and polls that are still being counted; thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._latest_polls: dict[tuple[str, str], RecordedCall] = {}
        self._waiting: dict[CallKey, RecordedCall] = {}
        """Calls that are not written yet, or whose `count` has grown since."""

    def note(self, call: Call) -> bool:
        """Add a request that has ended; return whether it is a command, to be written at once."""
        path = _with_query(call)
        new = RecordedCall(
            call.method,
            path,
            call.outcome,
            call.started_at,
            call.started_at,
            1,
            call.ms,
            call.ms,
            call.changes,
            reason=without_secrets(call.reason),
        )
        is_command = call.changes or call.method != "GET"
        if is_command:
            new = replace(new, body=safe_body(call.body))
        with self._lock:
            if not is_command:
                latest = self._latest_polls.get((new.method, new.path))
                if latest is not None and _repeats(latest, new):
                    new = _add_repeated(latest, new)
                self._latest_polls[new.method, new.path] = new
            self._add({new.key: new})
        return is_command

    @property
    def waiting(self) -> dict[CallKey, RecordedCall]:
        """Calls that are not written yet, or whose `count` has grown since."""
        with self._lock:
            return dict(self._waiting)

    def take_waiting(self) -> dict[CallKey, RecordedCall]:
        """Return the calls to be written; they do not wait any more."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
            if len(self._latest_polls) > MAX_WAITING:
                self._latest_polls.clear()
            return waiting

    def requeue(self, calls: Mapping[CallKey, RecordedCall]) -> None:
        """Add calls again, as they could not be written."""
        with self._lock:
            newer, self._waiting = self._waiting, dict(calls)
            self._add(newer)

    def _add(self, calls: Mapping[CallKey, RecordedCall]) -> None:
        self._waiting.update(calls)
        while len(self._waiting) > MAX_WAITING:
            del self._waiting[next(iter(self._waiting))]


def write(connection: Connection, calls: Iterable[RecordedCall]) -> None:
    """Write calls, as part of a transaction."""
    for call in calls:
        if call.count == 1 or not connection.execute(_UPDATE, _update_of(call)).rowcount:
            connection.execute(_INSERT, _row(call))


def read_calls(connection: Connection, count: int) -> list[RecordedCall]:
    """Return the newest written calls, up to `count`, newest first."""
    query = f"SELECT {_COLUMNS} FROM call ORDER BY at DESC LIMIT ?"  # noqa: S608
    return [_call_of_row(row) for row in connection.execute(query, (count,))]


def safe_body(body: bytes) -> str:
    """Return the JSON of a request without secrets, for display.

    Queries, the values of environments and very long texts are left out.
    """
    if len(body) > _LONGEST_BODY:
        return json.dumps({"body": f"[{len(body):,} bytes left out]"})
    try:
        values = json.loads(body)
    except ValueError:
        return ""
    if not isinstance(values, dict):
        return ""
    return json.dumps(_safe_members(values), ensure_ascii=False)


def _safe_members(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _safe_member(name, value) for name, value in values.items()}


def _safe_member(name: str, value: Any) -> Any:
    if name == "query" and isinstance(value, str):
        count = len(value.splitlines())
        return f"[{count} {'line' if count == 1 else 'lines'} left out]"
    if name == "environment" and isinstance(value, str):
        lines = [line for line in value.splitlines() if "=" in line]
        names = [line.partition("=")[0].strip() for line in lines]
        return "\n".join(f"{without_secrets(each)}={REDACTED}" for each in names)
    safe: Any
    if isinstance(value, dict):
        safe = _safe_members(value)
    elif isinstance(value, list):
        safe = [_safe_member(name, each) for each in value]
    else:
        is_long = len(str(value)) > _LONGEST_VALUE
        safe = value if is_long else safe_values({name: value})[name]
    length = len(str(safe))
    return safe if length <= _LONGEST_VALUE else f"[{length:,} characters left out]"


def _repeats(earlier: RecordedCall, call: RecordedCall) -> bool:
    if (earlier.method, earlier.path, earlier.outcome) != (call.method, call.path, call.outcome):
        return False
    return (call.at - earlier.at).total_seconds() < COUNTED_FOR


def _add_repeated(earlier: RecordedCall, call: RecordedCall) -> RecordedCall:
    return replace(
        earlier,
        last_at=call.at,
        count=earlier.count + 1,
        ms=earlier.ms + call.ms,
        longest_ms=max(earlier.longest_ms, call.ms),
        reason=call.reason,
    )


def _with_query(call: Call) -> str:
    path = without_secrets(call.path)
    return f"{path}?{urlencode(safe_values(dict(call.query)), safe='[]')}" if call.query else path


def _row(call: RecordedCall) -> tuple[object, ...]:
    words = call.method, call.path, call.outcome
    times = call.at.timestamp(), call.last_at.timestamp()
    numbers = call.count, call.ms, call.longest_ms, call.changes
    return (*words, *times, *numbers, call.body or None, call.reason or None)


def _update_of(call: RecordedCall) -> tuple[object, ...]:
    counted = call.last_at.timestamp(), call.count, call.ms, call.longest_ms, call.reason
    return (*counted, call.at.timestamp(), call.method, call.path, call.outcome)


def _call_of_row(row: tuple[Any, ...]) -> RecordedCall:
    at, last_at = (datetime.fromtimestamp(each, UTC) for each in row[3:5])
    changes, body, reason = row[8:]
    values = (*row[:3], at, last_at, *row[5:8], bool(changes), body or "", reason or "")
    return RecordedCall(*values)
