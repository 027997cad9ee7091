"""What lists share: the filter, the order, the marks, the preview, and the place that is kept."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container, Vertical
from textual.getters import query_one
from textual.timer import Timer

from studio_tui.presentation.cells import Tone
from studio_tui.presentation.format import plural
from studio_tui.presentation.jobs.facts import Fact, Line
from studio_tui.presentation.lists.filter_terms import Terms
from studio_tui.presentation.lists.kinds import NEWEST_FIRST, Kind
from studio_tui.presentation.lists.listing import Listing
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.dialogs import Choose
from studio_tui.tui.frame.list_view import ListView
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


def list_bindings(
    place: str, filters: str, problems: str, sorts: Sequence[tuple[str, str, str]]
) -> tuple[Binding, ...]:
    """Return the keys of a list; `sorts` are keys, columns and what an order is called."""
    return (
        Binding(
            "slash",
            "filter",
            "filter",
            key_display="/",
            id=f"{place}.filter",
            tooltip=f"Filter by {filters}",
        ),
        Binding(
            "exclamation_mark",
            "problems",
            "problems",
            key_display="!",
            id=f"{place}.problems",
            tooltip=problems,
        ),
        Binding("s", "sort", "sort", id=f"{place}.sort", tooltip="Choose the order"),
        *(
            Binding(
                key,
                f"sort_by('{column}')",
                f"by {words}",
                show=False,
                id=f"{place}.sort_{column}",
                tooltip=f"Sort by {words}; again reverses",
            )
            for key, column, words in sorts
        ),
        Binding(
            "i", "preview", "preview", id=f"{place}.preview", tooltip="Show or hide the preview"
        ),
        Binding(
            "w",
            "wide",
            "wide",
            id=f"{place}.wide",
            tooltip="All columns, scrolled sideways with the arrows",
        ),
    )


class ListPage(RowMarks, Page, Generic[T]):
    """A table of all rows that are known, with a preview of the one under the cursor."""

    AUTO_FOCUS = "BigTable"  # else the first key of all would go to the filter

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-medium"), (120, "-broad")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-high")]  # noqa: RUF012

    kind: ClassVar[Kind[Any]]
    columns: ClassVar[tuple[Column, ...]]
    problems: ClassVar[str]
    """The filter that lets only problems through."""

    preview = query_one(FactSheet)

    def __init__(
        self, session: StudioSession, home: str, view: ListView, *, read_only: bool
    ) -> None:
        """Take also what is remembered of the view."""
        super().__init__(session, home, read_only=read_only)
        self.view = view
        """What is remembered; replaced as the user goes."""
        self.rows: Listing[T] = Listing(self.kind)
        self.filter: Terms[T] = Terms(view.filter, self.kind)
        self._preview_due: Timer | None = None
        self._left_at: str | None = None
        """The row the cursor was on when a filter began to be typed."""
        self._awaited: str | None = None
        """A new row that gets the cursor as soon as it is listed."""

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

    @abstractmethod
    def ask_for_more(self) -> None:
        """Ask for older rows."""

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
        self.set_class(not self.view.preview, "-no-preview")
        self.table.wide = self.view.wide
        self.show_marks()
        self._show_sorting()

    def show_only(self, terms: str) -> None:
        """Show the rows that pass a filter, until another is typed or esc."""
        self.query_one(FilterBar).set(terms)

    def row_at_hand(self) -> T | None:
        """Return the row under the cursor."""
        return self.rows.get(self.table.cursor) if self.is_mounted else None

    def await_row(self, key: str) -> None:
        """Put the cursor on a row as soon as it is listed."""
        self._awaited = key
        if self.is_mounted:
            self._look_for_new(self.table.keys)

    def take(self, rows: Sequence[T]) -> None:
        """Take over a new answer."""
        self.rows.replace(rows)
        self.drop_marks(self.rows)
        self.show_rows()

    def tick(self, now: datetime) -> None:
        """Let the times in sight run on; where none shows seconds, now and then is enough."""
        if self.rows.changes_with_the_second(now) or now.second % LONGER_AGES_EVERY == 0:
            self.table.show_again()
            self.show_preview(now)

    # The keys.

    def action_filter(self) -> None:
        """Let a filter be typed."""
        self._left_at = self.table.cursor
        self.query_one(FilterBar).edit()

    def action_problems(self) -> None:
        """Show only problems, or everything again."""
        self.show_only("" if self.filter.text == self.problems else self.problems)

    @work(name="sort", group="dialog")
    async def action_sort(self) -> None:
        """Offer the orders."""
        choices = [(key, words) for key, (words, _) in self.kind.sorts.items()]
        chosen = await self.app.push_screen_wait(Choose("Sort by", choices, self.view.sort))
        if chosen is not None:
            self._sort(chosen, reverse=False)

    def action_sort_by(self, column: str) -> None:
        """Sort by a column; when it is sorted by that already, the other way round."""
        self._sort(column, reverse=column == self.view.sort and not self.view.reverse)

    def action_preview(self) -> None:
        """Show or hide the preview."""
        self.view = self.view.replace(preview=not self.view.preview)
        self.set_class(not self.view.preview, "-no-preview")
        self.show_preview(self.moment())

    def action_wide(self) -> None:
        """Show all columns, or those that fit."""
        self.view = self.view.replace(wide=not self.view.wide)
        self.table.wide = self.view.wide

    def action_more(self) -> None:
        """Ask for older rows."""
        self.ask_for_more()

    def action_escape(self) -> None:
        """Back out one level: the filter, then the marks."""
        if self.filter:
            self.show_only("")
        else:
            self.action_unmark_all()

    def marks_changed(self) -> None:
        """Say how many are marked, and what can be done with them."""
        self._show_title(len(self.table.keys))
        self.paint_hints()

    # What the widgets say.

    @on(FilterBar.Changed)
    def _filter_changed(self, message: FilterBar.Changed) -> None:
        self.filter = message.wanted
        self.view = self.view.replace(filter=message.wanted.text)
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
        self.view = self.view.replace(cursor=message.key)
        if self._preview_due is None:
            self._preview_due = self.set_timer(PREVIEW_AFTER, self._catch_up, name="preview")
        answer = self.answer()
        if message.is_last and not self.filter and answer is not None and not answer.has_all:
            self.ask_for_more()

    @on(BigTable.HeaderClicked)
    def _header_clicked(self, message: BigTable.HeaderClicked) -> None:
        if message.column in self.kind.sorts:
            self.action_sort_by(message.column)

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
        self._show_title(len(keys))
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
        self.view = self.view.replace(sort=column, reverse=reverse)
        self._show_sorting()
        self.show_rows()

    def _show_sorting(self) -> None:
        largest_first = (self.view.sort in self.kind.largest_first) != self.view.reverse
        self.table.sorting = Sorting(self.view.sort, descending=largest_first)
        self._show_title(len(self.table.keys))

    def _show_title(self, shown: int) -> None:
        title = self.query_one("#title", Bar)
        title.left = self._title_parts(shown)
        order = self.kind.sorts[self.view.sort][0] + (", reversed" if self.view.reverse else "")
        right = []
        if self.view.sort != NEWEST_FIRST or self.view.reverse:
            right += [Part(f" sorted by {order} ", Tone.DIM, "screen.sort"), Part("──", "rule")]
        if marks := len(self.view.marks):
            right += [Part(f" {marks:,} marked ", Tone.ACCENT), Part("──", "rule")]
        title.right = tuple(right)

    def _title_parts(self, shown: int) -> tuple[Part, ...]:
        """Say how many of the known rows are shown, and what else there is to say of the list."""
        answer, known = self.answer(), len(self.rows)
        amount = "" if answer is None else f"{shown} of {known} " if self.filter else f"{known} "
        parts = [Part("── ", "rule"), Part(f"{self.crumbs()[-1]} ", Tone.STRONG), Part(amount)]
        if answer is not None and not answer.has_all:
            parts.append(Part("newest, M loads older ", Tone.DIM, "screen.more"))
        if self.filter:
            parts.append(Part("· filter ", Tone.DIM))
            parts.append(Part(f"{self.filter.text} ", Tone.ACCENT, "screen.filter"))
        if answer is not None and answer.unreadable:
            parts.append(Part(f"{plural(answer.unreadable, 'row')} unreadable ", Tone.WARN))
        if answer is not None and answer.duplicates:
            parts.append(Part(f"{plural(answer.duplicates, 'row')} sent twice ", Tone.WARN))
        return tuple(parts)

    def _catch_up(self) -> None:
        self._preview_due = None
        self.paint_hints()
        self.show_preview(self.moment())
