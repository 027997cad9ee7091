"""The columns of a table: titles, widths, and which leave first when there is no room."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

AnyCell = TypeVar("AnyCell")


class Align(Enum):
    """At which edge of its column a text stands."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Column:
    """What a table knows of a column before it knows its own width."""

    key: str
    """Names the column to the program, never to the reader."""

    title: str
    """What the header says; safe text."""

    width: int
    """Cells: exactly that many, or at least that many if the column grows. 1 or more."""

    grow: int = 0
    """Share of the cells no column asked for; 0 does not grow."""

    most: int | None = None
    """Cells that a growing column takes at most; `None` is no limit."""

    align: Align = Align.LEFT
    """Where text and title stand."""

    drop: int = 0
    """The higher, the sooner it is left out of a narrow table; 0 always stays."""

    fits: bool = False
    """Whether it is no wider than its title and what stands in it, and gone if that is nothing.

    One that always stays is at least as wide as its title.
    """

    wants: int = 0
    """Cells for whose sake columns are left out that leave sooner, as long as it can use them."""

    likes: int = 0
    """Cells for whose sake columns of little interest are left out, likewise."""

    first: int = 0
    """Cells that a growing column has before any to its right grows, and before shares."""

    sticky: bool = False
    """Whether it stands still while others are scrolled sideways; for the leftmost ones."""


def by_key(columns: Sequence[Column], cells: Sequence[AnyCell]) -> dict[str, AnyCell]:
    """Return the cells of a row by the keys of their columns; there are as many of both."""
    return {column.key: cell for column, cell in zip(columns, cells, strict=True)}
