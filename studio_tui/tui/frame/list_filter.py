"""The filter of a list: typed on a line above it, or set by a key."""

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from studio_tui.presentation.lists.filter_terms import Terms
from studio_tui.tui.frame.commands import Command

if TYPE_CHECKING:
    from studio_tui.tui.frame.list_body import ListBody

T = TypeVar("T")


class ListFilter(Generic[T]):
    """Controller of a list's filter, which is stored in the list's view."""

    def __init__(self, body: "ListBody[T]") -> None:
        self._list = body
        self.terms: Terms[T] = Terms(body.view.filter, body.page.kind)
        self._replaced: list[tuple[str, str]] = []
        """Filters set by keys, each with the one that it replaced; the latest last."""

    @property
    def is_wrong(self) -> bool:
        """See `FilterBar.has_problem`."""
        return self._list.filter_bar.has_problem

    def edit(self) -> None:
        """Open the filter input."""
        self._list.filter_bar.edit()

    def toggle_problems(self) -> None:
        """Show only rows with a problem; if the filter does that already, go back."""
        self.toggle(self._list.page.problems)

    def toggle(self, terms: str) -> None:
        """Replace the current filter by `terms`; if the current filter is `terms`, go back."""
        if self.terms.text == terms:
            self.go_back()
        else:
            self.replace(terms)

    def replace(self, terms: str) -> None:
        """Apply a filter until `go_back` restores the current one.

        The list need not be mounted yet.
        """
        self._replaced.append((terms, self.terms.text))
        if self._list.is_alive:
            self._list.filter_bar.set_text(terms)
        else:
            self.set_terms(Terms(terms, self._list.page.kind))

    def go_back(self) -> None:
        """Restore the filter that `replace` replaced; clear a typed or an invalid filter.

        The cursor stays on the row that a typed filter has found.
        """
        replaced, self._replaced = self._replaced, []
        if replaced and not self.is_wrong and self.terms.text == replaced[-1][0]:
            *self._replaced, (_, before) = replaced
            self._list.filter_bar.set_text(before)
        else:
            self._list.table.pin_cursor()
            self._list.filter_bar.set_text("")

    def show_only(self, terms: str) -> None:
        """Apply a filter, which `go_back` will clear."""
        self._replaced = []
        self._list.filter_bar.set_text(terms)

    def set_terms(self, terms: Terms[T]) -> None:
        """Make a filter the current one; neither the input nor the shown rows change."""
        self.terms = terms
        self._list.view = self._list.view.replace(filter=terms.text)


def filter_commands(
    tab: str, filters: str, problems_help: str
) -> tuple[Command[ListFilter[Any]], ...]:
    """Return the filter commands of a list; the help of `/` lists the terms `filters`."""
    return (
        Command(
            f"{tab}.filter",
            "slash",
            "filter",
            f"Filter by {filters}; != excludes",
            ListFilter.edit,
        ),
        Command(
            f"{tab}.problems",
            "exclamation_mark",
            "problems",
            problems_help,
            ListFilter.toggle_problems,
            search_words="errors failed",
        ),
    )
