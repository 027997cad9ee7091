"""Marks on rows of a list: set and removed by keys, and kept by id as the list changes."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from studio_tui.presentation.format import plural
from studio_tui.tui.frame.commands import Command
from studio_tui.tui.frame.list_view import ViewHolder
from studio_tui.tui.widgets.big_table import BigTable


class Bundles(Protocol):
    """Maps the rows of a list to the ids that are marked through them."""

    def members(self, key: str) -> Sequence[str]:
        """Return the ids of a row: its own, or those of its group."""

    def marked_rows(self, marks: frozenset[str]) -> frozenset[str]:
        """Return the rows whose ids are all in `marks`."""


class Singles:
    """Rows that each have only their own id."""

    def members(self, key: str) -> Sequence[str]:
        return (key,)

    def marked_rows(self, marks: frozenset[str]) -> frozenset[str]:
        return marks


class RowMarks:
    """Controller of a list's marks."""

    def __init__(
        self,
        noun: str,
        place: ViewHolder,
        table: Callable[[], BigTable],
        *,
        changed: Callable[[], None],
        notify: Callable[[str], None],
        unfiltered_row: Callable[[], str | None],
        is_filter_wrong: Callable[[], bool],
    ) -> None:
        """Keep the marks in `place`; `changed` is called after each change.

        `unfiltered_row` returns a row that is shown although it does not pass the filter, and
        `is_filter_wrong` whether rows are shown that the filter may be meant to exclude.
        """
        self._noun = noun
        self._place = place
        self._table = table
        self._changed = changed
        self._notify = notify
        self._unfiltered_row = unfiltered_row
        self._is_filter_wrong = is_filter_wrong
        self.bundles: Bundles = Singles()
        """Maps the rows to ids."""
        self._last: str | None = None
        """The row marked last, where a range begins."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The ids of the marked rows, in the order in which they were marked."""
        return self._place.view.marks

    def mark(self) -> None:
        """Toggle the mark of the row under the cursor, and move down."""
        table = self._table()
        key = table.cursor
        if key is None:
            return
        if key in table.marked:
            gone = frozenset(self.bundles.members(key))
            self._mark(known for known in self.keys if known not in gone)
        else:
            self._mark((*self.keys, *self._all((key,))))
            self._last = key
        table.action_walk(1)

    def mark_range(self) -> None:
        """Mark from the row marked last to the cursor; if that is not shown, mark only one row."""
        table = self._table()
        keys, key = table.keys, table.cursor
        if key is None:
            return
        here = keys.index(key)
        last = self._last
        since = keys.index(last) if last in table.marked and last in keys else here
        self._mark((*self.keys, *self._all(keys[min(here, since) : max(here, since) + 1])))
        self._last = key

    def why_not_all(self) -> str | None:
        """Return why not all rows can be marked at once."""
        wrong = "The filter has an error, so more rows are shown than intended; correct it"
        return wrong if self._is_filter_wrong() else None

    def mark_all(self) -> None:
        """Mark all rows that pass the filter, in addition to those already marked."""
        exempt = self._unfiltered_row()
        self._mark((*self.keys, *self._all(key for key in self._table().keys if key != exempt)))

    def unmark_all(self) -> None:
        """Remove all marks."""
        self._mark(())

    def unmark(self, key: str) -> None:
        """Remove the mark of a row whose command has succeeded."""
        self.unmark_all_of((key,))

    def unmark_all_of(self, keys: Container[str]) -> None:
        """Remove the marks of some rows."""
        if any(key in keys for key in self.keys):
            self._mark(key for key in self.keys if key not in keys)

    def transfer(self, heirs: Mapping[str, str]) -> None:
        """Transfer marks to other ids, given by the old ids, in the same order."""
        self._last = heirs.get(self._last or "", self._last)
        if any(key in heirs for key in self.keys):
            self._mark(heirs.get(key, key) for key in self.keys)

    def show(self) -> None:
        """Show the saved marks in the table."""
        self._table().marked = self.bundles.marked_rows(frozenset(self.keys))

    def drop(self, known: Container[str]) -> None:
        """Remove the marks of rows not in `known`, with a notification."""
        remaining = tuple(key for key in self.keys if key in known)
        gone = len(self.keys) - len(remaining)
        if gone:
            self._mark(remaining)
            rows = plural(gone, f"marked {self._noun}")
            verb = "is" if gone == 1 else "are"
            self._notify(f"{rows} {verb} no longer in the list, so no longer marked")

    def _all(self, rows: Iterable[str]) -> Iterator[str]:
        return (key for row in rows for key in self.bundles.members(row))

    def _mark(self, keys: Iterable[str]) -> None:
        self._place.change(marks=tuple(dict.fromkeys(keys)))
        self.show()
        self._changed()


def mark_commands(tab: str, noun: str) -> tuple[Command[RowMarks], ...]:
    """Return the mark commands of a list whose rows are called `noun`."""
    return (
        Command(
            f"{tab}.mark",
            "space",
            "mark",
            f"Mark the {noun}, or remove its mark",
            RowMarks.mark,
        ),
        Command(
            f"{tab}.mark_range",
            "v",
            "mark up to here",
            "Mark all from the last mark to here",
            RowMarks.mark_range,
        ),
        Command(
            f"{tab}.mark_all",
            "a",
            "mark all shown",
            "Mark all that match the filter",
            RowMarks.mark_all,
            RowMarks.why_not_all,
        ),
        Command(f"{tab}.unmark", "u", "unmark all", "Remove all marks", RowMarks.unmark_all),
    )
