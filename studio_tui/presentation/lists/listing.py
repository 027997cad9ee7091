"""Rows of a list by id, with filtering and sorting."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Generic, TypeVar

from studio_tui.presentation.format import seconds_between
from studio_tui.presentation.lists.filter_terms import Terms
from studio_tui.presentation.lists.kinds import NEWEST_FIRST, Kind

T = TypeVar("T")

_MINUTE = 60


class Listing(Generic[T]):
    """Rows by id; search texts of unchanged rows are cached between responses."""

    def __init__(self, kind: Kind[T]) -> None:
        self._kind = kind
        self._rows: dict[str, T] = {}
        self._haystacks: dict[str, str] = {}
        self._are_moving = False

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def __getitem__(self, key: str) -> T:
        return self._rows[key]

    def values(self) -> Iterable[T]:
        """Return all rows."""
        return self._rows.values()

    def get(self, key: str | None) -> T | None:
        """Return the row with an id; `None` if there is none."""
        return self._rows.get(key) if key is not None else None

    def replace(self, rows: Sequence[T]) -> frozenset[str]:
        """Replace all rows by `rows`, newest first; return the ids of those that changed."""
        before = self._rows
        self._rows = {self._kind.key(row): row for row in rows}
        self._are_moving = any(map(self._kind.is_moving, rows))
        changed = frozenset(
            key
            for key, row in self._rows.items()
            if (old := before.get(key)) is not row and old != row
        )
        self._haystacks = {
            key: text
            for key, text in self._haystacks.items()
            if key in self._rows and key not in changed
        }
        return changed

    def ids(self, terms: Terms[T], sort: str, now: datetime, *, reverse: bool = False) -> list[str]:
        """Return the ids of the rows that pass `terms`, sorted by the column `sort`."""
        passing: Iterable[tuple[str, T]] = self._rows.items()
        if terms:
            haystacks = self._all_haystacks() if terms.reads_haystacks else {}
            passing = terms.among(passing, haystacks, now)
        if sort != NEWEST_FIRST:
            order = self._kind.sorts[sort][1]
            passing = sorted(passing, key=lambda keyed: order(keyed[1], now))
        ids = [key for key, _ in passing]
        if reverse:
            ids.reverse()
        return ids

    def changes_with_the_second(self, now: datetime) -> bool:
        """Whether a cell shows passing seconds: of an unfinished row or one under a minute old."""
        newest, made_at = next(iter(self._rows.values()), None), self._kind.made_at
        if newest is None or self._are_moving:
            return self._are_moving
        return made_at is not None and (seconds_between(made_at(newest), now) or 0) < _MINUTE

    def _all_haystacks(self) -> Mapping[str, str]:
        texts, haystack = self._haystacks, self._kind.haystack
        if len(texts) < len(self._rows):
            missing = {key: haystack(row) for key, row in self._rows.items() if key not in texts}
            texts |= missing
        return texts
