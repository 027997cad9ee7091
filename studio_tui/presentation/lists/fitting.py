"""Lists in a question: as many lines as fit, and how many more there are."""

from collections.abc import Sequence
from typing import NamedTuple

LEAST = 3
"""Lines that are listed however little room there is; the rest is a scroll away."""


class Room(NamedTuple):
    """The place that a question has for a list."""

    rows: int
    """May be less than none."""
    width: int
    """Cells; what is longer takes several rows."""


def rows_of(line: str, width: int) -> int:
    """Return about how many rows a line takes."""
    return max(1, -(-len(line) // max(1, width)))


def fitting(lines: Sequence[str], room: Room) -> tuple[str, ...]:
    """Return as many lines as fit into `room`, the last of which counts what is left out."""
    rows = [rows_of(line, room.width) for line in lines]
    if len(lines) <= LEAST or sum(rows) <= room.rows:
        return tuple(lines)
    shown = taken = 0
    left = room.rows - rows_of(_more(len(lines)), room.width)
    while shown < LEAST - 1 or taken + rows[shown] <= left:
        taken += rows[shown]
        shown += 1
    return (*lines[:shown], _more(len(lines) - shown))


def _more(count: int) -> str:
    return f"  and {count:,} more"
