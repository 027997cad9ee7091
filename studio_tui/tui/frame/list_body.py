"""The body of a list: its title, its filter, the table of rows, and the preview of one row."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.geometry import Size
from textual.getters import query_one
from textual.screen import Screen

from studio_tui import clock
from studio_tui.presentation.format import plural
from studio_tui.presentation.lists.kinds import AS_SENT
from studio_tui.presentation.lists.listing import Listing, WidestRows
from studio_tui.tui.frame.list_filter import ListFilter
from studio_tui.tui.frame.list_order import ListOrder
from studio_tui.tui.frame.list_title import (
    amount_parts,
    order_parts,
    unseen_parts,
    why_empty,
)
from studio_tui.tui.frame.list_view import ListView
from studio_tui.tui.frame.row_marks import RowMarks
from studio_tui.tui.quick_handlers import FindsHandlersOnce
from studio_tui.tui.widgets.bar import Bar
from studio_tui.tui.widgets.big_table import BigTable
from studio_tui.tui.widgets.debouncer import Debouncer
from studio_tui.tui.widgets.fact_sheet import FactSheet
from studio_tui.tui.widgets.filter_bar import FilterBar, FilterInput
from studio_tui.tui.widgets.lifetime import Lifetime
from studio_tui.tui.widgets.table_cursor import RowChange
from studio_tui.tui.widgets.toasts import notify_here

if TYPE_CHECKING:
    from studio_tui.tui.frame.list_page import ListPage

T = TypeVar("T")

LONGER_AGES_EVERY = 10
"""Seconds between updates if all shown ages are in minutes or longer units."""

UNCOMPLETED = frozenset({"id", "error"})
"""Fields of filters whose values are not completed, as there are too many or too long ones."""

ROWS_SEARCHED = 5000
"""Number of rows, at most, from which values for completion are taken."""

ROWS_MEASURED = 2000
"""Maximum number of new and changed rows among which the longest texts are searched."""


class RowGroups:
    """Which items each row of a list shows; here each row shows one, whose id is its key."""

    def arrange(self, ids: Sequence[str]) -> Sequence[str]:
        """Return the keys of the rows to show: `ids`, with groups in place of their members."""
        return ids

    def row_of(self, item_id: str) -> str:
        """Return the key of the row that shows an item since the last `arrange`."""
        return item_id

    def members(self, key: str) -> tuple[str, ...]:
        """Return the ids of the items that the row `key` shows."""
        return (key,)

    def marked_rows(self, marks: frozenset[str]) -> frozenset[str]:
        """Return the ids in `marks`, and the keys of the groups whose members are all marked."""
        return marks


class ListBody(Lifetime, FindsHandlersOnce, Container, Generic[T]):
    """The title, filter and table of a list, and a preview of the row under the cursor."""

    table = query_one(BigTable)
    title = query_one("#title", Bar)
    filter_bar = query_one(FilterBar)
    _fact_sheet = query_one(FactSheet)

    def __init__(self, page: "ListPage[T]", view: ListView) -> None:
        super().__init__(id="split")
        self.page = page
        self.rows: Listing[T] = Listing(page.kind)
        self._widest: WidestRows[T] = WidestRows(page.kind)
        self.view = view
        self._rest = Debouncer(self, self.while_alive(self._cursor_rests))
        self.groups = RowGroups()
        """A list with groups replaces this object by its own."""
        self.marks = RowMarks(self)
        self.order = ListOrder(self)
        self.filtering: ListFilter[T] = ListFilter(self)
        self.passing: Sequence[str] = ()
        """Ids of the rows that pass the filter."""
        self.unfiltered_row: str | None = None
        """The row under the cursor, if it is shown although it no longer passes the filter."""
        self._passed_only_finished = True
        """Whether there is a filter that no unfinished row has passed since it was set."""
        self._ages_interval = 0
        """Number of the interval of `LONGER_AGES_EVERY` in which ages were last updated."""
        self.is_recorded: Callable[[str | None], bool] = lambda _: False
        self._awaited_key: str | None = None
        """Key of the row to which the cursor moves as soon as the row is listed."""

    def compose(self) -> ComposeResult:
        with Vertical(id="list"):
            yield Bar(id="title", filler="─")
            yield FilterBar(self.page.kind, self.view.filter, self._values)
            yield BigTable(
                self.page.columns,
                self.page.cells_of,
                notice="Loading…",
                id=f"{self.page.tab}-table",
            )
        with Container(id="preview"):
            # Only a job's own page shows every value; the pages of other kinds do not.
            yield FactSheet(more_hint="enter shows all" if self.page.kind.noun == "job" else "")

    def on_mount(self) -> None:
        self.app.screen_change_signal.subscribe(self, self._pin_cursor_if_covered)
        self.screen.set_class(not self.view.preview, "-no-preview")
        self.table.wide = self.view.wide
        view = self.view
        self.table.drawing.restore(view.contents)
        self.table.begin_at(view.cursor, line=view.line, sideways=view.sideways, newest=view.newest)
        self.marks.show()
        self.order.show()
        self.show_title()

    def note_scroll_position(self) -> None:
        """Save in the view what is not saved as it changes, unless the table is empty."""
        if self.is_alive and self.table.keys:
            table = self.table
            self.view = self.view.replace(
                line=table.line,
                newest=table.keys[table.unseen] if self._has_newest_first else "",
                sideways=table.sideways,
                recorded=self.is_recorded(table.cursor),
                contents=self.contents_to_save,
            )

    @property
    def _has_newest_first(self) -> bool:
        return self.view.sort == AS_SENT and not self.view.reverse

    @property
    def contents_to_save(self) -> tuple[int, ...]:
        """See `TableDrawing.contents`."""
        drawing = self.table.drawing
        return drawing.contents if self.rows.has_moving else drawing.contents_of_finished

    def marked_rows(self) -> list[T]:
        """Return the marked rows, in the order in which they were marked."""
        return [row for key in self.view.marks if (row := self.rows.get(key)) is not None]

    def await_row(self, key: str) -> None:
        """Move the cursor to the row `key` as soon as it is listed."""
        self._awaited_key = key
        if self.is_alive:
            self._move_to_awaited(self.table.keys)

    def set_rows(self, rows: Sequence[T], *, are_all: bool = True) -> None:
        """Show rows in place of the previous ones.

        If `are_all`, and Studio has answered in this run, remove the marks of missing rows.
        """
        changed = islice(self.rows.replace(rows), ROWS_MEASURED)
        self._widest.note(((key, self.rows[key]) for key in changed), self.page.moment())
        self.table.drawing.measure([key for key in self._widest.ids if key in self.rows])
        snapshot = self.page.source().snapshot
        if are_all and snapshot.value is not None and not snapshot.is_recalled:
            self.marks.drop_unknown(self.rows)
        self.page.session.endings.watch_rows(self.marked_rows())
        self.show_rows()

    def tick(self, now: datetime) -> None:
        """Update the shown times: each second if a row needs it, else less often."""
        interval = int(clock.now().timestamp()) // LONGER_AGES_EVERY
        is_new_interval = interval != self._ages_interval
        self._ages_interval = interval
        if self.rows.changes_each_second(now) or is_new_interval:
            self.table.show_again()
            self.show_preview(now)

    def _values(self, field: str) -> Iterable[str]:
        """Return the distinct values of a field in the first `ROWS_SEARCHED` rows."""
        value_of = self.page.kind.fields.get(field)
        if value_of is None or field in UNCOMPLETED:
            return ()
        newest = islice(self.rows.values(), ROWS_SEARCHED)
        return dict.fromkeys(value for row in newest if (value := value_of(row)))

    def filter_hints(self) -> tuple[str, ...]:
        """Return ids of bindings for the footer while a filter is typed, or if no row passes it."""
        if isinstance(self.page.focused, FilterInput):
            return ("filter.complete", "filter.leave", "filter.earlier")
        if self.is_alive and self.filtering.terms and not self.table.keys:
            return ("page.escape", f"{self.page.tab}.filter", "page.refresh", "page.back")
        return ()

    def toggle_wide(self) -> None:
        """Toggle between all columns, which can be scrolled sideways, and the columns that fit."""
        self.view = self.view.replace(wide=not self.view.wide)
        self.table.wide = self.view.wide

    def back_out(self) -> bool:
        """Go back from a filter, else remove all marks; return False if there is neither."""
        if self.filtering.terms or self.filtering.is_wrong:
            self.filtering.go_back()
        elif count := len(self.marks.marked_ids):
            self.marks.unmark_all()
            notify_here(self.app, f"{plural(count, 'mark')} removed")
        else:
            return False
        return True

    # Events of the widgets.

    @on(FilterBar.Changed)
    def _filter_changed(self, message: FilterBar.Changed) -> None:
        self.filtering.set_terms(message.terms)
        self.show_rows(RowChange.FILTER)
        self.page.paint_frame()

    @on(FilterBar.Done)
    def _filter_done(self) -> None:
        self.table.focus()

    @property
    def is_complete(self) -> bool:
        """Whether the list has all rows that Studio lists, as far as is known."""
        return bool(getattr(self.page.source().snapshot.value, "has_all", True))

    @on(BigTable.Highlighted)
    def _highlighted(self, message: BigTable.Highlighted) -> None:
        message.stop()
        # Without rows there is no key. Keep the saved cursor, to restore it once its row is back.
        if message.key is not None:
            self.view = self.view.replace(cursor=message.key)
        if self.unfiltered_row is not None and message.key != self.unfiltered_row:
            self.show_rows()
        self._rest.note()
        if message.is_last and not self.is_complete and not self.filtering.terms:
            self.page.ask_for_more()

    @on(BigTable.UnseenChanged)
    def _unseen_changed(self) -> None:
        self.show_title()

    @on(BigTable.HeaderClicked)
    def _header_clicked(self, message: BigTable.HeaderClicked) -> None:
        self.order.sort_by(message.column)

    # Painting.

    def show_rows(self, change: RowChange = RowChange.ROWS) -> None:
        """Show the rows that pass the filter, sorted.

        Unless the user changed the filter, a row that the user chose stays, even if it no longer
        passes.
        """
        is_refiltered = change is RowChange.FILTER
        now, view, terms = self.page.moment(), self.view, self.filtering.terms
        passing = self.rows.ids(terms, view.sort, now, reverse=view.reverse)
        self.passing = passing
        self._passed_only_finished |= is_refiltered
        self._passed_only_finished &= bool(terms) and not self.rows.is_any_moving(passing)
        self.table.drawing.hides_unfinished = self._passed_only_finished
        chosen = None if is_refiltered else self.table.chosen
        has_left_filter = bool(terms) and chosen in self.rows and chosen not in passing
        self.unfiltered_row = chosen if has_left_filter else None
        if self.unfiltered_row is not None:
            # A key pressed at this moment must act on the row that the user sees under the cursor.
            passing = self.rows.ids(
                terms, view.sort, now, reverse=view.reverse, always_included=self.unfiltered_row
            )
        keys = self.groups.arrange(passing)
        if (cursor := self.table.cursor) is not None:
            # The row under the cursor may now be shown as part of a group.
            self.table.join_cursor_to(self.groups.row_of(cursor))
        self.table.show(keys, newest_first=self._has_newest_first, change=change)
        self._move_to_awaited(keys)
        self.marks.show()
        self.page.rows_changed()
        self.show_title()
        self.show_notice()
        self.show_preview(now)

    def show_notice(self) -> None:
        """Update the text that is shown if the table has no rows."""
        self.table.notice = why_empty(self)

    def show_preview(self, now: datetime) -> None:
        """Show the preview of the row under the cursor, unless the preview is hidden."""
        if self.view.preview:
            self._fact_sheet.show(self.page.facts_at_hand(now))

    @property
    def preview_size(self) -> Size:
        """The space for the facts in the preview."""
        return self._fact_sheet.scrollable_content_region.size

    def toggle_preview(self) -> None:
        """Show the preview if it is hidden, else hide it."""
        self.view = self.view.replace(preview=not self.view.preview)
        self.screen.set_class(not self.view.preview, "-no-preview")

    def _move_to_awaited(self, listed: Sequence[str]) -> None:
        if self._awaited_key is not None and self._awaited_key in listed:
            self.table.move_to(self._awaited_key)
            self._awaited_key = None

    def _pin_cursor_if_covered(self, screen: Screen[Any]) -> None:
        is_below = self.screen in self.app.screen_stack and screen is not self.screen
        if is_below and self.is_alive:
            self.table.pin_cursor()

    def marks_changed(self) -> None:
        """Called after marks were added or removed."""
        self.page.session.endings.watch_rows(self.marked_rows())
        self.show_title()
        self.page.paint_hints()

    def show_title(self) -> None:
        """Repaint the title, and note how many of the marked rows the filter hides."""
        title, view = self.title, self.view
        hidden = {mark for mark in view.marks if self.filtering.terms and mark in self.rows}
        self.page.hidden_marks = len(hidden.difference(self.passing, (self.unfiltered_row,)))
        title.left = (*amount_parts(self), *self.page.title_notes())
        title.right = (*unseen_parts(self.table.unseen), *order_parts(self))

    def _cursor_rests(self) -> None:
        self.page.paint_hints()
        self.show_preview(self.page.moment())
