"""Where a reader's place in a list is once the list has changed: pure arithmetic on keys."""

from collections.abc import Sequence
from typing import NamedTuple


class Place(NamedTuple):
    """Where a reader is."""

    cursor: int
    """Index of the row under the cursor."""
    top: int
    """Index of the topmost row in sight; may be out of range, as if blank lines were in sight."""


def kept(place: Place, before: Sequence[str], after: Sequence[str], rows_in_sight: int) -> Place:
    """Return the place in `after` where what was looked at in `before` stays on its line.

    That is the row under the cursor or, when it is out of sight, the topmost row. A row that is
    gone is stood in for by its nearest neighbour. Both sequences hold distinct keys.
    """
    if not before or not after:
        return Place(0, 0)
    cursor = survivor(before, place.cursor, after)
    if 0 <= place.cursor - place.top < rows_in_sight:
        return Place(cursor, place.top + cursor - place.cursor)
    return Place(cursor, survivor(before, min(place.top, len(before) - 1), after))


def followed(
    place: Place, before: Sequence[str], after: Sequence[str], rows_in_sight: int
) -> Place:
    """Return the place in `after` of a reader who looks at the top, where new rows come in.

    The top stays in sight; the cursor stays on the first row if it was there, else on its row for
    as long as that is in sight.
    """
    if not before or not after or place.cursor == 0:
        return Place(0, 0)
    cursor = survivor(before, place.cursor, after)
    return Place(cursor, max(0, cursor - max(1, rows_in_sight) + 1))


def again(was: Place, cursor: int, rows_in_sight: int) -> Place:
    """Return the place of a row that is shown again, at index `cursor`, on the line where it `was`.

    Whoever saw the top sees it again, if the row is in sight then.
    """
    if not was.top:
        return Place(cursor, max(0, cursor - max(1, rows_in_sight) + 1))
    return Place(cursor, max(0, cursor - was.cursor + was.top))


def came_above(before: Sequence[str], after: Sequence[str]) -> int:
    """Return how many rows of `after` stand above the first that was in `before`."""
    return survivor(before, 0, after) if before else 0


def survivor(before: Sequence[str], index: int, after: Sequence[str]) -> int:
    """Return the index in `after` of the row `before[index]`, else of the nearest row left.

    Of two neighbours equally near, the lower one stands in. 0 when no row is left.
    """
    grown = len(after) - len(before)
    for guess in (index, index + grown):  # nothing changed around it, or all changes are above
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
