"""Which columns of a table fit a width, where each stands, and how a text fills its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

GAP = 2
"""Blank cells between two columns."""


class Align(Enum):
    """At which edge of its column a text stands."""

    LEFT = "left"
    RIGHT = "right"


_ELLIPSIS = "…"
_RIGHT = Align.RIGHT


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


class Placed(NamedTuple):
    """A column with its place in a table of a certain width."""

    column: Column
    cell: int
    """Index of the cell of a row that belongs here."""
    x: int
    """Cells to the left of it, without gutter and sideways scrolling."""
    width: int
    """Cells it fills."""


def place(columns: Sequence[Column], width: int, *, wide: bool = False) -> tuple[Placed, ...]:
    """Choose and place the columns for `width` cells.

    Columns are left out by their `drop`, the rightmost first among equals, until the others fit;
    with `wide` none is. What stays can still be wider than `width`: then it is to be scrolled.
    Widths depend on nothing but the arguments, so columns stand still while their texts change.
    """
    shown = list(enumerate(columns))
    while not wide and _least(shown) > width:
        droppable = [(column.drop, index) for index, column in shown if column.drop]
        if not droppable:
            break
        _, dropped = max(droppable)
        shown = [(index, column) for index, column in shown if index != dropped]
    widths = _share([column for _, column in shown], width - _least(shown))
    placed = []
    x = 0
    for (index, column), cells in zip(shown, widths, strict=True):
        placed.append(Placed(column, index, x, cells))
        x += cells + GAP
    return tuple(placed)


def extent(placed: Sequence[Placed]) -> int:
    """Return the cells that the placed columns take together."""
    return placed[-1].x + placed[-1].width if placed else 0


def fit(text: str, width: int, align: Align) -> str:
    """Return `text` as exactly `width` cells, cut with an ellipsis or filled with blanks."""
    length = len(text) if text.isascii() else cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + _ELLIPSIS if width > 0 else ""
    characters = width - length + len(text)
    return text.rjust(characters) if align is _RIGHT else text.ljust(characters)


def _least(shown: Sequence[tuple[int, Column]]) -> int:
    return sum(column.width + GAP for _, column in shown) - GAP


def _share(columns: Sequence[Column], spare: int) -> list[int]:
    """Give each column its width, and the growing ones their share of `spare` cells."""
    widths = [column.width for column in columns]
    while spare > 0:
        room = {
            i: spare if column.most is None else column.most - widths[i]
            for i, column in enumerate(columns)
            if column.grow
        }
        growing = [i for i, cells in room.items() if cells > 0]
        if not growing:
            break
        shares = sum(columns[i].grow for i in growing)
        round_spare = spare
        for i in growing:
            given = min(max(1, round_spare * columns[i].grow // shares), room[i], spare)
            widths[i] += given
            spare -= given
    return widths
