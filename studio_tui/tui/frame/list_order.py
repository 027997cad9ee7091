"""The order of a list: chosen from a menu, with keys, or by a click on a heading."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from studio_tui.tui.frame.commands import Command
from studio_tui.tui.frame.dialogs import Choose
from studio_tui.tui.widgets.table_cursor import RowChange
from studio_tui.tui.widgets.table_painter import Sorting

if TYPE_CHECKING:
    from studio_tui.tui.frame.list_body import ListBody


class ListOrder:
    """Controller of a list's sort order, a key of `Kind.sorts`."""

    def __init__(self, body: "ListBody[Any]") -> None:
        self._list = body
        self._kind = body.page.kind

    async def choose(self) -> None:
        """Ask for the order."""
        choices = [(key, each.label) for key, each in self._kind.sorts.items()]
        question = Choose("Sort by", choices, self._list.view.sort)
        order = await self._list.page.ask(question)
        if order is not None:
            self._sort(order, reverse=False)

    def sort_by(self, column: str) -> None:
        """Sort by a column if possible; if the list has that order already, reverse it."""
        view = self._list.view
        if order := self._kind.order_of(column):
            has_order = order == view.sort
            self._sort(order, reverse=has_order and not view.reverse)

    def show(self) -> None:
        """Mark the sorted column in the table header."""
        view = self._list.view
        descending = self._kind.sorts[view.sort].shown_as_descending != view.reverse
        self._list.table.sorting = Sorting(view.sort, descending=descending)

    def _sort(self, order: str, *, reverse: bool) -> None:
        self._list.view = self._list.view.replace(sort=order, reverse=reverse)
        self._list.show_rows(RowChange.ORDER)
        self.show()


def order_commands(
    tab: str, sorts: Sequence[tuple[str, str, str]]
) -> tuple[Command[ListOrder], ...]:
    """Return the sort commands of a list: one that shows the menu, then one for each of `sorts`.

    An item of `sorts` is a key to press, the key of a column, and words such as `busy workers`.
    """
    menu = Command(f"{tab}.sort", "s", "sort", "Choose the order", ListOrder.choose)
    return (menu, *(_sort_command(tab, *sort) for sort in sorts))


def _sort_command(tab: str, key: str, column: str, words: str) -> Command[ListOrder]:
    return Command(
        f"{tab}.sort_{column}",
        key,
        f"by {words}",
        f"Sort by {words}; press again to reverse",
        lambda list_order: list_order.sort_by(column),
    )
