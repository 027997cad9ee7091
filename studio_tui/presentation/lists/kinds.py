"""Kinds of list rows: identity, search text, filter fields and sort orders."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from studio_tui.presentation.format import seconds_between

T = TypeVar("T")

NEWEST_FIRST = "age"
"""Key of Studio's own order."""


@dataclass(frozen=True)
class Kind(Generic[T]):
    """Description of the rows of a list."""

    noun: str
    """Noun for one row."""
    key: Callable[[T], str]
    """Returns the id."""
    made_at: Callable[[T], datetime | None] | None
    """Returns the creation time; `None` if rows have none, so that `age` is not available."""
    texts: Callable[[T], Iterable[str | None]]
    """Returns the texts searched by filter words."""
    state: Callable[[T], StrEnum]
    states: type[StrEnum]
    groups: Mapping[str, frozenset[Any]]
    """Words for sets of states."""
    fields: Mapping[str, Callable[[T], str]]
    """Further filter fields by name."""
    suggestions: tuple[str, ...]
    """Terms offered by completion, besides those for states."""
    hint: str
    """Examples of terms."""
    sorts: Mapping[str, tuple[str, Callable[[T, datetime], Any]]]
    """Sort orders by column: menu label and key function; equal rows stay in Studio's order."""
    largest_first: frozenset[str]
    """Columns sorted in descending order, unless reversed."""
    same_order: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    """Columns that share the sort order of another column."""
    also: Mapping[str, Callable[[T], bool]] = field(default_factory=dict, kw_only=True)
    """Words for conditions that are neither states nor groups."""
    spans: Mapping[str, Callable[[T, datetime], float | None]] = field(
        default_factory=dict, kw_only=True
    )
    """Durations in seconds that filters can compare, by name."""
    is_moving: Callable[[T], bool]
    """Whether cells of a row change every second."""

    def haystack(self, row: T) -> str:
        """Return the lower-case text of a row that filter words are searched in."""
        return "\n".join(filter(None, self.texts(row))).lower()

    @property
    def words(self) -> tuple[str, ...]:
        """All words valid after `is:` and `status=`, in lower case."""
        states = (state.lower() for state in self.states)
        return tuple(dict.fromkeys((*self.groups, *states, *self.also)))

    @property
    def completions(self) -> tuple[str, ...]:
        """All terms offered by completion."""
        return (
            *(f"is:{word}" for word in self.words),
            *(f"status={word}" for word in self.words),
            *self.suggestions,
        )

    @property
    def all_spans(self) -> Mapping[str, Callable[[T, datetime], float | None]]:
        """The durations, including the age of a row if available."""
        made_at = self.made_at
        if made_at is None:
            return self.spans
        return {"age": lambda row, now: seconds_between(made_at(row), now), **self.spans}

    def order_of(self, column: str) -> str | None:
        """Return the sort order of a column; `None` if it has none."""
        order = self.same_order.get(column, column)
        return order if order in self.sorts else None
