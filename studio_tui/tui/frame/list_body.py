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
from textual.screen import ModalScreen, Screen

from studio_tui import clock
from studio_tui.presentation.jobs.facts import Fact, FactLine
from studio_tui.presentation.lists.kinds import NEWEST_FIRST
from studio_tui.presentation.lists.listing import Listing
from studio_tui.tui.frame.list_filter import ListFilter
from studio_tui.tui.frame.list_order import ListOrder
from studio_tui.tui.frame.list_title import (
    amount_parts,
    has_all,
    notice,
    order_parts,
    unseen_parts,
)
from studio_tui.tui.frame.list_view import ListView, ViewHolder
from studio_tui.tui.frame.row_marks import RowMarks
from studio_tui.tui.quick_handlers import FindsHandlersOnce
from studio_tui.tui.widgets.bar import Bar
from studio_tui.tui.widgets.big_table import BigTable
from studio_tui.tui.widgets.fact_sheet import FactSheet
from studio_tui.tui.widgets.filter_bar import FilterBar
from studio_tui.tui.widgets.lifetime import Lifetime
from studio_tui.tui.widgets.rest import Rest

if TYPE_CHECKING:
    from studio_tui.tui.frame.list_page import ListPage


class ListPreview:
    """The preview of one list."""

    def __init__(
        self,
        body: Container,
        holder: ViewHolder,
        facts: Callable[[datetime], tuple[Fact | FactLine, ...]],
        *,
        rested: Callable[[], None],
    ) -> None:
        """Show `facts` of a time in `body`; `rested` is called once the cursor has stopped
        moving."""
        self._body = body
        self._holder = holder
        self._facts = facts
        self._rest = Rest(body, rested)

    def begin(self) -> None:
        """Show or hide the preview, as saved in the view."""
        self._body.screen.set_class(not self._holder.view.preview, "-no-preview")

    def toggle(self) -> None:
        """Toggle the preview."""
        self._holder.change(preview=not self._holder.view.preview)
        self.begin()

    def show(self, now: datetime) -> None:
        """Show the row under the cursor, unless the preview is hidden."""
        if self._holder.view.preview:
            self._body.query_one(FactSheet).show(self._facts(now))

    @property
    def size(self) -> Size:
        """The columns and rows available for facts."""
        return self._body.query_one(FactSheet).scrollable_content_region.size

    def follow(self) -> None:
        """Update the preview once the cursor has stopped moving."""
        self._rest.moved()


T = TypeVar("T")

LONGER_AGES_EVERY = 10
"""Seconds between updates of ages shown in minutes or longer units."""

UNCOMPLETED = frozenset({"id", "error"})
"""Fields that are not completed, as they have too many or too long values."""

ROWS_SEARCHED = 5000
"""Maximum number of rows searched for values to complete."""


