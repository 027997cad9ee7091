"""Lookup of the message field in a log line that is a JSON object, for common loggers."""

from collections.abc import Mapping

FIELDS = (
    "message", "msg", "event", "m", "mt", "renderedmessage", "messagetemplate", "body",
    "shortmessage", "fullmessage", "text", "log", "error", "err", "exception",
)  # fmt: skip
"""Field names that hold a message, lowercase and without punctuation, in order of preference."""
_PUNCTUATION = str.maketrans("", "", "@_.- ")

_ONLY_WITH_AT_SIGN = frozenset({"m", "mt"})
"""Names that hold a message only with a leading `@`."""


def plain_name(name: str) -> str:
    """Return the name of a field in lowercase and without punctuation."""
    return name.lower().translate(_PUNCTUATION)


def message_in(fields: Mapping[str, object]) -> tuple[str, str] | None:
    """Return the name and the text of the preferred message field; `None` if there is no text."""
    names: dict[str, str] = {}
    for name in fields:
        key = plain_name(name)
        if key not in _ONLY_WITH_AT_SIGN or name.startswith("@"):
            names.setdefault(key, name)
    for key in FIELDS:
        if key not in names:
            continue
        value = fields[names[key]]
        if isinstance(value, Mapping):
            # OpenTelemetry writes `"body": {"stringValue": "..."}`.
            value = value.get("stringValue")
        if isinstance(value, str):
            return names[key], value
    return None
