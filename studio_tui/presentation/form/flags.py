"""Flags of `datachain job run`, quoted for POSIX shells and safe to draw."""

import shlex
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import groupby

from studio_tui.presentation.form.fields import FIELDS
from studio_tui.text import safe_block, safe_line


def job_flags(value_of: Callable[[str], object]) -> Iterator[str]:
    """Yield the flag and value of each field that has a flag; empty if the field has no value.

    `value_of` returns a value by its name in the request.
    """
    for name, field in FIELDS.items():
        if field.flag:
            yield flag(field.flag, value_of(field.sent_as or name))


def flag(name: str, value: object) -> str:
    """Return a flag with its value; empty if the value is `None` or False."""
    if value is None or value is False:
        return ""
    if value is True:
        return name
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return f"{name}{'=' if text.startswith('-') else ' '}{shell_word(text)}"


def shell_word(text: str) -> str:
    """Quote a text without a NUL as one word of any POSIX shell, safe to draw.

    Only the characters that cannot be drawn are written as escapes.
    """
    if safe_block(text) == text:
        return shlex.quote(text)
    return "".join(
        shlex.quote("".join(characters)) if is_plain else _escaped("".join(characters))
        for is_plain, characters in groupby(text, lambda each: each == "\n" or is_drawable(each))
    )


def _escaped(text: str) -> str:
    """Return a shell expansion to `text`, which must not end with a line break: shells drop it."""
    try:
        encoded = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        encoded = text.encode("utf-8", "surrogatepass")
    # Octal escapes are those that every printf supports (POSIX.1-2024, printf).
    escapes = "".join(f"\\{byte:03o}" for byte in encoded)
    return f"\"$(printf '{escapes}')\""


def is_drawable(character: str) -> bool:
    """Whether a character is safe to draw unchanged."""
    return safe_line(character) == character
