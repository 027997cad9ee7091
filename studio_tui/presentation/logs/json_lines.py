"""Formatting of log lines that are JSON objects: time, level, message and other fields."""

import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple, TypeAlias

from studio_tui.failures.json_messages import message_in
from studio_tui.presentation.logs.levels import LogLevel, level_in
from studio_tui.presentation.logs.line_levels import SIZE_LIMIT, has_record
from studio_tui.presentation.logs.timestamps import time_of
from studio_tui.text import safe_block, safe_line

DEPTH_LIMIT = 32
"""Maximum nesting depth; deeper objects are shown as raw text."""

WIDTH_LIMIT = 4096
"""Maximum number of characters of a drawn line."""

JsonValue: TypeAlias = "str | int | float | bool | list[JsonValue] | dict[str, JsonValue] | None"

_TIMES = (
    "@timestamp", "timestamp", "time", "ts", "asctime", "datetime", "date", "@t", "eventTime",
    "timeUnixNano", "observedTimeUnixNano",
)  # fmt: skip


class JsonLine(NamedTuple):
    """A log line that is a JSON object."""

    time: datetime | None
    """Timestamp in UTC."""
    level: LogLevel | None
    message: str
    """Unchanged, with line breaks: *not* safe to draw. Empty if there is none."""
    rest: tuple[tuple[str, JsonValue], ...]
    """The other fields in order: *not* safe to draw."""
    every: tuple[tuple[str, JsonValue], ...] = ()
    """All fields unchanged, in order: *not* safe to draw."""


def json_line(text: str, zone: tzinfo = UTC) -> JsonLine | None:
    """Parse a line if it is a JSON object; times without an offset are in `zone`."""
    if not text.startswith("{") or len(text) > SIZE_LIMIT or not text.endswith(("}", "} ")):
        return None
    try:
        parsed: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        # A number with thousands of digits raises ValueError.
        return None
    if not isinstance(parsed, dict) or not _is_shallow(parsed):
        return None
    fields = dict(parsed)
    if has_record(parsed):
        fields = dict(_object(parsed["record"]))
        fields["time"] = _inner(fields.get("time"), "repr")
    time = level = None
    for name in _TIMES:
        if name in fields and (time := _time(fields[name], zone)) is not None:
            del fields[name]
            break
    if graded := level_in(fields):
        name, level = graded
        if name != "log" or len(_object(fields[name])) == 1:
            del fields[name]
    message = ""
    if found := message_in(fields):
        name, message = found
        del fields[name]
    return JsonLine(time, level, message, tuple(fields.items()), tuple(parsed.items()))


def _is_shallow(value: JsonValue) -> bool:
    """Whether a value is nested at most `DEPTH_LIMIT` deep, without recursion."""
    level = [value]
    for _ in range(DEPTH_LIMIT + 1):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return True
    return False


def _inside(value: JsonValue) -> Iterator[JsonValue]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _object(value: JsonValue) -> dict[str, JsonValue]:
    return value if isinstance(value, dict) else {}


def _inner(value: JsonValue, name: str) -> JsonValue:
    """Return a field of an object, or the value itself if it is not an object."""
    return value.get(name) if isinstance(value, dict) else value


def _time(value: JsonValue, zone: tzinfo) -> datetime | None:
    if isinstance(value, str):
        return time_of(value, zone)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return time_of(f"{value:.6f}" if isinstance(value, float) else str(value)[:20], zone)


def compact(line: JsonLine, zone: tzinfo = UTC) -> str:
    """Format as one safe line: `12:03:04 ERROR message  key=value key=value`."""
    parts = [f"{_local(line.time, zone):%H:%M:%S}"] if line.time else []
    if line.level:
        parts.append(line.level.name)
    if line.message:
        parts.append(_one_line(line.message.rstrip()))
    head = " ".join(parts)
    rest = " ".join(f"{safe_line(key)}={_word(value)}" for key, value in line.rest)
    text = f"{head}  {rest}" if head and rest else head or rest
    return _cut(text)


def _local(moment: datetime, zone: tzinfo) -> datetime:
    try:
        return moment.astimezone(zone)
    except OverflowError:
        # Go's zero time is out of range west of Greenwich.
        return moment


def _one_line(text: str) -> str:
    return safe_block(text[:WIDTH_LIMIT]).replace("\n", "␊")


def _cut(text: str) -> str:
    return text if len(text) <= WIDTH_LIMIT else text[: WIDTH_LIMIT - 1] + "…"


def _word(value: JsonValue) -> str:
    """Return a value as one safe word, quoted if it is empty or contains blanks, `"` or `=`."""
    if isinstance(value, str):
        shown = safe_line(value)
        return shown if shown and not set(shown) & set(' "=') else f'"{shown}"'
    return safe_line(json.dumps(value, ensure_ascii=False))


def pretty(line: JsonLine) -> list[str]:
    """Format all fields, one per line; safe to draw. Multi-line texts keep their line breaks."""
    return [_cut(text) for key, value in line.every for text in _lines(key, value, 0)]


def _lines(key: str, value: JsonValue, depth: int) -> Iterator[str]:
    """Yield a field as `key: value`, with multi-line and nested values indented below the key."""
    indent = "  " * depth
    key = safe_line(key)
    if isinstance(value, str) and "\n" in value.rstrip():
        yield f"{indent}{key}:"
        for text in safe_block(value.rstrip()).split("\n"):
            yield f"{indent}  {text}"
    elif isinstance(value, str):
        yield f"{indent}{key}: {_one_line(value)}"
    elif isinstance(value, dict) and value:
        yield f"{indent}{key}:"
        for name, inner in value.items():
            yield from _lines(name, inner, depth + 1)
    elif isinstance(value, list) and any(isinstance(inner, dict | list) for inner in value):
        yield f"{indent}{key}:"
        for number, inner in enumerate(value):
            yield from _lines(str(number), inner, depth + 1)
    else:
        yield f"{indent}{key}: {_one_line(json.dumps(value, ensure_ascii=False))}"
