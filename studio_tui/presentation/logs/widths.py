"""The cells that a character takes on a terminal."""

import re
import unicodedata

_NARROW = re.compile("[\x00-\xac\xae-\u02ff\u2010-\u2029\u2030-\u205f\u2190-\u22ff\u2500-\u25fc]*")
"""Characters of one cell: those of most lines, including the blocks of progress bars."""


def is_narrow(text: str) -> bool:
    """Whether it is certain that each character takes one cell."""
    return text.isascii() or _NARROW.fullmatch(text) is not None


def cells(character: str) -> int:
    """Return the cells of a character: 2 if wide (UAX 11), 0 if it combines or is invisible."""
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def width(text: str) -> int:
    """Return the cells of a text without control characters."""
    return len(text) if is_narrow(text) else sum(map(cells, text))
