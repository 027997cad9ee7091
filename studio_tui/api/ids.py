"""Validation of ids sent by Studio."""

from hashlib import sha256
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from studio_tui.text import LINE_LIMIT, safe_line

_PLACEHOLDER_SIGN = "⊘"
_DIGITS = 12

NO_ID = "Studio sent an unusable id, so nothing can be requested for it"
"""Why the commands on a row with a placeholder instead of an id are disabled."""


def is_usable_id(identifier: str) -> bool:
    """Whether an id can be a path segment, and is not a placeholder."""
    return (
        identifier not in {"", ".", ".."}
        and len(identifier) <= LINE_LIMIT
        and safe_line(identifier) == identifier
        and not identifier.startswith(_PLACEHOLDER_SIGN)
    )


def _identifier(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("an id must be a string or a whole number")  # noqa: TRY004 (pydantic reads it)
    text = str(value)
    if not is_usable_id(text):
        raise ValueError("an id must be a short text without control characters")
    return text


def _row_identifier(value: object) -> str:
    """Validate the id of a row; replace an unusable text by a placeholder derived from it."""
    if not isinstance(value, str) or is_usable_id(value):
        return _identifier(value)
    digest = sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
    return _PLACEHOLDER_SIGN + digest[:_DIGITS]


_ID_SCHEMA = WithJsonSchema({"type": ["string", "integer"]})

Identifier = Annotated[str, BeforeValidator(_identifier), _ID_SCHEMA]
"""A safe id of 1 to 512 characters."""

RowIdentifier = Annotated[str, BeforeValidator(_row_identifier), _ID_SCHEMA]
"""An `Identifier`, or a placeholder for an unusable id; safe, and distinct for distinct ids."""
