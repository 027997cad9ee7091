"""The cursor of a table: the row it is on, and the row that the user chose, as rows come and go."""

from collections.abc import Sequence

from studio_tui.tui.widgets.table_place import (
    Place,
    nearest_remaining,
    place_after,
    place_at_top,
    place_of_returned,
)


class TableCursor:
    """The cursor over the rows of a table, by key; it scrolls and paints nothing."""

    def __init__(self) -> None:
        self.keys: Sequence[str] = ()
        """The keys of the rows, in the order shown."""
        self.index = 0
        """Index of the row under the cursor; 0 if there are no rows."""
        self._chosen: str | None = None
        """The row that the user moved to; if a filter hides it, the cursor is on another row."""
        self._chosen_at = Place(0, 0)
        """The place of that row."""
        self._moved_by_user = False
        self._is_held = False
        """Whether the cursor stays on its row also at the top, until the user moves it."""

    @property
    def key(self) -> str | None:
        """The row under the cursor; `None` if there are no rows."""
        return self.keys[self.index] if self.keys else None

    @property
    def chosen(self) -> str | None:
        """The row under the cursor if the user moved there, or opened it; else `None`."""
        is_chosen = self._is_held or (self._moved_by_user and self.key == self._chosen)
        return self.key if is_chosen else None

    def begin_at(self, key: str | None, line: int) -> None:
        """Be on a row once it is there, as if the user had moved there, below `line` rows."""
        self._chosen = key
        self._chosen_at = Place(line + 1, 1) if line else Place(0, 0)

    def restored(self, rows_in_sight: int) -> Place | None:
        """Return the place that `begin_at` asked for, while the user has not moved the cursor.

        The first layouts have other numbers of rows than the last one, and would lose the line.
        """
        if self._moved_by_user or self._chosen is None or self.key != self._chosen:
            return None
        return place_of_returned(self._chosen_at, self.index, rows_in_sight)

    def hold(self) -> None:
        """Stay on the row although new rows come at the top, until the user moves the cursor."""
        self._is_held = True

    def join_to(self, key: str) -> None:
        """Treat the row under the cursor as the row `key`, which `replace` will have instead."""
        if key == self.key:
            return
        self._chosen = key if self._chosen == self.key else self._chosen
        self.keys = [*self.keys[: self.index], key, *self.keys[self.index + 1 :]]

    def choose(self, place: Place) -> bool:
        """Note where the user moved; return whether that is another row. `index` follows later."""
        self._moved_by_user, self._is_held = True, False
        self._chosen = self.keys[place.cursor] if self.keys else None
        self._chosen_at = place
        return place.cursor != self.index

    def within(self, index: int) -> int:
        """Return the index of the nearest row."""
        return max(0, min(index, len(self.keys) - 1))

    def replace(
        self,
        keys: Sequence[str],
        top: int,
        rows_in_sight: int,
        *,
        newest_first: bool,
        is_refiltered: bool,
    ) -> Place:
        """Set the rows, and return where the cursor and the top belong now.

        See `BigTable.show`; `top` is the index of the topmost visible row.
        """
        before, at = self.keys, self.index
        self.keys = keys
        place = Place(at, top)
        is_awaited = self._chosen is not None and not self._moved_by_user
        is_new = is_awaited and self._chosen not in before
        if (is_refiltered or not before or is_new) and self._chosen in keys:
            return place_of_returned(self._chosen_at, keys.index(self._chosen), rows_in_sight)
        if is_refiltered and self._chosen is None:
            return Place(0, 0)
        if newest_first and not top and not is_refiltered and not self._is_held:
            is_chosen = bool(before) and before[at] == self._chosen
            place = place_at_top(place, before, keys, rows_in_sight)
            self._chosen = keys[place.cursor] if is_chosen and keys else self._chosen
            return place
        if top or self._moved_by_user:
            return place_after(place, before, keys, rows_in_sight)
        index = nearest_remaining(before, at, keys) if before else 0
        return Place(index, max(0, index - max(1, rows_in_sight) + 1))
