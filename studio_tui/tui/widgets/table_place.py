"""Finding the reader's place in a list after the list has changed: pure arithmetic on keys."""

from collections.abc import Sequence
from typing import NamedTuple


class Place(NamedTuple):
    """The cursor and scroll position of a list."""

    cursor: int
    """Index of the row under the cursor."""
    top: int
    """Index of the topmost visible row; it may be out of range, as for blank lines."""


def place_after(
    place: Place, before: Sequence[str], after: Sequence[str], rows_in_sight: int
) -> Place:
    """Return the place in `after` that keeps the visible rows of `before` on their lines.

    The reference is the row under the cursor or, if it is not visible, the topmost row. A row that
    is gone is replaced by its nearest neighbour. Both sequences hold distinct keys.
    """
    if not before or not after:
        return Place(0, 0)
    cursor = nearest_remaining(before, place.cursor, after)
    if 0 <= place.cursor - place.top < rows_in_sight:
        return Place(cursor, place.top + cursor - place.cursor)
    return Place(cursor, nearest_remaining(before, min(place.top, len(before) - 1), after))


def place_at_top(
    place: Place, before: Sequence[str], after: Sequence[str], rows_in_sight: int
) -> Place:
    """Return the place in `after` of a list that stays at the top, where new rows are added.

    The top stays visible; the cursor stays on the first row if it was there, else on its row as
    long as that is visible.
    """
    if not before or not after or place.cursor == 0:
        return Place(0, 0)
    cursor = nearest_remaining(before, place.cursor, after)
    return Place(cursor, max(0, cursor - max(1, rows_in_sight) + 1))


def place_of_returned(was: Place, cursor: int, rows_in_sight: int) -> Place:
    """Return the place of a row that is shown again, at index `cursor`, on its former line `was`.

    If the top was visible, it is visible again, unless the row would then be hidden. Fewer rows may
    be visible than then; the row is one of them. 0 rows are visible before the first layout.
    """
    lowest_top = max(0, cursor - max(1, rows_in_sight) + 1)
    if not was.top:
        return Place(cursor, lowest_top)
    top = max(0, cursor - was.cursor + was.top)
    return Place(cursor, max(top, lowest_top) if rows_in_sight else top)


def came_above(before: Sequence[str], after: Sequence[str]) -> int:
    """Return how many rows of `after` are above the first row of `before`."""
    return nearest_remaining(before, 0, after) if before else 0


def nearest_remaining(before: Sequence[str], index: int, after: Sequence[str]) -> int:
    """Return the index in `after` of the row `before[index]`, else of the nearest row left.

    Of two equally near neighbours, the lower one is chosen. 0 if no row is left.
    """
    grown = len(after) - len(before)
    for guess in (index, index + grown):  # no change around it, or all changes are above
        if 0 <= guess < len(after) and after[guess] == before[index]:
            return guess
    positions = {key: position for position, key in enumerate(after)}
    for distance in range(len(before)):
        for neighbour in (index + distance, index - distance):
            if 0 <= neighbour < len(before):
                position = positions.get(before[neighbour])
                if position is not None:
                    return position
    return 0
