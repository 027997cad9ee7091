"""The rows of a list: filters and sorts them, and finds those with the longest texts."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import compress, filterfalse
from operator import is_not
from typing import Any, Generic, TypeVar

from studio_tui.presentation.format import seconds_between
from studio_tui.presentation.lists.filter_terms import Haystacks, Terms
from studio_tui.presentation.lists.kinds import AS_SENT, Kind, ListColumn

T = TypeVar("T")

_MINUTE = 60


class Listing(Generic[T]):
    """The rows of a list by id."""

    def __init__(self, kind: Kind[T]) -> None:
        self._kind = kind
        self._rows: dict[str, T] = {}
        self._listed: Sequence[T] = ()
        """The rows passed to `replace`; several may have the same id."""
        self._haystacks = Haystacks(lambda key: kind.haystack(self._rows[key]))
        self._moving: set[str] = set()
        """Ids of the rows with cells that change every second."""

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def __getitem__(self, key: str) -> T:
        return self._rows[key]

    @property
    def has_moving(self) -> bool:
        """Whether any row has cells that change every second."""
        return bool(self._moving)

    def is_any_moving(self, keys: Iterable[str]) -> bool:
        """Return whether any row with one of these ids has cells that change every second."""
        return bool(self._moving) and not self._moving.isdisjoint(keys)

    def values(self) -> Iterable[T]:
        return self._rows.values()

    def get(self, key: str | None) -> T | None:
        return self._rows.get(key) if key is not None else None

    def replace(self, rows: Sequence[T]) -> frozenset[str]:
        """Replace all rows by `rows`, in Studio's order; return the ids of new and changed ones.

        If several rows have the same id, the last of them is kept.
        """
        changed = self._replace_in_place(rows)
        if changed is None:
            changed = self._replace_all(rows)
        self._listed = tuple(rows)
        for key in changed:
            self._haystacks.pop(key, None)
        changes_each_second = self._kind.changes_each_second
        self._moving = {key for key in self._moving if key in self._rows and key not in changed}
        self._moving.update(key for key in changed if changes_each_second(self._rows[key]))
        return changed

    def _replace_in_place(self, rows: Sequence[T]) -> frozenset[str] | None:
        """Replace only the rows that differ, and return the ids of those that changed.

        Returns `None`, without replacing any row, if the ids are not the same as before, in the
        same order, or if several rows had the same id.
        """
        before, key_of = self._listed, self._kind.key
        if not len(rows) == len(before) == len(self._rows):
            return None
        pairs = list(compress(zip(before, rows, strict=True), map(is_not, before, rows)))
        if any(key_of(old) != key_of(new) for old, new in pairs):
            return None
        self._rows.update((key_of(new), new) for _, new in pairs)
        return frozenset(key_of(new) for old, new in pairs if old != new)

    def _replace_all(self, rows: Sequence[T]) -> frozenset[str]:
        before, key_of = self._rows, self._kind.key
        # Most rows are the same objects as before, and need no slow comparison.
        ids_before = set(map(id, before.values()))
        new_rows = filterfalse(lambda row: id(row) in ids_before, rows)
        self._rows = dict(zip(map(key_of, rows), rows, strict=True))
        for key in self._haystacks.keys() - self._rows.keys():
            del self._haystacks[key]
        return frozenset(key for key in map(key_of, new_rows) if before.get(key) != self._rows[key])

    def ids(
        self,
        terms: Terms[T],
        sort: str,
        now: datetime,
        *,
        reverse: bool = False,
        always_included: str | None = None,
    ) -> list[str]:
        """Return the ids of the rows that pass `terms`, sorted by `sort`, a key of `Kind.sorts`.

        With `reverse`, the whole order is reversed. The id `always_included` is included even if
        its row does not pass, but not if there is no such row.
        """
        rows = self._rows.items()
        passing: Iterable[tuple[str, T]] = rows
        if terms:
            passing = terms.passing_rows(passing, self._haystacks, now)
            if always_included in self._rows:
                included = {key for key, _ in passing} | {always_included}
                passing = [(key, row) for key, row in rows if key in included]
        if sort != AS_SENT:
            order = self._kind.sorts[sort].key
            passing = sorted(passing, key=lambda keyed: order(keyed[1], now))
        ids = [key for key, _ in passing] if passing is not rows else list(self._rows)
        if reverse:
            ids.reverse()
        return ids

    def changes_each_second(self, now: datetime) -> bool:
        """Whether any cell changes every second.

        Some rows have such cells (`Kind.changes_each_second`). Another one is the age of the first
        row, which is the newest, until it is a minute old.
        """
        newest, made_at = next(iter(self._rows.values()), None), self._kind.made_at
        if newest is None or self._moving:
            return bool(self._moving)
        age = seconds_between(made_at(newest), now) if made_at is not None else None
        return age is not None and age < _MINUTE


class WidestRows(Generic[T]):
    """For each column that fits its contents, the row with the longest text or time so far.

    A list measures these rows before they are visible, so columns are wide enough from the start.
    """

    def __init__(self, kind: Kind[T]) -> None:
        self._sizes = [size for column in kind.columns if (size := _size_of(column)) is not None]
        self._widest = [(0.0, "")] * len(self._sizes)
        """The greatest size and the id of its row, for each of `_sizes`."""

    @property
    def ids(self) -> frozenset[str]:
        """The ids of these rows, some of which may have left the list.

        An empty id stands for the columns that have no contents yet.
        """
        return frozenset(row_id for _, row_id in self._widest)

    def note(self, rows: Iterable[tuple[str, T]], now: datetime) -> None:
        """Take new or changed rows into account; each row comes with its id."""
        for row_id, row in rows:
            for index, size_of in enumerate(self._sizes):
                if (size := size_of(row, now)) > self._widest[index][0]:
                    self._widest[index] = size, row_id


def _size_of(column: ListColumn[Any, T, Any]) -> Callable[[T, datetime], float] | None:
    """Return a function that is greater for longer cells of a column; `None` if unknown."""
    text, seconds = column.text, column.seconds
    if not column.layout.fits:
        return None
    if text is not None:
        return lambda row, now: len(text(row))
    return None if seconds is None else lambda row, now: seconds(row, now) or 0.0
