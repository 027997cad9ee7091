"""What lists share: the filter, the order, the marks, the preview, and the place that is kept."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.getters import query_one
from textual.timer import Timer

from studio_tui import clock
from studio_tui.presentation.jobs.facts import Fact, Line
from studio_tui.presentation.lists.filter_terms import Terms
from studio_tui.presentation.lists.kinds import Kind
from studio_tui.presentation.lists.listing import Listing
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.commands import Command
from studio_tui.tui.frame.dialogs import Choose
from studio_tui.tui.frame.list_title import amount_parts, has_all, order_parts
from studio_tui.tui.frame.list_view import ListView, ViewHolder
from studio_tui.tui.frame.page import Page
from studio_tui.tui.frame.row_marks import RowMarks
from studio_tui.tui.widgets.bar import Bar, Part
from studio_tui.tui.widgets.big_table import BigTable
from studio_tui.tui.widgets.fact_sheet import FactSheet
from studio_tui.tui.widgets.filter_bar import FilterBar
from studio_tui.tui.widgets.table_layout import Column
from studio_tui.tui.widgets.table_painter import Cells, Sorting

T = TypeVar("T")

LONGER_AGES_EVERY = 10
"""Seconds between looks at ages that are told in minutes or more."""

PREVIEW_AFTER = 0.04
"""Seconds after which preview and footer follow the cursor, lest they hold a held key up."""


def list_commands(
    place: str,
    filters: str,
    problems: str,
    sorts: Sequence[tuple[str, str, str]],
    *,
    older: str = "",
) -> tuple[Command["ListPage[Any]"], ...]:
    """Return the commands of a list.

    `filters` completes the sentence of `/`, `problems` is that of `!`, `sorts` are keys, columns
    and what an order is called, and `older` is what more of can be loaded.
    """
    return (
        Command(
            f"{place}.filter",
            "slash",
            "filter",
            f"Filter by {filters}",
            lambda page: page.edit_filter(),
            display="/",
        ),
        Command(
            f"{place}.problems",
            "exclamation_mark",
            "problems",
            problems,
            lambda page: page.toggle_problems(),
            display="!",
        ),
        Command(f"{place}.sort", "s", "sort", "Choose the order", lambda page: page.choose_order()),
        *(_sort_command(place, *sort) for sort in sorts),
        Command(
            f"{place}.preview",
            "i",
            "preview",
            "Show or hide the preview",
            lambda page: page.toggle_preview(),
        ),
        Command(
            f"{place}.wide",
            "w",
            "wide",
            "All columns, scrolled sideways with the arrows",
            lambda page: page.toggle_wide(),
        ),
        *((_more_command(place, older),) if older else ()),
    )


def _more_command(place: str, noun: str) -> Command["ListPage[Any]"]:
    return Command(
        f"{place}.more",
        "M",
        f"older {noun}",
        f"Load older {noun}",
        lambda page: page.ask_for_more(),
    )


def _sort_command(place: str, key: str, column: str, words: str) -> Command["ListPage[Any]"]:
    return Command(
        f"{place}.sort_{column}",
        key,
        f"by {words}",
        f"Sort by {words}; again reverses",
        lambda page: page.sort_by(column),
    )


class ListPage(Page, Generic[T]):
    """A table of all rows that are known, with a preview of the one under the cursor."""

    AUTO_FOCUS = "BigTable"  # else the first key of all would go to the filter

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-medium"), (120, "-broad")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-high")]  # noqa: RUF012

    kind: ClassVar[Kind[Any]]
    columns: ClassVar[tuple[Column, ...]]
    problems: ClassVar[str]
    """The filter that lets only problems through."""
    own_commands: "ClassVar[tuple[Command[ListPage[Any]], ...]]"
    """Those of `list_commands`."""
    marking: ClassVar[tuple[Command[RowMarks], ...]]
    """Those of `mark_commands`."""

    table = query_one(BigTable)
    is_stacked: ClassVar[bool] = False
    """Whether the preview is below the list at any width: for lists of few rows."""

    preview = query_one(FactSheet)

    def __init__(
        self, session: StudioSession, home: str, view: ListView, *, read_only: bool
    ) -> None:
        """Take also what is remembered of the view."""
        super().__init__(session, home, read_only=read_only)
        self.holder = ViewHolder(view)
        self.marks = RowMarks(
            self.kind.noun, self.holder, lambda: self.table,
            changed=self._marks_changed, say=self.say,
        )  # fmt: skip
        self.commands.add_to(self, self.own_commands)
        self.commands.add_to(self.marks, self.marking)
        self.rows: Listing[T] = Listing(self.kind)
        self.filter: Terms[T] = Terms(view.filter, self.kind)
        self._preview_due: Timer | None = None
        self._left_at: str | None = None
        """The row the cursor was on when a filter began to be typed."""
        self._awaited: str | None = None
        """A new row that gets the cursor as soon as it is listed."""

    @property
    def view(self) -> ListView:
        """What is remembered."""
        return self.holder.view

    # What a list says of itself.

    @abstractmethod
    def cells_of(self, key: str) -> Cells:
        """Return the cells of a row."""

    @abstractmethod
    def facts_at_hand(self, now: datetime) -> tuple[Fact | Line, ...]:
        """Return what the preview says of the row under the cursor."""

    @abstractmethod
    def answer(self) -> Any:
        """Return what is known: `has_all`, `unreadable` and `duplicates` of it are told."""

    @abstractmethod
    def notice(self) -> str:
        """Return why there is nothing to show."""

    def ask_for_more(self) -> None:
        """Ask for older rows, where there can be any."""

    def shown(self) -> None:
        """Hear that other rows are shown, or in another order."""

    # The body.

    def body(self) -> ComposeResult:
        """Compose the list beside or above its preview."""
        with Container(id="split"):
            with Vertical(id="list"):
                yield Bar(id="title", filler="─")
                yield FilterBar(self.kind, self.view.filter)
                yield BigTable(
                    self.columns, self.cells_of, notice="Asking Studio…", id=f"{self.place}-table"
                )
            with Container(id="preview"):
                yield FactSheet()

    def on_mount(self) -> None:
        """Take up the view where it was left."""
        self.set_class(self.is_stacked, "-stacked")
        self.set_class(not self.view.preview, "-no-preview")
        self.table.wide = self.view.wide
        self.marks.show()
        self._show_sorting()

    def show_only(self, terms: str) -> None:
        """Show the rows that pass a filter, until another is typed or esc."""
        self.query_one(FilterBar).set(terms)

    def row_at_hand(self) -> T | None:
        """Return the row under the cursor."""
        return self.rows.get(self.table.cursor) if self.is_mounted else None

    def marked_rows(self) -> list[T]:
        """Return the rows that are marked, in the order in which they were marked."""
        return [row for key in self.view.marks if (row := self.rows.get(key)) is not None]

    def await_row(self, key: str) -> None:
        """Put the cursor on a row as soon as it is listed."""
        self._awaited = key
        if self.is_mounted:
            self._look_for_new(self.table.keys)

    def take(self, rows: Sequence[T]) -> None:
        """Take over a new answer."""
        self.rows.replace(rows)
        self.marks.drop(self.rows)
        self.show_rows()

    def tick(self, now: datetime) -> None:
        """Let the times in sight run on; where none shows seconds, now and then is enough."""
        if self.rows.changes_with_the_second(now) or clock.now().second % LONGER_AGES_EVERY == 0:
            self.table.show_again()
            self.show_preview(now)

    # The keys.

    def edit_filter(self) -> None:
        """Let a filter be typed."""
        self._left_at = self.table.cursor
        self.query_one(FilterBar).edit()

    def toggle_problems(self) -> None:
        """Show only problems, or everything again."""
        self.show_only("" if self.filter.text == self.problems else self.problems)

    async def choose_order(self) -> None:
        """Offer the orders."""
        choices = [(key, words) for key, (words, _) in self.kind.sorts.items()]
        chosen = await self.ask(Choose("Sort by", choices, self.view.sort))
        if chosen is not None:
            self._sort(chosen, reverse=False)

    def sort_by(self, column: str) -> None:
        """Sort by a column; when it is sorted by that already, the other way round."""
        self._sort(column, reverse=column == self.view.sort and not self.view.reverse)

    def toggle_preview(self) -> None:
        """Show or hide the preview."""
        self.holder.change(preview=not self.view.preview)
        self.set_class(not self.view.preview, "-no-preview")
        self.show_preview(self.moment())

    def toggle_wide(self) -> None:
        """Show all columns, or those that fit."""
        self.holder.change(wide=not self.view.wide)
        self.table.wide = self.view.wide

    def escape(self) -> None:
        """Back out one level: the filter, then the marks."""
        if self.filter:
            self.show_only("")
        else:
            self.marks.unmark_all()

    # What the widgets say.

    @on(FilterBar.Changed)
    def _filter_changed(self, message: FilterBar.Changed) -> None:
        self.filter = message.wanted
        self.holder.change(filter=message.wanted.text)
        self.show_rows()
        if self._left_at is not None:
            # A filter that is being typed passes through others that hide the row.
            self.table.move_to(self._left_at)
        self.paint_frame()

    @on(FilterBar.Done)
    def _filter_done(self) -> None:
        self._left_at = None
        self.table.focus()

    @on(BigTable.Highlighted)
    def _highlighted(self, message: BigTable.Highlighted) -> None:
        self.holder.change(cursor=message.key)
        if self._preview_due is None:
            self._preview_due = self.set_timer(PREVIEW_AFTER, self._catch_up, name="preview")
        if message.is_last and not self.filter and not has_all(self.answer()):
            self.ask_for_more()

    @on(BigTable.HeaderClicked)
    def _header_clicked(self, message: BigTable.HeaderClicked) -> None:
        if message.column in self.kind.sorts:
            self.sort_by(message.column)

    # Painting.

    def show_rows(self) -> None:
        """Show the rows that pass the filter, in their order."""
        first = not self.table.keys
        now = self.moment()
        keys = self.rows.ids(self.filter, self.view.sort, now, reverse=self.view.reverse)
        self.table.show(keys)
        self._look_for_new(keys)
        self.shown()
        if first and self.view.cursor is not None:
            self.table.move_to(self.view.cursor)
        self.show_title()
        self.show_notice()
        self.show_preview(now)

    def show_notice(self) -> None:
        """Say why there is nothing to show."""
        self.table.notice = self.notice()

    def show_preview(self, now: datetime) -> None:
        """Show all about the row under the cursor, if that is wished for."""
        if self.view.preview:
            self.preview.show(self.facts_at_hand(now))

    def _look_for_new(self, listed: Sequence[str]) -> None:
        if self._awaited is not None and self._awaited in listed:
            self.table.move_to(self._awaited)
            self._awaited = None

    def _sort(self, column: str, *, reverse: bool) -> None:
        self.holder.change(sort=column, reverse=reverse)
        self._show_sorting()
        self.show_rows()

    def _show_sorting(self) -> None:
        largest_first = (self.view.sort in self.kind.largest_first) != self.view.reverse
        self.table.sorting = Sorting(self.view.sort, descending=largest_first)
        self.show_title()

    def _marks_changed(self) -> None:
        """Say how many are marked, and what can be done with them."""
        self.show_title()
        self.paint_hints()

    def show_title(self) -> None:
        """Bring what stands above the list up to date."""
        title = self.query_one("#title", Bar)
        title.left = self.title_parts(len(self.table.keys))
        title.right = order_parts(self.place, self.kind, self.view)

    def title_parts(self, shown: int) -> tuple[Part, ...]:
        """Return what stands above the list."""
        known, terms = len(self.rows), self.filter.text
        return amount_parts(
            self.place,
            self.crumbs()[-1],
            shown=shown,
            known=known,
            answer=self.answer(),
            terms=terms,
        )

    def _catch_up(self) -> None:
        self._preview_due = None
        self.paint_hints()
        self.show_preview(self.moment())
