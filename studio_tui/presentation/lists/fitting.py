"""Truncation of lists in dialogs to the space available."""

from collections.abc import Sequence
from typing import NamedTuple

LEAST = 3
"""Minimum number of lines of a list that has so many, even if the dialog has to scroll."""


class ListSpace(NamedTuple):
    rows: int
    """Negative if the rest of the dialog is already too high."""
    width: int
    """In cells; longer lines wrap."""


def rows_of(line: str, width: int) -> int:
    """Return about how many rows a line needs if it wraps at `width` cells."""
    return max(1, -(-len(line) // max(1, width)))


def fit_lines(lines: Sequence[str], room: ListSpace) -> tuple[str, ...]:
    """Return as many lines as fit into `room`, but at least `LEAST` if there are so many.

    If lines are left out, the last returned line is their number: `and 4 more`.
    """
    rows = [rows_of(line, room.width) for line in lines]
    if len(lines) <= LEAST or sum(rows) <= room.rows:
        return tuple(lines)
    shown = used_rows = 0
    usable_rows = room.rows - rows_of(_omission(len(lines)), room.width)
    while shown < LEAST - 1 or used_rows + rows[shown] <= usable_rows:
        used_rows += rows[shown]
        shown += 1
    return (*lines[:shown], _omission(len(lines) - shown))


def _omission(count: int) -> str:
    return f"  and {count:,} more"
