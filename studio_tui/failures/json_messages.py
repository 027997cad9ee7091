"""The message of a log line that is a JSON object, by the names that loggers give it."""

from collections.abc import Mapping

FIELDS = (
    "message", "msg", "event", "m", "mt", "renderedmessage", "messagetemplate", "body",
    "shortmessage", "fullmessage", "text", "log", "error", "err", "exception",
)  # fmt: skip
"""Names of fields that hold a message, in small letters and without marks; the best first."""
_MARKS = str.maketrans("", "", "@_.- ")
_MARKED = frozenset({"m", "mt"})
"""Names that are one only behind a mark, as `@m`."""


def message_in(fields: Mapping[str, object]) -> tuple[str, str] | None:
    """Return the field that holds the message of a line, and the message; `None` for none."""
    named_so: dict[str, str] = {}
    for name in fields:
        key = name.lower().translate(_MARKS)
        if key not in _MARKED or name.startswith("@"):
            named_so.setdefault(key, name)
    for key in FIELDS:
        if key not in named_so:
            continue
        value = fields[named_so[key]]
        if isinstance(value, Mapping):
            value = value.get("stringValue")
        if isinstance(value, str):
            return named_so[key], value
    return None
