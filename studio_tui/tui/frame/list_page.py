"""The base of pages with a list: filter, order, marks, preview, and restoring the view."""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding

from studio_tui.presentation.columns import Column
from studio_tui.presentation.jobs.facts import Fact, FactLine
from studio_tui.presentation.lists.kinds import Kind
from studio_tui.presentation.lists.listing import Listing
from studio_tui.service.polling.snapshot import SnapshotPublisher
from studio_tui.tui.frame.commands import Basics, Command, bindings
from studio_tui.tui.frame.list_body import ListBody
from studio_tui.tui.frame.list_filter import ListFilter, filter_commands
from studio_tui.tui.frame.list_order import ListOrder, order_commands
from studio_tui.tui.frame.list_view import ListView
from studio_tui.tui.frame.page import Page
from studio_tui.tui.frame.row_marks import RowMarks, mark_commands
from studio_tui.tui.sheets import LIST_HEIGHTS, LIST_WIDTHS
from studio_tui.tui.widgets.bar import Part
from studio_tui.tui.widgets.big_table import BigTable
from studio_tui.tui.widgets.table_painter import Cells

T = TypeVar("T")


class ListCommands(NamedTuple):
    """The commands of one list, by their owner."""

    filter: tuple[Command[ListFilter[Any]], ...]
    order: tuple[Command[ListOrder], ...]
    marks: tuple[Command[RowMarks], ...]
    page: "tuple[Command[ListPage[Any]], ...]"

    @property
    def bindings(self) -> tuple[Binding, ...]:
        """The bindings of all commands."""
        return bindings(self.marks, self.filter, self.order, self.page)


def list_commands(
    tab: str,
    noun: str,
    filters: str,
    problems: str,
    sorts: Sequence[tuple[str, str, str]],
    *,
    older: str = "",
) -> ListCommands:
    """Return the commands of the list on the tab `tab`, which is the prefix of their ids.

    - `noun`: the singular noun for a row that can be marked, such as `cluster`; else empty.
    - `filters`: the terms that the help of `/` lists.
    - `problems`: the help of `!`.
    - `sorts`: see `order_commands`.
    - `older`: the plural noun for older rows that can be loaded; empty if there are none.
    """
    preview: Command[ListPage[Any]] = Command(
        f"{tab}.preview",
        "i",
        "preview",
        "Show or hide the preview",
        lambda page: page.list.toggle_preview(),
        _why_no_preview,
    )
    wide: Command[ListPage[Any]] = Command(
        f"{tab}.wide",
        "w",
        "wide",
        "Show all columns, scrolled sideways with the arrows",
        lambda page: page.list.toggle_wide(),
    )
    more: Command[ListPage[Any]] = Command(
        f"{tab}.more",
        "M",
        f"older {older}",
        f"Load older {older}",
        lambda page: page.ask_for_more(),
    )
    return ListCommands(
        filter_commands(tab, filters, problems),
        order_commands(tab, sorts),
        mark_commands(tab, noun) if noun else (),
        (preview, wide, more) if older else (preview, wide),
    )


def _why_no_preview(page: "ListPage[Any]") -> str | None:
    is_narrow = page.has_class("-narrow") and not page.is_stacked
    is_small = is_narrow or page.has_class("-low")
    return "The terminal is too small for the preview" if is_small else None


class ListPage(Page, Generic[T]):
    """A page whose body is a list with filter, order, marks and preview."""

    leads_to_pages = True
    AUTO_FOCUS = "BigTable"  # otherwise the first key pressed would go to the filter

    HORIZONTAL_BREAKPOINTS = LIST_WIDTHS
    VERTICAL_BREAKPOINTS = LIST_HEIGHTS

    kind: Kind[Any]
    columns: ClassVar[tuple[Column, ...]]
    """All columns, even those for which the terminal is too narrow."""
    problems: ClassVar[str]
    """The filter for rows with a problem, such as `status=problem`."""
    is_stacked: ClassVar[bool] = False
    """Whether the preview is below the list at any width."""
    LIST: ClassVar[ListCommands]

    def __init__(self, basics: Basics, view: ListView) -> None:
        super().__init__(basics)
        self.list: ListBody[T] = ListBody(self, view)
        self.commands.add_to(self.list.filtering, self.LIST.filter)
        self.commands.add_to(self.list.order, self.LIST.order)
        self.commands.add_to(self.list.marks, self.LIST.marks)
        self.commands.add_to(self, self.LIST.page)

    # For subclasses to override.

    @abstractmethod
    def source(self) -> SnapshotPublisher[Any]:
        """Return the source of the rows."""

    @abstractmethod
    def cells_of(self, key: str) -> Cells:
        """Return a cell for each of `columns`."""

    @abstractmethod
    def facts_at_hand(self, now: datetime) -> tuple[Fact | FactLine, ...]:
        """Return the facts in the preview."""

    @abstractmethod
    def row_hints(self) -> Iterable[str]:
        """Return what `hints` returns if `ListBody.filter_hints` is empty."""

    @abstractmethod
    def none_words(self) -> str:
        """Return the text that is shown if the list has no rows, even without its filter."""

    def ask_for_more(self) -> None:
        """Load older rows; nothing for lists that are always complete."""

    def rows_changed(self) -> None:
        """Called after the shown rows may have changed."""

    def title_notes(self) -> tuple[Part, ...]:
        """Return parts for the end of the title's left side."""
        return ()

    # Overrides of Page.

    def body(self) -> ComposeResult:
        self.set_class(self.is_stacked, "-stacked")
        yield self.list

    def hints(self) -> Iterable[str]:
        return self.list.filter_hints() or self.row_hints()

    def label(self, binding: Binding) -> str:
        return "remove filter" if binding.id == "page.escape" else super().label(binding)

    def crumbs(self) -> tuple[str, ...]:
        return (self.tab.capitalize(),)

    def source_of_age(self) -> SnapshotPublisher[Any]:
        return self.source()

    def tick(self, now: datetime) -> None:
        self.list.tick(now)

    def escape(self) -> None:
        if not self.list.back_out():
            super().escape()

    def remembered(self) -> ListView:
        """Return the view to save for the next run."""
        return self.view

    @on(events.ScreenSuspend)
    def note_place(self) -> None:
        # A tab leaves the stack when another is shown; later only places in the stack are noted.
        self.list.note_scroll_position()

    # Shortcuts to parts of the body.

    @property
    def view(self) -> ListView:
        """The state of the list that is restored by the next run."""
        return self.list.view

    @property
    def rows(self) -> Listing[T]:
        """All known rows."""
        return self.list.rows

    @property
    def table(self) -> BigTable:
        """The table of shown rows."""
        return self.list.table

    def row_at_hand(self) -> T | None:
        """Return the row under the cursor."""
        return self.rows.get(self.table.cursor) if self.list.is_alive else None

    def marked_rows(self) -> list[T]:
        """Return the marked rows, in the order in which they were marked."""
        return self.list.marked_rows()
