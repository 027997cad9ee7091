"""The filter of a list: typed on a line above it, or set by a key."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from studio_tui.presentation.lists.filter_terms import Terms
from studio_tui.presentation.lists.kinds import Kind
from studio_tui.tui.frame.commands import Command
from studio_tui.tui.frame.list_view import ViewHolder
from studio_tui.tui.widgets.big_table import BigTable
from studio_tui.tui.widgets.filter_bar import FilterBar

T = TypeVar("T")


class ListFilter(Generic[T]):
    """Controller of a list of which some rows can be left out."""

    def __init__(
        self,
        kind: Kind[T],
        holder: ViewHolder,
        problems: str,
        *,
        bar: Callable[[], FilterBar],
        table: Callable[[], BigTable],
    ) -> None:
        """Take where the filter is kept, and the one that lets only problems through."""
        self._holder = holder
        self._problems = problems
        self._bar = bar
        self._table = table
        self.terms: Terms[T] = Terms(holder.view.filter, kind)
        """What is asked of rows now."""

    def edit(self) -> None:
        """Let a filter be typed."""
        self._bar().edit()

    def toggle_problems(self) -> None:
        """Show only problems, or everything again."""
        self.show_only("" if self.terms.text == self._problems else self._problems)

    def show_only(self, terms: str) -> None:
        """Show the rows that pass a filter, until another is typed or esc."""
        self._bar().set(terms)

    def begin_with(self, terms: Terms[T]) -> None:
        """Show the rows that pass a filter, in a list that is not there yet."""
        self.terms = terms
        self._holder.change(filter=terms.text)

    def take(self, terms: Terms[T], show_rows: Callable[[], None]) -> None:
        """Take over what was typed, and show what passes."""
        self.terms = terms
        self._holder.change(filter=terms.text)
        show_rows()

    def done(self) -> None:
        """Give the keys back to the list."""
        self._table().focus()


def filter_commands(place: str, about: str, problems: str) -> tuple[Command[ListFilter[Any]], ...]:
    """Return the commands that filter; `about` says by what, `problems` is the sentence of `!`."""
    return (
        Command(
            f"{place}.filter",
            "slash",
            "filter",
            f"Filter by {about}",
            ListFilter.edit,
            display="/",
        ),
        Command(
            f"{place}.problems",
            "exclamation_mark",
            "problems",
            problems,
            ListFilter.toggle_problems,
            display="!",
        ),
    )
