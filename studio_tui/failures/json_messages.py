"""Lookup of the message field in a log line that is a JSON object, for common loggers."""

from collections.abc import Mapping

FIELDS = (
    "message", "msg", "event", "m", "mt", "renderedmessage", "messagetemplate", "body",
    "shortmessage", "fullmessage", "text", "log", "error", "err", "exception",
)  # fmt: skip
"""Field names that hold a message, lowercase and without punctuation, in order of preference."""
_MARKS = str.maketrans("", "", "@_.- ")
_MARKED = frozenset({"m", "mt"})
"""Names that hold a message only with a leading `@`, as in `@m`."""


def message_in(fields: Mapping[str, object]) -> tuple[str, str] | None:
    """Return the name and the value of the message field; `None` if there is none."""
    name_of: dict[str, str] = {}
    for name in fields:
        key = name.lower().translate(_MARKS)
        if key not in _MARKED or name.startswith("@"):
            name_of.setdefault(key, name)
    for key in FIELDS:
        if key not in name_of:
            continue
        value = fields[name_of[key]]
        if isinstance(value, Mapping):
            value = value.get("stringValue")
        if isinstance(value, str):
            return name_of[key], value
    return None
