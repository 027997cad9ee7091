"""Sanitizing of untrusted text, so that it cannot control the terminal.

Text of Studio is sanitized where it enters the program, except `Verbatim` and the logs of jobs,
which are sanitized when they are drawn.
"""

import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

LINE_LIMIT = 512

BLOCK_LIMIT = 1024 * 1024

_WORD_LIMIT = 2048
"""Maximum number of characters of a word that is left out where a text is cut."""

_ELLIPSIS = "…"
_CONTROL_PICTURES = 0x2400
"""Code point of the visible symbol for the control character 0; the other symbols follow."""
_VARIATION_SELECTORS = range(0xFE00, 0xFE10)
_TAGS = range(0xE0000, 0xE1000)
"""Code points of both ranges are not drawn: Default_Ignorable_Code_Point of Unicode."""


class _Replacements(dict[int, str]):
    def __init__(self, newline: str, tab: str) -> None:
        super().__init__({0x0A: newline, 0x09: tab})

    def __missing__(self, code: int) -> str:
        replacement = self[code] = _replacement(code)
        return replacement


def _replacement(code: int) -> str:
    character = chr(code)
    if code < 0x20:
        return chr(_CONTROL_PICTURES + code)
    if code == 0x7F:
        return "␡"
    category = unicodedata.category(character)
    if category == "Cf" or code in _VARIATION_SELECTORS or code in _TAGS:
        return ""
    if category in {"Cc", "Cs"}:
        return "\N{REPLACEMENT CHARACTER}"
    if category in {"Zl", "Zp", "Zs"}:
        return " "
    return character


_LINE = _Replacements(newline="␊", tab=" ")
_BLOCK = _Replacements(newline="\n", tab="    ")


def safe_line(text: str) -> str:
    """Return `text` as one line that is safe to draw, at most `LINE_LIMIT` characters.

    Tabs become spaces, and other control characters visible symbols. Format characters, such as
    bidirectional marks, are removed.
    """
    if len(text) > LINE_LIMIT:
        text = text[: LINE_LIMIT - 1] + _ELLIPSIS
    if text.isascii() and text.isprintable():
        return text
    return text.translate(_LINE)


def safe_block(text: str) -> str:
    """Return `text` as lines that are safe to draw, at most `BLOCK_LIMIT` characters.

    A longer text is cut between two words, as half a secret would not be recognized as one.
    """
    safe = text[:BLOCK_LIMIT].replace("\r\n", "\n").translate(_BLOCK)
    # `safe` can be longer than the text, because a tab becomes four spaces.
    if max(len(text), len(safe)) <= BLOCK_LIMIT:
        return safe
    safe = safe[: BLOCK_LIMIT - 1]
    end = max(safe.rfind(blank, BLOCK_LIMIT - _WORD_LIMIT) for blank in (" ", "\n")) + 1
    return (safe[:end] or safe) + _ELLIPSIS


def incomplete_bytes(data: bytes) -> int:
    """Return the number of bytes, 0 to 3, at the end that are an incomplete UTF-8 character."""
    for count, byte in enumerate(reversed(data[-3:]), 1):
        if byte < 0x80:
            return 0
        if byte >= 0xC0:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4 if byte < 0xF5 else 1
            return count if count < length else 0
    return 0


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Text that must be sent back to Studio unchanged, so it is *not* safe to draw.

    It is not a `str`, so that a type checker prevents drawing it.
    """

    text: str = field(repr=False)

    @property
    def shown(self) -> str:
        """The text as lines that are safe to draw."""
        return safe_block(self.text)

    def __bool__(self) -> bool:
        return bool(self.text)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, _source: Any, _handler: "GetCoreSchemaHandler"
    ) -> "CoreSchema":
        """Validate a string, and serialize to a string."""
        from pydantic_core import core_schema  # noqa: PLC0415 (not before the first paint)

        return core_schema.no_info_after_validator_function(
            cls,
            core_schema.str_schema(),
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda verbatim: verbatim.text, return_schema=core_schema.str_schema()
            ),
        )
