"""The body of a list: its title, its filter, the table of rows, and the preview of one of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.getters import query_one

from studio_tui import clock
from studio_tui.presentation.columns import Column
from studio_tui.presentation.jobs.facts import Fact, Line
from studio_tui.presentation.lists.kinds import NEWEST_FIRST, Kind
from studio_tui.presentation.lists.listing import Listing
from studio_tui.service.polling.poller import Poller
from studio_tui.service.recorder.activity import Activity
from studio_tui.tui.frame.commands import Host
from studio_tui.tui.frame.list_filter import ListFilter
from studio_tui.tui.frame.list_order import ListOrder
from studio_tui.tui.frame.list_preview import ListPreview
from studio_tui.tui.frame.list_title import (
    amount_parts,
    has_all,
    notice,
    order_parts,
    unseen_parts,
)
from studio_tui.tui.frame.list_view import ListView, ViewHolder
from studio_tui.tui.frame.row_marks import RowMarks
from studio_tui.tui.widgets.bar import Bar, Part
from studio_tui.tui.widgets.big_table import BigTable
from studio_tui.tui.widgets.fact_sheet import FactSheet
from studio_tui.tui.widgets.filter_bar import MOST_VALUES, FilterBar
from studio_tui.tui.widgets.lifetime import Lifetime
from studio_tui.tui.widgets.table_painter import Cells

T = TypeVar("T")

LONGER_AGES_EVERY = 10
"""Seconds between looks at ages that are told in minutes or more."""

UNCOMPLETED = frozenset({"id", "error"})
"""Fields whose values are too many, or too long, to be offered."""


class ListHost(Host, Protocol):
    """The screen of a list, as far as its body needs that."""

    kind: Kind[Any]
    columns: ClassVar[tuple[Column, ...]]
    problems: ClassVar[str]
    place: str

    def cells_of(self, key: str) -> Cells:
        """Return the cells of a row."""

    def facts_at_hand(self, now: datetime) -> tuple[Fact | Line, ...]:
        """Return what the preview says of the row under the cursor."""

    def source(self) -> Poller[Any] | Activity:
        """Return what tells the rows."""

    def none_words(self) -> str:
        """Return what is said when there are no rows at all."""

    def ask_for_more(self) -> None:
        """Ask for older rows."""

    def arranged(self, keys: Sequence[str]) -> Sequence[str]:
        """Return the rows to be shown in place of these, such as one for many."""

    def shown(self) -> None:
        """Hear that other rows are shown, or in another order."""

    def title_notes(self) -> tuple[Part, ...]:
        """Return what else stands above the list."""

    def moment(self) -> datetime:
        """Return the time at which what is shown was true."""

    def paint_frame(self) -> None:
        """Bring header and footer up to date."""

    def paint_hints(self) -> None:
        """Show the most useful keys."""


class ListBody(Lifetime, Container, Generic[T]):
    """A table of all rows that are known, with a preview of the one under the cursor."""

    table = query_one(BigTable)

    def __init__(self, page: "ListHost", view: ListView) -> None:
        """Take the screen whose rows these are, and what is remembered of the view."""
        super().__init__(id="split")
        self._page = page
        kind = page.kind
        self.rows: Listing[T] = Listing(kind)
        self.holder = holder = ViewHolder(view)
        self.previewing = ListPreview(self, holder, page.facts_at_hand, rested=self._cursor_rests)
        self.marks = RowMarks(
            kind.noun, holder, lambda: self.table, changed=self._marks_changed, say=page.say
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
        """How many rows pass the filter, each of many that stand on one counted."""
        self._texts: Mapping[str, object] = {}
        """What rows said that does not change by itself, by their keys."""
        self._awaited: str | None = None
        """A new row that gets the cursor as soon as it is listed."""

    def compose(self) -> ComposeResult:
        """Compose the list beside or above its preview."""
        with Vertical(id="list"):
            yield Bar(id="title", filler="─")
            yield FilterBar(self._page.kind, self.holder.view.filter, self._values)
            yield BigTable(
                self._page.columns,
                self._page.cells_of,
                notice="Asking Studio…",
                id=f"{self._page.place}-table",
            )
        with Container(id="preview"):
            # A job's own page has all of its values; what enter shows of others has not.
            yield FactSheet(rest="enter shows all" if self._page.kind.noun == "job" else "")

    def on_mount(self) -> None:
        """Take up the view where it was left."""
        self.previewing.begin()
        self.table.wide = self.holder.view.wide
        self.table.begin_at(self.holder.view.cursor, line=self.holder.view.line)
        self.marks.show()
        self.order.show()
        self.show_title()

    def row_at_hand(self) -> T | None:
        """Return the row under the cursor."""
        return self.rows.get(self.table.cursor) if self.is_alive else None

    def note_line(self) -> None:
        """Note on which line the cursor is; a table that shows nothing yet has no place."""
        if self.is_alive and self.table.keys:
            self.holder.change(line=self.table.line)

    def marked_rows(self) -> list[T]:
        """Return the rows that are marked, in the order in which they were marked."""
        return [row for key in self.holder.view.marks if (row := self.rows.get(key)) is not None]

    def await_row(self, key: str) -> None:
        """Put the cursor on a row as soon as it is listed."""
        self._awaited = key
        if self.is_alive:
            self._look_for_new(self.table.keys)

    def take(self, rows: Sequence[T], *, are_all: bool = True) -> None:
        """Take over a new answer; marks of what is gone are dropped if it is all there is now."""
        self.rows.replace(rows)
        snapshot = self._page.source().snapshot
        if are_all and snapshot.value is not None and not snapshot.is_recalled:
            self.marks.drop(self.rows)
        self._page.session.endings.watch_rows(self.marked_rows())
        self.show_rows()

    def reword(self, texts: Mapping[str, object]) -> None:
        """Give columns the room of what stands there now, if rows have gone or say something else.

        `texts` are what does not change by itself, by the keys of rows.
        """
        before, self._texts = self._texts, texts
        if any(texts.get(key) != text for key, text in before.items()):
            self.table.lay_out_anew()

    def tick(self, now: datetime) -> None:
        """Let the times in sight run on; where none shows seconds, now and then is enough."""
        if self.rows.changes_with_the_second(now) or clock.now().second % LONGER_AGES_EVERY == 0:
            self.table.show_again()
            self.show_preview(now)

    def _values(self, field: str) -> Iterable[str]:
        """Return what a field says in the rows, those of the newest first, each once."""
        read = self._page.kind.fields.get(field)
        if read is None or field in UNCOMPLETED:
            return ()
        newest = islice(self.rows.values(), MOST_VALUES)
        return dict.fromkeys(value for row in newest if (value := read(row)))

    def toggle_wide(self) -> None:
        """Show all columns, or those that fit."""
        self.holder.change(wide=not self.holder.view.wide)
        self.table.wide = self.holder.view.wide

    def back_out(self) -> None:
        """Back out one level: the filter, then the marks."""
        if self.filtering.terms:
            self.filtering.show_only("")
        else:
            self.marks.unmark_all()

    # What the widgets say.

    @on(FilterBar.Changed)
    def _filter_changed(self, message: FilterBar.Changed) -> None:
        self.filtering.take(message.wanted, lambda: self.show_rows(is_refiltered=True))
        self.table.lay_out_anew()
        self._page.paint_frame()

    @on(FilterBar.Done)
    def _filter_done(self) -> None:
        self.filtering.done()

    @on(BigTable.Highlighted)
    def _highlighted(self, message: BigTable.Highlighted) -> None:
        # An empty list is no place: when the row is there again, the cursor is on it again.
        if message.key is not None:
            self.holder.change(cursor=message.key)
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
        """Show the rows that pass the filter, in their order; say whether it is another one."""
        now = self._page.moment()
        passing = self.rows.ids(
            self.filtering.terms, self.holder.view.sort, now, reverse=self.holder.view.reverse
        )
        self._passing = len(passing)
        keys = self._page.arranged(passing)
        view = self.holder.view
        newest_first = view.sort == NEWEST_FIRST and not view.reverse
        self.table.show(keys, newest_first=newest_first, is_refiltered=is_refiltered)
        self._look_for_new(keys)
        self.marks.show()
        self._page.shown()
        self.show_title()
        self.show_notice()
        self.show_preview(now)

    def show_notice(self) -> None:
        """Say why there is nothing to show."""
        known, snapshot = len(self.rows), self._page.source().snapshot
        is_filtered = bool(self.filtering.terms) and (bool(known) or not has_all(snapshot.value))
        none = "" if is_filtered else self._page.none_words()
        self.table.notice = notice(snapshot, self._page.session, self._page.kind, known, none=none)

    def show_preview(self, now: datetime) -> None:
        """Show all about the row under the cursor, if that is wished for."""
        self.previewing.show(now)

    def _look_for_new(self, listed: Sequence[str]) -> None:
        if self._awaited is not None and self._awaited in listed:
            self.table.move_to(self._awaited)
            self._awaited = None

    def _marks_changed(self) -> None:
        """Say how many are marked, and what can be done with them; care for how they end."""
        self._page.session.endings.watch_rows(self.marked_rows())
        self.show_title()
        self._page.paint_hints()

    def show_title(self) -> None:
        """Bring what stands above the list up to date."""
        title = self.query_one("#title", Bar)
        title.left = (
            *amount_parts(
                self._page.place,
                self._page.place.capitalize(),
                shown=self._passing,
                known=len(self.rows),
                answer=self._page.source().snapshot.value,
                terms=self.filtering.terms.text,
            ),
            *self._page.title_notes(),
        )
        title.right = (
            *unseen_parts(self.table.unseen),
            *order_parts(self._page.place, self._page.kind, self.holder.view),
        )

    def _cursor_rests(self) -> None:
        self._page.paint_hints()
        self.show_preview(self._page.moment())