class ListBody(Lifetime, FindsHandlersOnce, Container, Generic[T]):
    """A table of all known rows, with a preview of the row under the cursor."""

    table = query_one(BigTable)
    title = query_one("#title", Bar)

    def __init__(self, page: "ListPage[T]", view: ListView) -> None:
        super().__init__(id="split")
        self._page = page
        kind = page.kind
        self.rows: Listing[T] = Listing(kind)
        self.holder = holder = ViewHolder(view)
        self.previewing = ListPreview(self, holder, page.facts_at_hand, rested=self._cursor_rests)
        self.marks = RowMarks(
            kind.noun,
            holder,
            lambda: self.table,
            changed=self._marks_changed,
            notify=page.notify_user,
            unfiltered_row=lambda: self._kept,
            is_filter_wrong=lambda: self.is_alive and self.filtering.is_wrong,
        )
        self.order = ListOrder(
            kind, holder, lambda: self.table, ask=page.ask, changed=self.show_rows
        )
        self.filtering: ListFilter[T] = ListFilter(
            kind,
            holder,
            page.problems,
            bar=lambda: self.query_one(FilterBar),
            table=lambda: self.table,
        )
        self._passing = 0
        """How many rows pass the filter; each row of a group counts."""
        self._kept: str | None = None
        """The row under the cursor, if it is shown although it no longer passes the filter."""
        self._ages_at = 0
        """The ten seconds in which longer ages were shown."""
        self.is_recorded: Callable[[str | None], bool] = lambda _: False
        """Whether a row is one that Studio no longer lists."""
        self._awaited: str | None = None
        """A new row to which the cursor moves as soon as it is listed."""

    def compose(self) -> ComposeResult:
        with Vertical(id="list"):
            yield Bar(id="title", filler="─")
            yield FilterBar(self._page.kind, self.holder.view.filter, self._values)
            yield BigTable(
                self._page.columns,
                self._page.cells_of,
                notice="Loading…",
                id=f"{self._page.tab}-table",
            )
        with Container(id="preview"):
            # Only a job's own page shows every value; the pages of other kinds do not.
            yield FactSheet(rest="enter shows all" if self._page.kind.noun == "job" else "")

    def on_mount(self) -> None:
        """Restore the view, and watch for pages over this one."""
        self.app.screen_change_signal.subscribe(self, self._hold_cursor)
        self.previewing.begin()
        self.table.wide = self.holder.view.wide
        view = self.holder.view
        self.table.memory.recall(view.contents)
        self.table.begin_at(view.cursor, line=view.line, sideways=view.sideways)
        self.marks.show()
        self.order.show()
        self.show_title()

    def row_at_hand(self) -> T | None:
        """Return the row under the cursor."""
        return self.rows.get(self.table.cursor) if self.is_alive else None

    def note_line(self) -> None:
        """Save the scroll position in the view, unless the table is still empty."""
        if self.is_alive and self.table.keys:
            table = self.table
            is_recorded = self.is_recorded(table.cursor)
            self.holder.change(
                line=table.line,
                sideways=table.sideways,
                recorded=is_recorded,
                contents=self.kept_contents,
            )

    @property
    def kept_contents(self) -> tuple[int, ...]:
        """The saved contents of the columns; see `ColumnMemory`.

        If all rows are finished, the next start has no empty columns for what was in progress.
        """
        memory = self.table.memory
        return memory.contents if self.rows.has_moving else memory.lasting

    def marked_rows(self) -> list[T]:
        """Return the marked rows, in the order in which they were marked."""
        return [row for key in self.holder.view.marks if (row := self.rows.get(key)) is not None]

    def await_row(self, key: str) -> None:
        """Move the cursor to a row as soon as it is listed."""
        self._awaited = key
        if self.is_alive:
            self._move_to_awaited(self.table.keys)

    def take(self, rows: Sequence[T], *, are_all: bool = True) -> None:
        """Show new rows; if they are all there are, drop the marks of rows that are gone."""
        self.rows.replace(rows)
        snapshot = self._page.source().snapshot
        if are_all and snapshot.value is not None and not snapshot.is_recalled:
            self.marks.drop(self.rows)
        self._page.session.endings.watch_rows(self.marked_rows())
        self.show_rows()

    def tick(self, now: datetime) -> None:
        """Update the times shown: every second if any shows seconds, else every ten seconds."""
        before, self._ages_at = self._ages_at, int(clock.now().timestamp()) // LONGER_AGES_EVERY
        if self.rows.changes_with_the_second(now) or before != self._ages_at:
            self.table.show_again()
            self.show_preview(now)

    def _values(self, field: str) -> Iterable[str]:
        """Return the distinct values of a field, from the newest rows."""
        read = self._page.kind.fields.get(field)
        if read is None or field in UNCOMPLETED:
            return ()
        newest = islice(self.rows.values(), ROWS_SEARCHED)
        return dict.fromkeys(value for row in newest if (value := read(row)))

    def toggle_wide(self) -> None:
        """Toggle between all columns and those that fit."""
        self.holder.change(wide=not self.holder.view.wide)
        self.table.wide = self.holder.view.wide

    def back_out(self) -> None:
        """Go back from the filter, also from an invalid one; if there is none, clear the marks."""
        if self.filtering.terms or self.filtering.is_wrong:
            self.filtering.go_back()
        else:
            self.marks.unmark_all()

    # Events of the widgets.

    @on(FilterBar.Changed)
    def _filter_changed(self, message: FilterBar.Changed) -> None:
        self.filtering.take(message.wanted, lambda: self.show_rows(is_refiltered=True))
        self._page.paint_frame()

    @on(FilterBar.Done)
    def _filter_done(self) -> None:
        self.filtering.done()

    @on(BigTable.Highlighted)
    def _highlighted(self, message: BigTable.Highlighted) -> None:
        message.stop()
        # Keep the cursor when the list is empty, to restore it once the row is back.
        if message.key is not None:
            self.holder.change(cursor=message.key)
        if self._kept is not None and message.key != self._kept:
            self.show_rows()
        self.previewing.follow()
        if (
            message.is_last
            and not self.filtering.terms
            and not has_all(self._page.source().snapshot.value)
        ):
            self._page.ask_for_more()

    @on(BigTable.UnseenChanged)
    def _unseen_changed(self) -> None:
        self.show_title()

    @on(BigTable.HeaderClicked)
    def _header_clicked(self, message: BigTable.HeaderClicked) -> None:
        self.order.sort_by(message.column)

    # Painting.

    def show_rows(self, *, is_refiltered: bool = False) -> None:
        """Show the rows that pass the filter, sorted; `is_refiltered` if the filter has changed."""
        now, view, terms = self._page.moment(), self.holder.view, self.filtering.terms
        passing = self.rows.ids(terms, view.sort, now, reverse=view.reverse)
        self._passing = len(passing)
        chosen = None if is_refiltered else self.table.chosen
        self._kept = chosen if terms and chosen in self.rows and chosen not in passing else None
        if self._kept is not None:
            # A key pressed at this moment must hit the row that the user sees under the cursor.
            passing = self.rows.ids(terms, view.sort, now, reverse=view.reverse, also=self._kept)
        keys = self._page.row_keys(passing)
        if terms and not is_refiltered and self.table.chosen is not None:
            # Whoever filters reads a row, and does not watch the newest come in.
            self.table.hold_cursor()
        newest_first = view.sort == NEWEST_FIRST and not view.reverse
        if (cursor := self.table.cursor) is not None:
            self.table.join_cursor_to(self._page.row_of(cursor))
        self.table.show(keys, newest_first=newest_first, is_refiltered=is_refiltered)
        self._move_to_awaited(keys)
        self.marks.show()
        self._page.rows_changed()
        self.show_title()
        self.show_notice()
        self.show_preview(now)

    def show_notice(self) -> None:
        """Show why the list is empty."""
        count, snapshot = len(self.rows), self._page.source().snapshot
        is_filtered = bool(self.filtering.terms) and (bool(count) or not has_all(snapshot.value))
        none = "" if is_filtered else self._page.none_words()
        self.table.notice = notice(snapshot, self._page.session, self._page.kind, count, none=none)

    def show_preview(self, now: datetime) -> None:
        """Show the preview of the row under the cursor, unless previews are off."""
        self.previewing.show(now)

    def _move_to_awaited(self, listed: Sequence[str]) -> None:
        if self._awaited is not None and self._awaited in listed:
            self.table.move_to(self._awaited)
            self._awaited = None

    def _hold_cursor(self, screen: Screen[Any]) -> None:
        """Keep the cursor on its row while a page is over this one, and after that."""
        is_below = self.screen in self.app.screen_stack and screen is not self.screen
        if is_below and self.is_alive and not isinstance(screen, ModalScreen):
            self.table.hold_cursor()

    def _marks_changed(self) -> None:
        """Update what depends on the marks: the title, the hints and the notices of endings."""
        self._page.session.endings.watch_rows(self.marked_rows())
        self.show_title()
        self._page.paint_hints()

    def show_title(self) -> None:
        """Repaint the title."""
        title = self.title
        title.left = (
            *amount_parts(
                self._page.tab,
                self._page.tab.capitalize(),
                shown=self._passing,
                known=len(self.rows),
                answer=self._page.source().snapshot.value,
                terms=self.filtering.terms.text,
                is_kept=self._kept is not None,
            ),
            *self._page.title_notes(),
        )
        title.right = (
            *unseen_parts(self.table.unseen),
            *order_parts(self._page.tab, self._page.kind, self.holder.view),
        )

    def _cursor_rests(self) -> None:
        self._page.paint_hints()
        self.show_preview(self._page.moment())
