"""Converts job forms to JSON objects for files, and back."""

from typing import Any

from studio_tui.presentation.form.draft import Draft, FieldValue
from studio_tui.presentation.form.fields import FIELDS, value_of


def draft_to_json(draft: Draft) -> dict[str, FieldValue]:
    """Return a form as a JSON object for `draft_from_json`, in the order of its fields."""
    return {name: value_of(name, draft) for name in FIELDS}


def draft_from_json(found: Any) -> Draft:
    """Return the form of a parsed JSON object.

    Unknown fields are ignored, and missing or invalid ones are empty.

    Raises:
        ValueError: not a JSON object.
    """
    if not isinstance(found, dict):
        raise ValueError("it is not a JSON object")  # noqa: TRY004 (one error for the caller)
    return Draft().with_values(
        {name: _read(found[name], FIELDS[name].empty) for name in FIELDS.keys() & found.keys()}
    )


def _read(value: Any, empty: FieldValue) -> FieldValue:
    """Return a value if it has the field's type, else the field's empty value."""
    if isinstance(empty, tuple):
        texts = value if isinstance(value, list | tuple) else ()
        return tuple(text for text in texts if isinstance(text, str))
    return value if isinstance(value, str | bool) and type(value) is type(empty) else empty
