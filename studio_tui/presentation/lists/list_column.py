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


@dataclass(frozen=True, slots=True)
class SortOrder(Generic[Item]):
    """A sort order; equal items stay in Studio's order."""

    label: str
    """Label in the menu."""
    key: Callable[[Item, datetime], Any]
    """Returns the sort key of an item at a given time."""
    largest_first: bool = False
    """Whether the header shows it as descending, unless reversed."""


@dataclass(frozen=True, slots=True)
class ListColumn(Generic[Row, Item, RowCell]):
    """A column of a list."""

    layout: Column
    cell: Callable[[Row], RowCell]
    """Returns the cell of a row."""
    order: SortOrder[Item] | None = None
    """The sort order; `None` if the list cannot be sorted by it, or `sorted_like` another one."""
    sorted_like: str = ""
    """Key of the column whose sort order it shares."""
    text: Callable[[Item], str] | None = None
    """Returns the text of its filter field; `None` if there is none."""
    seconds: Callable[[Item, datetime], float | None] | None = None
    """Returns the duration that filters compare, such as `run>1m`; `None` if there is none."""
    filter_name: str = ""
    """Name in filters, if it is not the key."""

    @property
    def name_in_filters(self) -> str:
        """Name of its filter field and of its duration."""
        return self.filter_name or self.layout.key


def layouts(columns: Sequence[ListColumn[Any, Any, Any]]) -> tuple[Column, ...]:
    """Return the layouts of the columns."""
    return tuple(column.layout for column in columns)
