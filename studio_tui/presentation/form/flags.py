"""Options of `datachain job run`, quoted for POSIX shells so that they are safe to draw."""

import shlex
from collections.abc import Callable, Iterator
from datetime import datetime

from studio_tui.presentation.form.fields import FIELDS
from studio_tui.text import safe_block, safe_line


def job_flags(value_of: Callable[[str], object]) -> Iterator[str]:
    """Yield the option of each field that has an option; an empty text if the field has no value.

    `value_of` returns the value of a field by its name in the request.
    """
    for name, field in FIELDS.items():
        if field.flag:
            yield flag(field.flag, value_of(field.sent_as or name))


def flag(name: str, value: object) -> str:
    """Return an option with its value; empty if the value is `None` or False."""
    if value is None or value is False:
        return ""
    if value is True:
        return name
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return f"{name}{'=' if text.startswith('-') else ' '}{shell_word(text)}"


def shell_word(text: str) -> str:
    """Quote a text as one shell word, safe to draw.

    The shell reads exactly the text, except for two kinds of text with characters that have to be
    escaped: at the end of such a text, line breaks are lost; and it must not begin with a hyphen.
    """
    if safe_block(text) == text:
        return shlex.quote(text)
    # Control characters are octal escapes, which every printf supports (POSIX.1-2024, printf).
    return f"\"$(printf '{''.join(map(_printf_character, text))}')\""


def _printf_character(character: str) -> str:
    if character == "%":
        return "%%"
    if character in "'\\" or not is_drawable(character):
        return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "surrogateescape"))
    return character


def is_drawable(character: str) -> bool:
    """Whether a character is safe to draw unchanged."""
    return safe_line(character) == character
