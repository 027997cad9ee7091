"""Finding the user's place in a list after the list has changed: pure functions of row keys."""

from collections.abc import Sequence
from typing import NamedTuple


class Place(NamedTuple):
    """The cursor and scroll position of a list."""

    cursor: int
    top: int
    """Index of the topmost visible row; scrolling limits one that is out of range."""


def place_after(
    place: Place, before: Sequence[str], after: Sequence[str], rows_in_sight: int
) -> Place:
    """Return the place in `after` that keeps the visible rows of `before` on their lines.

    One row stays on its line exactly: that under the cursor if it is visible, else the topmost. If
    it is gone, its nearest neighbor takes the line. Each sequence has distinct keys.
    """
    if not before or not after:
        return Place(0, 0)
    cursor = nearest_remaining(before, place.cursor, after)
    if 0 <= place.cursor - place.top < rows_in_sight:
        return Place(cursor, place.top + cursor - place.cursor)
    return Place(cursor, nearest_remaining(before, min(place.top, len(before) - 1), after))


def place_of_returned(former: Place, cursor: int, rows_in_sight: int) -> Place:
    """Return the place that shows a returned row on the line that it had at `former`.

    If `former` was at the top, the list is scrolled no further than needed to show the row.

    Args:
        former: The row's place before.
        cursor: The row's index now.
        rows_in_sight: 0 before the first layout.
    """
    lowest_top = max(0, cursor - max(1, rows_in_sight) + 1)
    if not former.top:
        return Place(cursor, lowest_top)
    top = max(0, cursor - former.cursor + former.top)
    return Place(cursor, max(top, lowest_top) if rows_in_sight else top)


def count_above(before: Sequence[str], after: Sequence[str]) -> int:
    """Return how many rows of `after` are above the first row of `before` that remains."""
    return nearest_remaining(before, 0, after) if before else 0


def nearest_remaining(before: Sequence[str], index: int, after: Sequence[str]) -> int:
    """Return the index in `after` of a row of `before`, or of its nearest remaining neighbor.

    0 if no row remains.
    """
    added = len(after) - len(before)
    # Often all changes are below the row, or all are above it.
    for guess in (index, index + added):
        if 0 <= guess < len(after) and after[guess] == before[index]:
            return guess
    positions = {key: position for position, key in enumerate(after)}
    for distance in range(len(before)):
        for neighbor in (index + distance, index - distance):
            if 0 <= neighbor < len(before):
                position = positions.get(before[neighbor])
                if position is not None:
                    return position
    return 0
