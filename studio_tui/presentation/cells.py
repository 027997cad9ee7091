"""Table cells: safe text with a tone.

Colours, widths and alignment are decided elsewhere.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class Tone(StrEnum):
    """Meaning of a text, which the style sheet maps to a colour.

    Tone is never the only carrier of meaning: a glyph or a word expresses it too.
    """

    PLAIN = "plain"
    """No particular meaning."""

    DIM = "dim"
    """Less important, or unknown."""

    STRONG = "strong"
    """The row's identity, such as a name."""

    GOOD = "good"
    """Ended successfully."""

    BAD = "bad"
    """Failed."""

    WARN = "warn"
    """Needs attention, or was ended by a person."""

    ACTIVE = "active"
    """In progress."""

    WAITING = "waiting"
    """Not started yet; will start by itself."""

    ACCENT = "accent"
    """Highlighted because of something the user did, such as a search match."""


class Cell(NamedTuple):
    """One cell of a table row."""

    text: str
    """One line, made safe by `studio_tui.text` when it was received."""

    tone: Tone = Tone.PLAIN
    """Tone of the whole text."""

    shorter: tuple[str, ...] = ()
    """Texts to show instead in a narrow cell, each shorter than the one before.

    If there are none, `text` is truncated.
    """

    unless: str = ""
    """Key of a column; the cell is empty if the table has space for that column."""


class Pieces(NamedTuple):
    """A cell of several parts with different tones, joined without separators.

    In a narrow cell, `shorter` of the last part is used, and that of the other parts is not.
    """

    parts: tuple[Cell, ...]


def dim_row(cells: Iterable[Cell | Pieces]) -> tuple[Cell, ...]:
    """Return the cells of a row in the tone DIM, for an item that cannot be used."""
    return tuple(
        Cell("".join(part.text for part in cell.parts), Tone.DIM)
        if isinstance(cell, Pieces)
        else cell._replace(tone=Tone.DIM)
        for cell in cells
    )


NOTHING = Cell("")
"""An empty cell."""

UNREADABLE = Cell("?", Tone.WARN)
"""The cell of a field that Studio sent and that could not be parsed."""
