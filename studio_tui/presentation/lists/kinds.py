"""Kinds of lists: columns, identity, search text, filter fields and sort orders."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, Generic, TypeVar

from studio_tui.presentation.columns import Column
from studio_tui.presentation.format import seconds_between

Row = TypeVar("Row")
"""An item with everything that its row shows."""
Item = TypeVar("Item")
"""A listed item, which can be sorted and filtered without its row."""
RowCell = TypeVar("RowCell")

_LARGEST_FIRST = ("longest first", "most first", "highest first", "fastest first", "furthest first")


@dataclass(frozen=True, slots=True)
class SortOrder(Generic[Item]):
    """A sort order; equal items stay in Studio's order, unless the whole list is reversed."""

    label: str
    key: Callable[[Item, datetime], Any]
    """Returns the sort key at a time."""

    @property
    def shown_as_descending(self) -> bool:
        """Whether the largest values come first, so that the header shows it as descending."""
        return self.label.endswith(_LARGEST_FIRST)

    @property
    def reversed_label(self) -> str:
        """The label of the reversed order, such as `run time, longest last`."""
        start = self.label.removesuffix(" first")
        return f"{self.label}, reversed" if start == self.label else f"{start} last"


@dataclass(frozen=True, slots=True)
class ListColumn(Generic[Row, Item, RowCell]):
    layout: Column
    cell: Callable[[Row], RowCell]
    order: SortOrder[Item] | None = None
    """The sort order; `None` if the column has none, or shares one by `sorted_like`."""
    sorted_like: str = ""
    """Layout key of the column whose sort order this column shares; empty if it shares none."""
    text: Callable[[Item], str] | None = None
    """Returns the text of the column's filter field; `None` if it has no field."""
    seconds: Callable[[Item, datetime], float | None] | None = None
    """Returns the duration that filters such as `run>1m` compare; `None` if there is none."""
    other_filter_name: str = ""
    """Name in filters; empty if that is the key of `layout`."""

    @property
    def filter_name(self) -> str:
        """Name of the filter field and of the duration."""
        return self.other_filter_name or self.layout.key


def layouts(columns: Sequence[ListColumn[Any, Any, Any]]) -> tuple[Column, ...]:
    return tuple(column.layout for column in columns)


AS_SENT = "age"
"""Key in `Kind.sorts` of the order in which Studio sends the rows."""

_OFFERED = {"name": ("=", "==", "~", "!=", "!==", "!~")}
"""The operators that completion offers for a field; for any other field, `=` and `!=`."""


@dataclass(frozen=True, kw_only=True)
class Kind(Generic[Item]):
    """Description of the rows of a list."""

    noun: str
    key: Callable[[Item], str]
    """Returns the id."""
    made_at: Callable[[Item], datetime | None] | None
    """Returns the creation time; `None` if this kind has none, and so no `age`."""
    texts: Callable[[Item], Iterable[str | None]]
    """Returns the texts in which filter words are searched."""
    state: Callable[[Item], StrEnum]
    states: type[StrEnum]
    state_groups: Mapping[str, frozenset[Any]] = field(default_factory=dict)
    """Words for sets of states, such as `active`."""
    conditions: Mapping[str, Callable[[Item], bool]] = field(default_factory=dict)
    """Further words for `is:` and `status=`, with their conditions."""
    columns: tuple[ListColumn[Any, Item, Any], ...] = ()
    """The columns, from which the sort orders and most filter fields are derived."""
    as_sent_label: str = "age, newest first"
    """Label in the sort menu for the order in which Studio sends the rows."""
    other_fields: Mapping[str, Callable[[Item], str]] = field(default_factory=dict)
    """Filter fields that have no column, by name."""
    other_spans: Mapping[str, Callable[[Item, datetime], float | None]] = field(
        default_factory=dict
    )
    """Durations that filters can compare and that have no column, in seconds, by name."""
    suggestions: tuple[str, ...] = ()
    """Terms offered by completion, besides those for states and fields."""
    hint: str
    """Examples of terms."""
    changes_each_second: Callable[[Item], bool] = lambda _: False
    """Returns whether cells of a row, such as its run time, change every second."""

    def haystack(self, row: Item) -> str:
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
    def fields(self) -> Mapping[str, Callable[[Item], str]]:
        """Functions that return the texts of the filter fields, by name."""
        of_columns = {column.filter_name: column.text for column in self.columns if column.text}
        return {**of_columns, **self.other_fields}

    @cached_property
    def spans(self) -> Mapping[str, Callable[[Item, datetime], float | None]]:
        """Functions that return the durations that filters can compare, in seconds, by name."""
        made_at = self.made_at
        age = {"age": lambda row, now: seconds_between(made_at(row), now)} if made_at else {}
        of_columns = {
            column.filter_name: column.seconds for column in self.columns if column.seconds
        }
        return {**age, **of_columns, **self.other_spans}

    @cached_property
    def sorts(self) -> Mapping[str, SortOrder[Item]]:
        """Sort orders, by the key of their column, in the order of the menu: Studio's first."""
        # Sorting is stable, so rows with equal sort keys stay as they were sent.
        as_sent: SortOrder[Item] = SortOrder(self.as_sent_label, lambda row, now: 0)
        orders = {column.layout.key: column.order for column in self.columns if column.order}
        return {AS_SENT: as_sent, **orders}

    def order_of(self, column: str) -> str | None:
        """Return the key in `sorts` of the order of a column; `None` if it has none."""
        shared = {each.layout.key: each.sorted_like for each in self.columns if each.sorted_like}
        order = shared.get(column, column)
        return order if order in self.sorts else None
