"""What a table shows: safe text, and what the text means for the reader.

Colours, widths and alignment are decided elsewhere: a cell knows none of them.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class Tone(StrEnum):
    """What a piece of text means; the style sheet turns it into a colour.

    Tone is never the only carrier of meaning: the text says the same in a glyph or a word.
    """

    PLAIN = "plain"
    """Nothing in particular."""

    DIM = "dim"
    """Of lesser interest, or not known."""

    STRONG = "strong"
    """What the row is known by, such as a name."""

    GOOD = "good"
    """Ended as it should."""

    BAD = "bad"
    """Failed."""

    WARN = "warn"
    """Worth a look, or ended by a person."""

    ACTIVE = "active"
    """Under way."""

    WAITING = "waiting"
    """Not begun, and will begin by itself."""

    ACCENT = "accent"
    """Stands out for a reason of the reader's own, such as a match."""


class Cell(NamedTuple):
    """One cell of a table row."""

    text: str
    """One line, made safe by `studio_tui.text` when it entered the program."""

    tone: Tone = Tone.PLAIN
    """What the whole text means."""

    shorter: tuple[str, ...] = ()
    """What is said where the text has no room, each shorter than the one before; nothing where the
    beginning of the text does as well."""


class Pieces(NamedTuple):
    """A cell whose parts mean different things, from left to right with nothing between them."""

    parts: tuple[Cell, ...]


def dimmed(cells: Iterable[Cell | Pieces]) -> tuple[Cell, ...]:
    """Return a row in which nothing stands out, as nothing can be done with it."""
    return tuple(
        Cell(
            "".join(part.text for part in cell.parts) if isinstance(cell, Pieces) else cell.text,
            Tone.DIM,
        )
        for cell in cells
    )


NOTHING = Cell("")
"""A cell with nothing to say."""
