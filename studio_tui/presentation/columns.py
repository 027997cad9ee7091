"""Table columns: titles, widths, and the order in which they are dropped when space is short."""

from enum import StrEnum
from typing import NamedTuple


class Align(StrEnum):
    LEFT = "left"
    RIGHT = "right"


class Reserves(StrEnum):
    """When a column that `fits` is wider than its contents need, so that others do not move."""

    NOTHING = "never"
    ONCE_FILLED = "once it has contents"
    """It is then as wide as for the longest contents."""
    ALWAYS = "also before it has contents"
    """It is shown even while it is empty, with `wanted_width` if there is room."""


class Column(NamedTuple):
    """Layout of a column, independent of the table's width."""

    key: str
    """Identifies the column in its table; never shown."""

    title: str
    """Safe to draw."""

    width: int
    """In cells, at least 1. A column that grows may be wider, one that `fits` may be narrower."""

    grow: int = 0
    """Share of the remaining cells; 0 does not grow."""

    max_width: int | None = None
    """In cells, of a growing column; `None` for no limit."""

    align: Align = Align.LEFT

    drop: int = 0
    """In a narrow table, columns with the highest `drop` are dropped first, those with 0 never."""

    fits: bool = False
    """Whether the column is only as wide as its contents and its title need.

    It is left out until it has contents, unless its `drop` is 0.
    """

    reserves: Reserves = Reserves.NOTHING

    wanted_width: int = 0
    """Cells for which columns of higher `drop` are dropped.

    A column that `fits` wants at most the cells that its contents need.
    """

    preferred_width: int = 0
    """Like `wanted_width`, but only columns of little interest (`drop` 6 or more) are dropped.

    A growing column gets these cells, if its contents need them, before those at its right grow.
    """

    sticky: bool = False
    """Whether it stays in place during horizontal scrolling; for the leftmost columns."""

    only_unfinished: bool = False
    """Whether it has contents only for items that have not ended, like the column of progress."""
