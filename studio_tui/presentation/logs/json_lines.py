"""Formatting of log lines that are JSON objects: time, level, message and other fields."""

import json
import math
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple, TypeAlias

from studio_tui.failures.json_messages import message_in
from studio_tui.presentation.logs.levels import LogLevel, level_in
from studio_tui.presentation.logs.line_levels import JSON_LIMIT, has_record
from studio_tui.presentation.logs.timestamps import TimestampContext, find_timestamp, read_time
from studio_tui.text import safe_block, safe_line

DEPTH_LIMIT = 32
"""Maximum depth of nested values; a line with deeper ones is shown as it is."""

WIDTH_LIMIT = 4096
"""Maximum characters of a row."""

JsonValue: TypeAlias = "str | int | float | bool | list[JsonValue] | dict[str, JsonValue] | None"

_TIMES = (
    "@timestamp", "timestamp", "time", "ts", "asctime", "datetime", "date", "@t", "eventTime",
    "timeUnixNano", "observedTimeUnixNano",
)  # fmt: skip

_CONTEXT = TimestampContext()


class _WrittenNumber(float):
    """A number, with its text in the log: `0.10` must not be shown as `0.1`."""

    def __init__(self, text: str) -> None:
        self.text = text


def _parse_integer(text: str) -> int | float:
    return _WrittenNumber(text) if text == "-0" else int(text)


class JsonLine(NamedTuple):
    """A log line that is a JSON object; its texts and fields are *not* safe to draw."""

    time: datetime | None
    """Timestamp in local time, or as written if it has no zone; `None` if no field has one."""
    level: LogLevel | None
    message: str
    """With its line breaks; empty if there is none."""
    other_fields: tuple[tuple[str, JsonValue], ...]
    """The fields other than time, level and message; of a line of loguru, those in `record`."""
    all_fields: tuple[tuple[str, JsonValue], ...] = ()


def json_line(text: str) -> JsonLine | None:
    """Parse a JSON object; `None` for any other line, or if it is too large or too deep."""
    if not text.startswith("{") or len(text) > JSON_LIMIT or not text.endswith(("}", "} ")):
        return None
    try:
        parsed: JsonValue = json.loads(text, parse_float=_WrittenNumber, parse_int=_parse_integer)
    except (ValueError, RecursionError):
        # A number with thousands of digits raises ValueError.
        return None
    if not isinstance(parsed, dict) or not _is_shallow(parsed):
        return None
    fields = dict(parsed)
    if has_record(parsed):
        # Loguru writes the time as an object with `repr` and `timestamp`.
        fields = dict(_object(parsed["record"]))
        written = fields.get("time")
        fields["time"] = written.get("repr") if isinstance(written, dict) else written
    time = level = None
    for name in _TIMES:
        if name in fields and (time := _time_of_value(fields[name])) is not None:
            del fields[name]
            break
    if level_field := level_in(fields):
        name, level = level_field
        # `log` is an object with the level, which may have other fields to be shown.
        if name != "log" or len(_object(fields[name])) == 1:
            del fields[name]
    message = ""
    if message_field := message_in(fields):
        name, message = message_field
        del fields[name]
    return JsonLine(time, level, message, tuple(fields.items()), tuple(parsed.items()))


def _is_shallow(value: JsonValue) -> bool:
    values = [value]
    for _ in range(DEPTH_LIMIT + 1):
        values = [inner for outer in values for inner in _inside(outer)]
        if not values:
            return True
    return False


def _inside(value: JsonValue) -> Iterator[JsonValue]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _object(value: JsonValue) -> dict[str, JsonValue]:
    return value if isinstance(value, dict) else {}


def _time_of_value(value: JsonValue) -> datetime | None:
    if isinstance(value, str):
        moment = read_time(value, _CONTEXT)
        written = find_timestamp(value)
        has_zone = written is None or bool(written[0].zone)
        return _in_local_time(moment) if moment and has_zone else moment
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    # A float must have no exponent, and an integer may have thousands of digits.
    digits = f"{value:.6f}" if isinstance(value, float) else str(value)[:20]
    moment = read_time(digits, _CONTEXT)
    return moment and _in_local_time(moment)


def _in_local_time(moment: datetime) -> datetime:
    try:
        return moment.astimezone()
    except (ValueError, OverflowError):
        # Loggers of Go write the year 1 for an unknown time.
        return moment


def compact_text(line: JsonLine) -> str:
    """Format as one safe line: `12:03:04 ERROR message  key=value key=value`."""
    parts = [f"{line.time:%H:%M:%S}"] if line.time else []
    if line.level:
        parts.append(line.level.name)
    if line.message:
        parts.append(_one_line(line.message.rstrip()))
    head = " ".join(parts)
    fields = " ".join(f"{_as_word(key)}={_as_word(value)}" for key, value in line.other_fields)
    text = f"{head}  {fields}" if head and fields else head or fields
    return _shortened(text)


def _one_line(text: str) -> str:
    return safe_block(text[:WIDTH_LIMIT]).replace("\n", "␊")


def _shortened(text: str) -> str:
    return text if len(text) <= WIDTH_LIMIT else text[: WIDTH_LIMIT - 1] + "…"


def _as_word(value: JsonValue) -> str:
    """Return safe text: JSON, but a string without quotes unless it is empty or ambiguous."""
    if not isinstance(value, str):
        return safe_line(_as_json(value))
    shown = safe_line(value)
    is_plain = shown and not set(shown) & set(' "=')
    return shown if is_plain else json.dumps(shown, ensure_ascii=False)


def _as_json(value: JsonValue) -> str:
    """Return JSON, which may be unsafe to draw, with its numbers as written."""
    if isinstance(value, _WrittenNumber):
        return value.text
    if isinstance(value, dict):
        members = (f"{_as_json(name)}: {_as_json(inner)}" for name, inner in value.items())
        return f"{{{', '.join(members)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_as_json, value))}]"
    return json.dumps(value, ensure_ascii=False)


def field_texts(line: JsonLine) -> list[str]:
    """Format all fields as rows that are safe to draw; a text with line breaks has several rows."""
    return [
        _shortened(text) for key, value in line.all_fields for text in _field_rows(key, value, 0)
    ]


def _field_rows(key: str, value: JsonValue, depth: int) -> Iterator[str]:
    """Yield the row `key: value`; objects and texts with line breaks are indented below the key."""
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
            yield from _field_rows(name, inner, depth + 1)
    elif isinstance(value, list) and any(isinstance(inner, dict | list) for inner in value):
        yield f"{indent}{key}:"
        for number, inner in enumerate(value):
            yield from _field_rows(str(number), inner, depth + 1)
    else:
        yield f"{indent}{key}: {_one_line(_as_json(value))}"
