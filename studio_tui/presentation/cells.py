"""Table cells: safe text with a tone."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class Tone(StrEnum):
    """Meaning of a text, which the style sheet maps to a color.

    It is never the only carrier of meaning: a glyph or a word expresses it too.
    """

    PLAIN = "plain"

    DIM = "dim"
    """Less important, or unknown."""

    STRONG = "strong"
    """The row's identity, such as a name."""

    GOOD = "good"
    """As it should be, such as complete or connected."""

    BAD = "bad"

    WARN = "warn"
    """Unusual or uncertain, so that it may need attention."""

    ACTIVE = "active"

    WAITING = "waiting"
    """Not started yet; will start by itself."""

    ACCENT = "accent"
    """Highlighted because of something the user did, such as a search match."""


class Cell(NamedTuple):
    text: str
    """Safe to draw; one line, except in facts."""

    tone: Tone = Tone.PLAIN

    shorter: tuple[str, ...] = ()
    """Texts for a narrow cell, each shorter than the one before."""

    beside: tuple[tuple[str, str], ...] = ()
    """Keys of columns, each with the text of the cell while that column is shown.

    If several are shown, the first counts.
    """


class Pieces(NamedTuple):
    """A cell of several parts with different tones, joined without separators.

    In a narrow cell, `shorter` of the last part is used, and that of the other parts is not. A part
    that ends with a blank, such as a number, is left out rather than cut.
    """

    parts: tuple[Cell, ...]


def dim_row(cells: Iterable[Cell | Pieces]) -> tuple[Cell, ...]:
    """Dim the cells of an item that cannot be used, or that matters less than others."""
    return tuple(
        Cell("".join(part.text for part in cell.parts), Tone.DIM)
        if isinstance(cell, Pieces)
        else cell._replace(tone=Tone.DIM)
        for cell in cells
    )


NOTHING = Cell("")

UNREADABLE = Cell("?", Tone.WARN)
"""For a field that Studio sent and that could not be parsed."""
