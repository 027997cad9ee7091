"""Log levels, with the words, letters, numbers and field names that denote them."""

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType

from studio_tui.failures.json_messages import plain_name


class LogLevel(IntEnum):
    """Level of a log line; the numbers are those of Python's `logging`."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40
    CRITICAL = 50


_WORDS = {
    LogLevel.DEBUG: "trace trac trce trc verbose debug debu dbug dbg",
    LogLevel.INFO: "info information informational inf notice success",
    LogLevel.WARNING: "warning warn wrn",
    LogLevel.ERROR: "error err erro eror fail failed severe",
    LogLevel.CRITICAL: "critical crit crt fatal fata ftl panic pani dpanic emerg emergency alert",
}
WORDS: Mapping[str, LogLevel] = MappingProxyType(
    {word: level for level, words in _WORDS.items() for word in words.split()}
)
_LETTERS = {
    LogLevel.DEBUG: "VD",
    LogLevel.INFO: "IN",
    LogLevel.WARNING: "W",
    LogLevel.ERROR: "E",
    LogLevel.CRITICAL: "FC",
}
LETTERS: Mapping[str, LogLevel] = MappingProxyType(
    {letter: level for level, letters in _LETTERS.items() for letter in letters}
)
_ALL: tuple[LogLevel, ...] = tuple(LogLevel)
_DEBUG, _INFO, _WARNING, _ERROR, _CRITICAL = _ALL
SYSLOG = (_CRITICAL, _CRITICAL, _CRITICAL, _ERROR, _WARNING, _INFO, _INFO, _DEBUG)
"""Levels of the severities 0 to 7 (RFC 5424, 6.2.1)."""
_PINO = (_DEBUG, *_ALL)
"""Levels of the numbers 10, 20 … 60, as used by pino and bunyan.

They are also those of the severity numbers 1 to 4, 5 to 8 … 21 to 24 (OpenTelemetry).
"""

_FIELDS = (
    "level", "loglevel", "levelname", "severity", "severitytext", "lvl", "l", "sev", "levelstr",
    "leveltext", "levellabel", "severityname", "severitylabel", "levelno", "levelvalue",
    "severitynumber", "severitylevel", "priority", "syslogpriority", "syslogseverity", "log", "s",
    "status", "type",
)  # fmt: skip
"""Field names that hold a level, lowercase and without punctuation, most reliable first."""
_VAGUE = frozenset({"status", "type"})
"""Fields whose value is a level only if it is one of `_GRAVE`."""
_GRAVE = frozenset({"error", "err", "critical", "fatal", "emergency", "alert", "warning", "warn"})
_INNER = ("name", "level", "levelStr", "label", "value")
"""Fields with the level, if a level field is an object."""


def level_in(fields: Mapping[str, object]) -> tuple[str, LogLevel] | None:
    """Return the name of the field that has the level of a JSON object, and that level.

    `None` if no field has one.
    """
    names: dict[str, str] = {}
    for field in fields:
        names.setdefault(plain_name(field), field)
    for key in _FIELDS:
        name = names.get(key)
        if name is not None and (level := _level_in_field(key, fields[name], names)) is not None:
            return name, level
    return None


def _level_in_field(key: str, value: object, names: Mapping[str, str]) -> LogLevel | None:
    """Return the level in a field; `key` is its plain name.

    `names` has the plain names of all fields of the object.
    """
    if key == "log":
        # ECS nests the field that it also writes as `log.level`.
        return parse_level(value.get("level")) if isinstance(value, dict) else None
    if key in _VAGUE:
        word = value.lower() if isinstance(value, str) else ""
        return WORDS[word] if word in _GRAVE else None
    if key == "s":
        # MongoDB: a letter, together with the fields `c` and `msg`.
        is_letter = isinstance(value, str) and value[:1] in LETTERS and len(value) <= 2
        return LETTERS[str(value)[0]] if is_letter and {"c", "msg"} <= names.keys() else None
    number = _integer_of(value)
    if number is not None:
        if key == "severitynumber":
            return _PINO[(number - 1) // 4] if 1 <= number <= 24 else None
        if key == "severitylevel":
            return _ALL[number] if 0 <= number <= 4 else None  # Azure Application Insights
        if key in {"levelno", "levelvalue"}:
            # Python's logging; Logback multiplies the numbers by 1000.
            return _standard_level(number // (1 if key == "levelno" else 1000) // 10 * 10)
        # GELF has syslog's numbers in `level`, beside `short_message`.
        if 0 <= number <= 7 and ("priority" in key or "syslog" in key or "shortmessage" in names):
            return SYSLOG[number]
        return parse_level(number)
    if isinstance(value, dict):
        inner = (parse_level(value[name]) for name in _INNER if name in value)
        return next((level for level in inner if level is not None), None)
    return parse_level(value)


def _standard_level(number: int) -> LogLevel | None:
    return LogLevel(number) if number in LogLevel.__members__.values() else None


def _integer_of(value: object) -> int | None:
    """Return a number, or a text of digits, as an integer; `None` unless from 0 to 999,999."""
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdecimal():
        value = int(value.strip()[:16])
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value < 1_000_000 else None


def parse_level(value: object) -> LogLevel | None:
    """Return the level for a word, a letter, or a number of pino from 10 to 69; else `None`."""
    if isinstance(value, str):
        word = value.strip()[:16].lower()
        if not word.isascii() or not word.isdecimal():
            return WORDS.get(word) or LETTERS.get(value.strip())
        value = int(word)
    if isinstance(value, int | float) and not isinstance(value, bool) and 10 <= value < 70:
        return _PINO[int(value // 10) - 1]
    return None
