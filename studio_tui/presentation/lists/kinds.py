"""What the rows of a list are: by what they are known, searched, filtered and sorted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from studio_tui.presentation.format import seconds_between

T = TypeVar("T")

NEWEST_FIRST = "age"
"""The order in which Studio gives rows."""


@dataclass(frozen=True)
class Kind(Generic[T]):
    """All that a list asks of its rows."""

    noun: str
    """What one is called."""
    key: Callable[[T], str]
    """Its id."""
    made_at: Callable[[T], datetime | None] | None
    """When it was made; `None` where nothing tells, so that a filter cannot ask for its age."""
    haystack: Callable[[T], str]
    """The lower-case text in which the words of a filter are looked for."""
    state: Callable[[T], StrEnum]
    states: type[StrEnum]
    groups: Mapping[str, frozenset[Any]]
    """Words for several states."""
    fields: Mapping[str, Callable[[T], str]]
    """What else a filter can ask for, by the word for it."""
    suggestions: tuple[str, ...]
    """Terms that completion offers beside those that ask for a state."""
    hint: str
    """Examples of terms."""
    sorts: Mapping[str, tuple[str, Callable[[T, datetime], Any]]]
    """Orders by column: what a menu calls them, and the key for a moment."""
    largest_first: frozenset[str]
    """Columns that are sorted from the largest down, unless reversed."""
    same_order: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    """Columns that are sorted as another is."""
    also: Mapping[str, Callable[[T], bool]] = field(default_factory=dict, kw_only=True)
    """Words for how a row stands that are neither a state nor a group, and what each is true of."""
    spans: Mapping[str, Callable[[T, datetime], float | None]] = field(
        default_factory=dict, kw_only=True
    )
    """Spans of time that a filter can compare, in seconds at a moment, by the word for them."""
    is_moving: Callable[[T], bool]
    """Whether its cells change with the second."""

    @property
    def words(self) -> tuple[str, ...]:
        """Every word that `is:` and `status=` understand, in lower case, each once."""
        states = (state.lower() for state in self.states)
        return tuple(dict.fromkeys((*self.groups, *states, *self.also)))

    @property
    def completions(self) -> tuple[str, ...]:
        """All terms that completion offers."""
        return (
            *(f"is:{word}" for word in self.words),
            *(f"status={word}" for word in self.words),
            *self.suggestions,
        )

    @property
    def all_spans(self) -> Mapping[str, Callable[[T, datetime], float | None]]:
        """The spans, and the age of a row where that is known."""
        made_at = self.made_at
        if made_at is None:
            return self.spans
        return {"age": lambda row, now: seconds_between(made_at(row), now), **self.spans}

    def order_of(self, column: str) -> str | None:
        """Return the order that a column gives; `None` if it gives none."""
        order = self.same_order.get(column, column)
        return order if order in self.sorts else None
