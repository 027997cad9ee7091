"""Marks on rows of a list. A mark belongs to the id of an item, so it stays when rows move."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from studio_tui.presentation.format import plural
from studio_tui.tui.frame.commands import Command
from studio_tui.tui.frame.list_view import ViewHolder
from studio_tui.tui.widgets.big_table import BigTable

NO_MARK = "Nothing is marked"


class RowMembers(Protocol):
    """Says which items a row of a list stands for, as it can be a group."""

    def members(self, key: str) -> Sequence[str]:
        """Return the ids of the items of the row `key`."""

    def marked_rows(self, marks: frozenset[str]) -> frozenset[str]:
        """Return the keys of the rows whose items are all in `marks`."""


class Singles:
    """For a list without groups: the key of a row is the id of its only item."""

    def members(self, key: str) -> Sequence[str]:
        return (key,)

    def marked_rows(self, marks: frozenset[str]) -> frozenset[str]:
        return marks


class RowMarks:
    """Controller of a list's marks."""

    def __init__(
        self,
        noun: str,
        holder: ViewHolder,
        table: Callable[[], BigTable],
        *,
        changed: Callable[[], None],
        notify: Callable[[str], None],
        has_rows: Callable[[], bool],
        unfiltered_row: Callable[[], str | None],
        is_filter_wrong: Callable[[], bool],
    ) -> None:
        """Keep the marks in the view of `holder`; `noun` is the singular noun for a row.

        `unfiltered_row` returns the key of a row that is shown although it does not pass the
        filter. With a wrong filter, the list possibly shows rows that the user wants to exclude.
        """
        self._noun = noun
        self._holder = holder
        self._table = table
        self._changed = changed
        self._notify = notify
        self._has_rows = has_rows
        self._unfiltered_row = unfiltered_row
        self._is_filter_wrong = is_filter_wrong
        self.row_members: RowMembers = Singles()
        """A list with groups replaces it by its own."""
        self._range_start: str | None = None
        """Key of the row that was marked last."""

    @property
    def marked_ids(self) -> tuple[str, ...]:
        """Ids of the marked items, in the order in which they were marked."""
        return self._holder.view.marks

    def why_no_row(self) -> str | None:
        """Return why no row can be marked; `None` if there are rows."""
        return None if self._has_rows() else f"There is no {self._noun} here"

    def toggle_mark(self) -> None:
        """Toggle the mark of the row under the cursor, and move the cursor down."""
        table = self._table()
        row = table.cursor
        if row is None:
            return
        if row in table.marked:
            members = frozenset(self.row_members.members(row))
            self._set_marks(each for each in self.marked_ids if each not in members)
        else:
            self._set_marks((*self.marked_ids, *self._ids_of((row,))))
            self._range_start = row
        table.action_walk(1)

    def mark_range(self) -> None:
        """Mark the rows from the one that was marked last to the cursor.

        If that has lost its mark or is not shown, mark only the cursor's row.
        """
        table = self._table()
        rows, row = table.keys, table.cursor
        if row is None:
            return
        end = rows.index(row)
        start_row = self._range_start
        is_start_marked = start_row in table.marked and start_row in rows
        start = rows.index(start_row) if start_row and is_start_marked else end
        marked = rows[min(start, end) : max(start, end) + 1]
        self._set_marks((*self.marked_ids, *self._ids_of(marked)))
        self._range_start = row

    def why_not_all(self) -> str | None:
        """Return why the rows that pass the filter cannot be marked; `None` if they can."""
        reason = "The filter has an error, so more rows are shown than intended; correct it"
        return self.why_no_row() or (reason if self._is_filter_wrong() else None)

    def mark_all(self) -> None:
        """Mark all rows that pass the filter; other rows keep their marks."""
        unfiltered = self._unfiltered_row()
        passing = (row for row in self._table().keys if row != unfiltered)
        self._set_marks((*self.marked_ids, *self._ids_of(passing)))

    def why_no_mark(self) -> str | None:
        """Return why no mark can be removed; `None` if there are marks."""
        return None if self.marked_ids else NO_MARK

    def unmark_all(self) -> None:
        """Remove all marks."""
        self._set_marks(())

    def unmark(self, item_id: str) -> None:
        """Remove the mark of an id, if it has one."""
        self.unmark_all_of((item_id,))

    def unmark_all_of(self, ids: Container[str]) -> None:
        """Remove the marks of some ids."""
        if any(each in ids for each in self.marked_ids):
            self._set_marks(each for each in self.marked_ids if each not in ids)

    def transfer(self, new_ids: Mapping[str, str]) -> None:
        """Replace each marked id in `new_ids` by its new id, in the same order."""
        self._range_start = new_ids.get(self._range_start or "", self._range_start)
        if any(each in new_ids for each in self.marked_ids):
            self._set_marks(new_ids.get(each, each) for each in self.marked_ids)

    def show(self) -> None:
        """Show the saved marks in the table."""
        self._table().marked = self.row_members.marked_rows(frozenset(self.marked_ids))

    def drop_unknown(self, listed: Container[str]) -> None:
        """Remove the marks of ids that are not in `listed`, and notify the user."""
        remaining = tuple(each for each in self.marked_ids if each in listed)
        dropped = len(self.marked_ids) - len(remaining)
        if dropped:
            self._set_marks(remaining)
            rows = plural(dropped, f"marked {self._noun}")
            verb = "is" if dropped == 1 else "are"
            self._notify(f"{rows} {verb} no longer in the list, so no longer marked")

    def _ids_of(self, rows: Iterable[str]) -> Iterator[str]:
        return (member for row in rows for member in self.row_members.members(row))

    def _set_marks(self, ids: Iterable[str]) -> None:
        self._holder.change(marks=tuple(dict.fromkeys(ids)))
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
            RowMarks.toggle_mark,
            RowMarks.why_no_row,
        ),
        Command(
            f"{tab}.mark_range",
            "v",
            "mark up to here",
            "Mark all from the last mark to here",
            RowMarks.mark_range,
            RowMarks.why_no_row,
        ),
        Command(
            f"{tab}.mark_all",
            "a",
            "mark all shown",
            "Mark all that match the filter",
            RowMarks.mark_all,
            RowMarks.why_not_all,
        ),
        Command(
            f"{tab}.unmark",
            "u",
            "unmark all",
            "Remove all marks",
            RowMarks.unmark_all,
            RowMarks.why_no_mark,
        ),
    )
