"""Kinds of list rows: identity, search text, filter fields and sort orders."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, Generic, TypeVar

from studio_tui.presentation.format import seconds_between
from studio_tui.presentation.lists.list_column import ListColumn, SortOrder

T = TypeVar("T")

AS_SENT = "age"
"""Key in `Kind.sorts` of the order in which Studio sends the rows."""

_OFFERED = {"name": ("=", "==", "~", "!=", "!==", "!~")}
"""The operators that completion offers for a field; for any other field, `=` and `!=`."""


@dataclass(frozen=True)
class Kind(Generic[T]):
    """Description of the rows of a list."""

    noun: str
    key: Callable[[T], str]
    """Returns the id."""
    made_at: Callable[[T], datetime | None] | None
    """Returns the creation time; `None` if this kind has none, and so no `age`."""
    texts: Callable[[T], Iterable[str | None]]
    """Returns the texts in which filter words are searched."""
    state: Callable[[T], StrEnum]
    states: type[StrEnum]
    state_groups: Mapping[str, frozenset[Any]]
    """Words for sets of states, such as `active`."""
    columns: tuple[ListColumn[Any, T, Any], ...]
    """The columns, from which the sort orders and most filter fields are derived."""
    suggestions: tuple[str, ...]
    """Terms offered by completion, besides those for states and fields."""
    hint: str
    """Examples of terms."""
    as_sent_label: str = field(default="age, newest first", kw_only=True)
    """Label in the sort menu for the order in which Studio sends the rows."""
    other_fields: Mapping[str, Callable[[T], str]] = field(default_factory=dict, kw_only=True)
    """Filter fields that have no column, by name."""
    other_spans: Mapping[str, Callable[[T, datetime], float | None]] = field(
        default_factory=dict, kw_only=True
    )
    """Durations that filters can compare and that have no column, in seconds, by name."""
    conditions: Mapping[str, Callable[[T], bool]] = field(default_factory=dict, kw_only=True)
    """Further words for `is:` and `status=`, with their conditions."""
    changes_each_second: Callable[[T], bool]
    """Returns whether cells of a row, such as its run time, change every second."""

    def haystack(self, row: T) -> str:
        """Return the lower-case text of a row in which filter words are searched."""
        return "\n".join(filter(None, self.texts(row))).lower()

    @property
    def words(self) -> tuple[str, ...]:
        """All whole words that are valid after `is:` and `status=`, in lower case.

        The beginning of a state or of a condition is valid too.
        """
        states = (state.lower() for state in self.states)
        return tuple(dict.fromkeys((*self.state_groups, *states, *self.conditions)))

    @property
    def completions(self) -> tuple[str, ...]:
        """All terms offered by completion."""
        return (
            *(f"is:{word}" for word in self.words),
            *(f"status={word}" for word in self.words),
            *(f"status!={word}" for word in self.words),
            *self.suggestions,
            *(name + sign for name in self.fields for sign in _OFFERED.get(name, ("=", "!="))),
        )

    @cached_property
    def fields(self) -> Mapping[str, Callable[[T], str]]:
        """Functions that return the texts of the filter fields, by name."""
        of_columns = {column.filter_name: column.text for column in self.columns if column.text}
        return {**of_columns, **self.other_fields}

    @cached_property
    def spans(self) -> Mapping[str, Callable[[T, datetime], float | None]]:
        """Functions that return the durations that filters can compare, in seconds, by name."""
        made_at = self.made_at
        age = {"age": lambda row, now: seconds_between(made_at(row), now)} if made_at else {}
        of_columns = {
            column.filter_name: column.seconds for column in self.columns if column.seconds
        }
        return {**age, **of_columns, **self.other_spans}

    @cached_property
    def sorts(self) -> Mapping[str, SortOrder[T]]:
        """Sort orders, by the key of their column, in the order of the menu: Studio's first."""
        # Sorting is stable, so rows with equal sort keys stay as they were sent.
        as_sent: SortOrder[T] = SortOrder(self.as_sent_label, lambda row, now: 0)
        orders = {column.layout.key: column.order for column in self.columns if column.order}
        return {AS_SENT: as_sent, **orders}

    def order_of(self, column: str) -> str | None:
        """Return the key in `sorts` of the order of a column; `None` if it has none."""
        shared = {each.layout.key: each.sorted_like for each in self.columns if each.sorted_like}
        order = shared.get(column, column)
        return order if order in self.sorts else None
