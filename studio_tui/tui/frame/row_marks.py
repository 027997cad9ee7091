"""Marks on rows of a list. A mark belongs to the id of an item, so it stays when rows move."""

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from studio_tui.presentation.format import plural
from studio_tui.tui.frame.commands import Command

if TYPE_CHECKING:
    from studio_tui.tui.frame.list_body import ListBody

NO_MARK = "Nothing is marked"


class RowMarks:
    """Controller of a list's marks, which are stored in the list's view."""

    def __init__(self, body: "ListBody[Any]") -> None:
        self._list = body
        self._noun = body.page.kind.noun
        self._range_start: str | None = None
        """Key of the row that was marked last by itself or as the end of a range."""

    @property
    def marked_ids(self) -> tuple[str, ...]:
        """Ids of the marked items, in the order in which they were marked."""
        return self._list.view.marks

    def why_no_row(self) -> str | None:
        """Return why no row can be marked; `None` if there are rows."""
        has_rows = self._list.is_alive and self._list.table.keys
        return None if has_rows else f"There is no {self._noun} here"

    def toggle_mark(self) -> None:
        """Toggle the mark of the row under the cursor, and move the cursor down."""
        table = self._list.table
        row = table.cursor
        if row is None:
            return
        if row in table.marked:
            members = frozenset(self._list.groups.members(row))
            self._set_marks(each for each in self.marked_ids if each not in members)
        else:
            self._set_marks((*self.marked_ids, *self._ids_of((row,))))
            self._range_start = row
        table.action_walk(1)

    def mark_range(self) -> None:
        """Mark the rows from the one that was marked last to the cursor.

        If that row has lost its mark or is not shown, mark only the row under the cursor.
        """
        table = self._list.table
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
        if reason := self.why_no_row():
            return reason
        if self._list.filtering.is_wrong:
            return "The filter has an error, so more rows are shown than intended; correct it"
        return None

    def mark_all(self) -> None:
        """Mark all rows that pass the filter; other rows keep their marks."""
        unfiltered = self._list.unfiltered_row
        passing = (row for row in self._list.table.keys if row != unfiltered)
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
        self._list.table.marked = self._list.groups.marked_rows(frozenset(self.marked_ids))

    def drop_unknown(self, listed: Container[str]) -> None:
        """Remove the marks of ids that are not in `listed`, and notify the user."""
        remaining = tuple(each for each in self.marked_ids if each in listed)
        dropped = len(self.marked_ids) - len(remaining)
        if dropped:
            self._set_marks(remaining)
            rows = plural(dropped, f"marked {self._noun}")
            verb = "is" if dropped == 1 else "are"
            self._list.page.notify_user(f"{rows} {verb} no longer in the list, so no longer marked")

    def _ids_of(self, rows: Iterable[str]) -> Iterator[str]:
        return (member for row in rows for member in self._list.groups.members(row))

    def _set_marks(self, ids: Iterable[str]) -> None:
        self._list.view = self._list.view.replace(marks=tuple(dict.fromkeys(ids)))
        self.show()
        self._list.marks_changed()


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
