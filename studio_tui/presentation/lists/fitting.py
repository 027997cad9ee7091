"""Truncation of lists in dialogs to the space available."""

from collections.abc import Sequence
from typing import NamedTuple

LEAST = 3
"""Minimum number of lines, even if the dialog has to scroll."""


class ListSpace(NamedTuple):
    """Space for a list in a dialog."""

    rows: int
    """May be negative."""
    width: int
    """Width in cells; longer lines wrap."""


def rows_of(line: str, width: int) -> int:
    """Return the approximate number of rows of a line."""
    return max(1, -(-len(line) // max(1, width)))


def fitting(lines: Sequence[str], room: ListSpace) -> tuple[str, ...]:
    """Return as many lines as fit into `room`; if some are omitted, the last line counts them."""
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
