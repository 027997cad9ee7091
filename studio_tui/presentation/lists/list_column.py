"""A column of a list: its layout, cells, sort order and filter field, all in one place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from studio_tui.presentation.columns import Column

Row = TypeVar("Row")
"""An item with everything that its row shows."""
Item = TypeVar("Item")
"""A listed item, which can be sorted and filtered without its row."""
RowCell = TypeVar("RowCell")


_OPPOSITES = {
    "longest first": "shortest first",
    "most first": "fewest first",
    "highest first": "lowest first",
    "fastest first": "slowest first",
    "newest first": "oldest first",
    "soonest first": "latest first",
    "furthest first": "least first",
    "least first": "furthest first",
    "failed first": "failed last",
    "Studio first": "Studio last",
}
"""The ends of the labels of sort orders, and those of the reversed orders."""


@dataclass(frozen=True, slots=True)
class SortOrder(Generic[Item]):
    """A sort order; equal items stay in Studio's order, unless the whole list is reversed."""

    label: str
    key: Callable[[Item, datetime], Any]
    """Returns the sort key at a time."""
    shown_as_descending: bool = False
    """Whether `key` sorts the largest values first, so that the header shows it as descending."""

    @property
    def reversed_label(self) -> str:
        """The label of the reversed order, such as `run time, shortest first`."""
        for end, opposite in _OPPOSITES.items():
            if self.label.endswith(end):
                return self.label.removesuffix(end) + opposite
        return f"{self.label}, reversed"


@dataclass(frozen=True, slots=True)
class ListColumn(Generic[Row, Item, RowCell]):
    """A column of a list."""

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
    """Return the layouts of columns, in the same order."""
    return tuple(column.layout for column in columns)
