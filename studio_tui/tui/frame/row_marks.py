"""Marks on rows of a list: set and taken away by keys, kept by id however the list changes."""

from abc import abstractmethod
from collections.abc import Container, Iterable
from typing import TYPE_CHECKING

from textual.binding import Binding

from studio_tui.presentation.format import plural
from studio_tui.tui.frame.list_view import ListView
from studio_tui.tui.widgets.big_table import BigTable

if TYPE_CHECKING:
    from textual.screen import Screen

    Base = Screen[None]
else:
    Base = object


def mark_bindings(place: str, noun: str) -> tuple[Binding, ...]:
    """Return the keys that mark rows of a place, each of which is called `noun`."""
    return (
        Binding(
            "space",
            "mark",
            "mark",
            id=f"{place}.mark",
            tooltip=f"Mark the {noun}, or take its mark away",
        ),
        Binding(
            "v",
            "mark_range",
            "mark up to here",
            show=False,
            id=f"{place}.mark_range",
            tooltip="Mark all from the last mark to here",
        ),
        Binding(
            "a",
            "mark_all",
            "mark all shown",
            show=False,
            id=f"{place}.mark_all",
            tooltip="Mark all that pass the filter",
        ),
        Binding(
            "u",
            "unmark_all",
            "unmark all",
            show=False,
            id=f"{place}.unmark",
            tooltip="Take all marks away",
        ),
    )


class RowMarks(Base):
    """Mixin of a screen with a table of rows that can be marked."""

    table: BigTable
    view: ListView
    noun: str
    """What a row is called."""
    _last_mark: str | None = None
    """The row marked last, from which a range reaches."""

    @abstractmethod
    def marks_changed(self) -> None:
        """Say how many marks there are now."""

    def action_mark(self) -> None:
        """Mark the row under the cursor, or take its mark away, and go on to the next."""
        key = self.table.cursor
        if key is None:
            return
        if key in self.table.marked:
            self._mark(known for known in self.view.marks if known != key)
        else:
            self._mark((*self.view.marks, key))
            self._last_mark = key
        self.table.action_cursor_down()

    def action_mark_range(self) -> None:
        """Mark all from the row marked last to the one under the cursor, or the latter alone."""
        keys, key = self.table.keys, self.table.cursor
        if key is None:
            return
        here = keys.index(key)
        last = self._last_mark
        since = keys.index(last) if last in self.table.marked and last in keys else here
        self._mark((*self.view.marks, *keys[min(here, since) : max(here, since) + 1]))
        self._last_mark = key

    def action_mark_all(self) -> None:
        """Mark all that pass the filter, beside those that are marked."""
        self._mark((*self.view.marks, *self.table.keys))

    def action_unmark_all(self) -> None:
        """Take all marks away."""
        self._mark(())

    def show_marks(self) -> None:
        """Show the marks that are remembered."""
        self.table.marked = frozenset(self.view.marks)

    def drop_marks(self, known: Container[str]) -> None:
        """Forget the marks of rows that are not `known`, and say so."""
        kept = tuple(key for key in self.view.marks if key in known)
        gone = len(self.view.marks) - len(kept)
        if gone:
            self._mark(kept)
            rows = plural(gone, f"marked {self.noun}")
            verb = "is" if gone == 1 else "are"
            self.app.notify(f"{rows} {verb} no longer in the list, nor marked", markup=False)

    def _mark(self, keys: Iterable[str]) -> None:
        self.view = self.view.replace(marks=tuple(dict.fromkeys(keys)))
        self.show_marks()
        self.marks_changed()
