"""The cursor of a table: the row under it, and the row that the user chose, as rows change."""

from collections.abc import Sequence
from enum import Enum
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


class RowChange(Enum):
    """Why the rows of a table change."""

    ROWS = "the listed items changed"
    FILTER = "the user changed the filter"
    ORDER = "the user changed the order"
    GROUPS = "the user grouped, unfolded or folded the rows"


class TableCursor:
    """The cursor over rows that are identified by keys; it does not scroll."""

    def __init__(self) -> None:
        self.keys: Sequence[str] = ()
        self.index = 0
        """0 if there are no rows."""
        self._chosen: str | None = None
        """Key of the row that the user last moved to or opened, or that `begin_at` has set.

        A filter may hide this row. The key changes when new rows come above a cursor that was not
        moved from the top, or when a group replaces the row.
        """
        self._chosen_place = Place(0, 0)
        """The place when the user chose the row, or one with the line that `begin_at` asks for."""
        self._moved_by_user = False
        """Whether the user has moved the cursor, even if to the same row, or opened its row."""

    @property
    def key(self) -> str | None:
        """Key of the row under the cursor; `None` if there are no rows."""
        return self.keys[self.index] if self.keys else None

    @property
    def chosen(self) -> str | None:
        """Key of the row under the cursor if the user moved there or opened it; else `None`."""
        return self.key if self._moved_by_user and self.key == self._chosen else None

    def begin_at(self, key: str | None, line: int) -> None:
        """See `BigTable.begin_at`."""
        self._chosen = key
        # `place_of_returned` uses only the difference of cursor and top, and whether the top is 0.
        self._chosen_place = Place(line + 1, 1) if line else Place(0, 0)

    def place_to_restore(self, rows_in_sight: int) -> Place | None:
        """Return the place that `begin_at` asked for.

        `None` if the cursor is on another row, or the user has moved it. The height of a table
        changes in its first layouts, and after each of them the row has to be placed again.
        """
        if self._moved_by_user or self._chosen is None or self.key != self._chosen:
            return None
        return place_of_returned(self._chosen_place, self.index, rows_in_sight)

    def join_to(self, key: str) -> None:
        """Treat the cursor's row as the row `key`, which takes its place in the next `replace`."""
        if not self.keys or key == self.key:
            return
        self._chosen = key if self._chosen == self.key else self._chosen
        self.keys = [*self.keys[: self.index], key, *self.keys[self.index + 1 :]]

    def choose(self, place: Place) -> None:
        """Remember where the user moves the cursor."""
        self._moved_by_user = True
        self._chosen = self.keys[place.cursor] if self.keys else None
        self._chosen_place = place

    def nearest_index(self, index: int) -> int:
        """Return the valid index nearest to `index`; 0 if there are no rows."""
        return max(0, min(index, len(self.keys) - 1))

    def replace(
        self,
        keys: Sequence[str],
        top: int,
        rows_in_sight: int,
        *,
        newest_first: bool = False,
        change: RowChange = RowChange.ROWS,
    ) -> Place:
        """Set the rows, and return where cursor and top belong now; see `BigTable.show`."""
        keys_before, index_before = self.keys, self.index
        place = Place(index_before, top)
        self.keys = keys
        if change is RowChange.ORDER and not index_before and not top:
            self._chosen, self._moved_by_user = None, False
            return Place(0, 0)
        is_refiltered = change is RowChange.FILTER
        is_set_by_program = self._chosen is not None and not self._moved_by_user
        has_come = is_set_by_program and self._chosen not in keys_before
        if (is_refiltered or not keys_before or has_come) and self._chosen in keys:
            return place_of_returned(self._chosen_place, keys.index(self._chosen), rows_in_sight)
        if is_refiltered and self._chosen is None:
            return Place(0, 0)
        is_adding = newest_first and not is_refiltered
        if top or (self._moved_by_user and not is_adding):
            return place_after(place, keys_before, keys, rows_in_sight)
        if is_adding and not index_before and not self._moved_by_user:
            was_on_chosen = bool(keys_before) and keys_before[0] == self._chosen
            self._chosen = keys[0] if was_on_chosen and keys else self._chosen
            return Place(0, 0)
        index = nearest_remaining(keys_before, index_before, keys) if keys_before else 0
        return Place(index, max(0, index - max(1, rows_in_sight) + 1))
