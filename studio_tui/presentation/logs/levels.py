"""How grave a log line is: the one list of the words, numbers and fields that say so."""

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType


class Level(IntEnum):
    """How grave a line is; the numbers are those of Python's `logging`."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40
    CRITICAL = 50


_WORDS = {
    Level.DEBUG: "trace trac trce trc verbose debug debu dbug dbg",
    Level.INFO: "info information informational inf notice success",
    Level.WARNING: "warning warn wrn",
    Level.ERROR: "error err erro eror fail failed severe",
    Level.CRITICAL: "critical crit crt fatal fata ftl panic pani dpanic emerg emergency alert",
}
WORDS: Mapping[str, Level] = MappingProxyType(
    {word: level for level, words in _WORDS.items() for word in words.split()}
)
"""The level of each word, in small letters."""
LETTERS: Mapping[str, Level] = MappingProxyType(
    {
        "V": Level.DEBUG,
        "D": Level.DEBUG,
        "I": Level.INFO,
        "N": Level.INFO,
        "W": Level.WARNING,
        "E": Level.ERROR,
        "F": Level.CRITICAL,
        "C": Level.CRITICAL,
    }
)
"""The level of each letter that stands for one."""
SYSLOG = (Level.CRITICAL,) * 3 + (Level.ERROR, Level.WARNING, Level.INFO, Level.INFO, Level.DEBUG)
"""Of the severities 0 to 7 (RFC 5424, 6.2.1)."""
_PINO = (Level.DEBUG, Level.DEBUG, Level.INFO, Level.WARNING, Level.ERROR, Level.CRITICAL)
"""Of 10, 20 … 60, as pino and bunyan number them."""
_OTEL = (Level.DEBUG, Level.DEBUG, Level.INFO, Level.WARNING, Level.ERROR, Level.CRITICAL)
"""Of each four severity numbers, from 1 on (OpenTelemetry logs data model)."""
_INSIGHTS = (Level.DEBUG, Level.INFO, Level.WARNING, Level.ERROR, Level.CRITICAL)
"""Of the severity levels 0 to 4 (Azure Application Insights)."""

FIELDS = (
    "level", "loglevel", "levelname", "severity", "severitytext", "lvl", "l", "sev", "levelstr",
    "leveltext", "levellabel", "severityname", "severitylabel", "levelno", "levelvalue",
    "severitynumber", "severitylevel", "priority", "syslogpriority", "syslogseverity", "log", "s",
    "status", "type",
)  # fmt: skip
"""Names of fields that hold a level, in small letters and without marks; the surest first."""
_MARKS = str.maketrans("", "", "@_.- ")
_VAGUE = frozenset({"status", "type"})
"""Fields of which only some words say how grave a line is."""
_GRAVE = frozenset({"error", "err", "critical", "fatal", "emergency", "alert", "warning", "warn"})
_INNER = ("name", "level", "levelStr", "label", "value")


def level_in(fields: Mapping[str, object]) -> tuple[str, Level] | None:
    """Return the field of an object that says how grave it is, and the level; `None` for none."""
    named_so: dict[str, str] = {}
    for name in fields:
        named_so.setdefault(name.lower().translate(_MARKS), name)
    for key in FIELDS:
        found = named_so.get(key)
        if found is not None and (level := _level(key, fields[found], named_so)) is not None:
            return found, level
    return None


def _level(key: str, value: object, names: Mapping[str, str]) -> Level | None:
    """Return the level that a field of a name holds, among fields of these names."""
    if key == "log":
        # ECS nests what it also writes as `log.level`.
        return named(value.get("level")) if isinstance(value, dict) else None
    if key in _VAGUE:
        word = value.lower() if isinstance(value, str) else ""
        return WORDS[word] if word in _GRAVE else None
    if key == "s":
        # MongoDB: a letter beside component and message.
        is_letter = isinstance(value, str) and value[:1] in LETTERS and len(value) <= 2
        return LETTERS[str(value)[0]] if is_letter and {"c", "msg"} <= names.keys() else None
    number = _whole(value)
    if number is not None:
        if key == "severitynumber":
            return _OTEL[(number - 1) // 4] if 1 <= number <= 24 else None
        if key == "severitylevel":
            return _INSIGHTS[number] if 0 <= number <= 4 else None
        if key in {"levelno", "levelvalue"}:
            # Of Python's logging, and of Logback, which has a thousand times that.
            return _known(number // (1 if key == "levelno" else 1000) // 10 * 10)
        if 0 <= number <= 7 and ("priority" in key or "syslog" in key or "shortmessage" in names):
            return SYSLOG[number]
        return named(number)
    if isinstance(value, dict):
        inner = (named(value[name]) for name in _INNER if name in value)
        return next((level for level in inner if level is not None), None)
    return named(value)


def _known(number: int) -> Level | None:
    return Level(number) if number in Level.__members__.values() else None


def _whole(value: object) -> int | None:
    """Return a whole number, also one in digits."""
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdecimal():
        value = int(value.strip()[:16])
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value < 1_000_000 else None


def named(value: object) -> Level | None:
    """Return the level that a field's value names: a word, a letter, or a number as pino has it."""
    if isinstance(value, str):
        word = value.strip()[:16].lower()
        if not word.isascii() or not word.isdecimal():
            return WORDS.get(word) or LETTERS.get(value.strip())
        value = int(word)
    if isinstance(value, int | float) and not isinstance(value, bool) and 10 <= value < 70:
        return _PINO[int(value // 10) - 1]
    return None
