"""The modes of a pipeline that have rows, with the cursor on the same job in each."""

from collections.abc import Collection, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from studio_tui import clock
from studio_tui.presentation.cells import NOTHING
from studio_tui.presentation.columns import Column
from studio_tui.presentation.pipelines.graph.view_model import ViewModel
from studio_tui.tui.pipelines.graph.graph_view import Resized
from studio_tui.tui.pipelines.graph.lists import (
    NO_ROWS,
    JobListing,
    group_listing,
    lane_listing,
    relation_cell,
    table_listing,
    timeline_listing,
    tree_listing,
)
from studio_tui.tui.pipelines.graph.memory import Mode
from studio_tui.tui.pipelines.graph.state import GraphState
from studio_tui.tui.widgets.big_table import BigTable
from studio_tui.tui.widgets.table_painter import GUTTER, Cells, Sorting

_SIDEWAYS = {"table.left", "table.right"}
"""Ids of the bindings of `BigTable` for keys that the screen handles."""


class DagTable(BigTable, inherit_bindings=False):
    """A table with replaceable columns; the screen handles the keys `left` and `right`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        binding
        for binding in BigTable.BINDINGS
        if isinstance(binding, Binding) and binding.id not in _SIDEWAYS
    ]

    def show_as(
        self, columns: tuple[Column, ...], sorting: Sorting | None, keys: Sequence[str]
    ) -> None:
        """Replace columns and rows together, without painting the old rows in between."""
        if columns != self.columns:
            self.set_reactive(BigTable.columns, columns)
        self.set_reactive(BigTable.sorting, sorting)
        self.show(keys)

    @property
    def room(self) -> int:
        """Width available for all columns and their gaps, in cells."""
        return (self.scrollable_content_region.width or self.screen.size.width - 1) - GUTTER

    def on_resize(self) -> None:
        self.post_message(Resized())

    @property
    def corner(self) -> tuple[int, int]:
        """The cells and lines hidden at the left and above."""
        return 0, self.top

    @property
    def shows_cursor(self) -> bool:
        """Whether the row under the cursor is visible."""
        return self._viewport.has_cursor

    def reveal(self) -> None:
        """Scroll as little as needed to make the row under the cursor visible."""
        if self._viewport.rows:
            self._viewport.reveal()

    def scroll_row_to_top(self, top: int) -> None:
        """Scroll a row to the top, as far as possible."""
        self.scroll_to(y=min(top, self.max_scroll_y), animate=False, force=True)

    def center(self) -> None:
        """Scroll the row under the cursor to the middle, as far as possible."""
        self.scroll_row_to_top(max(0, self._cursor.index - self._viewport.rows // 2))


class RowsView:
    """A pipeline as rows of the current mode: tree, timeline or table."""

    listing = NO_ROWS
    """The shown rows; `NO_ROWS` in graph mode, and until Studio has answered."""
    _cached_cells: tuple[ViewModel | None, JobListing, dict[str, Cells]] = (None, NO_ROWS, {})
    """A cache of cells by row, after the view model and the listing for which it is valid."""
    _relatives: tuple[object, Collection[str], Collection[str]] = (None, (), ())
    """What the relatives depend on, then the ancestors and descendants."""

    def __init__(self, state: GraphState) -> None:
        self.widget = DagTable((), self.cells_of, notice="Loading…", id="dag-list")
        self._state = state
        self._structure = state.structure
        self._zone = clock.zone()

    # The interface of all modes, which `DrawingView` has too.

    @property
    def cursor(self) -> str | None:
        """The key of the node, group or other row under the cursor; `None` if there is none."""
        return self.widget.cursor

    def scroll_corner_to(self, left: int, top: int) -> None:  # noqa: ARG002 (drawings need it)
        """Scroll so that the cell at (`left`, `top`) is in the upper left corner, if possible."""
        self.widget.scroll_row_to_top(top)

    def show(self) -> None:
        """Show the present state, with the cursor where it was."""
        if not self._state.is_loaded:
            return
        self.listing = self._listing()
        self.widget.marked = self._state.marked_keys(self.listing.members)
        self.widget.show_as(self.listing.columns, self.listing.sorting, self.listing.keys)
        visible_key = self._visible_key()
        if visible_key is not None and visible_key != self.cursor:
            self.widget.move_to(visible_key)
        self.show_relatives()

    def hide(self) -> None:
        """Release the content, as another mode is shown."""
        self.listing = NO_ROWS

    def repaint(self) -> None:
        """Repaint the lines that have changed, for example as time has passed."""
        if self.listing.titles is not None:
            self.widget.columns = self.listing.titles()
        self.widget.show_again()

    def show_marks(self) -> None:
        self.widget.marked = self._state.marked_keys(self.listing.members)

    def show_relatives(self) -> None:
        """Show the ancestors and descendants of the job under the cursor."""
        plan, here = self._state.loaded.plan, self.cursor
        depends_on = here, plan.shape, self.listing.members
        if depends_on == self._relatives[0]:
            return
        nodes = self.members(here) if here is not None else ()
        above, below = {*plan.ancestors(*nodes)}, {*plan.descendants(*nodes)}
        for key, members in self.listing.members.items():
            if key != here and not above.isdisjoint(members):
                above.add(key)
            if key != here and not below.isdisjoint(members):
                below.add(key)
        self._relatives = depends_on, above, below
        self.widget.show_again()

    def go(self, key: str) -> None:
        """Move the table's cursor to `key`, to which the state's cursor is already set.

        A tree first expands the rows above it.
        """
        self._unfold(key)
        self.widget.move_to(key)

    def members(self, key: str) -> Sequence[str]:
        """Return the shown nodes of a group, or the node itself; empty for an unknown `key`."""
        if key in self.listing.members:
            return self.listing.members[key]
        return (key,) if key in self._state.loaded.plan.nodes else ()

    def all_keys(self) -> Sequence[str]:
        """Return the keys of all rows or boxes, visible or not."""
        return self.listing.keys

    def order(self) -> Sequence[str]:
        """Return the nodes in the order shown; empty in a tree, which can hide nodes."""
        if self.listing.is_tree:
            return ()
        has_rows_below = set(self.listing.above.values()) if self.listing.members else ()
        rows = (key for key in self.listing.keys if key not in has_rows_below)
        return [node_id for key in rows for node_id in self.members(key)]

    def in_sight(self) -> Sequence[str]:
        """Return the visible nodes and groups."""
        return self.widget.keys_in_sight

    # Specific to rows.

    def cells_of(self, key: str) -> Cells:
        """Return the cells of a row."""
        listing = self.listing
        if listing is NO_ROWS:
            return (NOTHING,) * len(self.widget.columns)
        model = self._state.view_model()
        if self._cached_cells[0] is not model or self._cached_cells[1] is not listing:
            # The relation, which changes with each step of the cursor, is not in the cache.
            self._cached_cells = model, listing, {}
        cells = self._cached_cells[2]
        if key not in cells:
            cells[key] = listing.cells_of(key)
        _, above, below = self._relatives
        return (relation_cell(key, above, below), *cells[key])

    def legend_signs(self) -> Collection[str]:
        """Return the signs that the bars of a timeline have now; none in other modes."""
        return self.listing.legend_signs()

    def note_cursor(self) -> None:
        """Save the row to which the user has moved, unless it contains the saved node."""
        if self.listing is not NO_ROWS and self.cursor != self._visible_key():
            self._state.note(cursor=self.cursor)

    def _visible_key(self) -> str | None:
        """Return the row for the saved cursor: its own, its group's, or the one that hides it."""
        keys, key = set(self.listing.keys), self._state.view.cursor
        if key is None:
            return None
        return self._structure.visible_key(key, keys) or self.listing.hidden.get(key)

    def _unfold(self, key: str) -> None:
        view = self._state.view
        if key in self.listing.keys:
            return
        group = self._structure.group_of(key)
        if view.mode is Mode.TREE and group is not None:
            self._state.change(opened=view.opened | {group}, folds=view.folds - {group})
        elif view.mode is Mode.TREE:
            self._state.change(folds=view.folds - self._state.loaded.plan.ancestors(key))

    def _listing(self) -> JobListing:
        view, view_model, only = self._state.view, self._state.view_model, self._state.shown_nodes()
        room = self.widget.room
        if view.mode is Mode.TABLE:
            return table_listing(view_model, view.sort, reverse=view.reverse, room=room, only=only)
        if view.mode is Mode.TIMELINE:
            return timeline_listing(view_model, self._zone, room, only)
        if (groups := self._structure.groups()) is not None:
            return group_listing(
                view_model, groups, view.opened, view.folds, room=room,
                whole=self._structure.all_groups(), is_filter=bool(view.filter),
            )  # fmt: skip
        if view.lanes and (rows := self._structure.lanes()) is not None:
            return lane_listing(
                view_model, rows, self._structure.lanes(ignore_filter=True) or rows, room
            )
        whole = self._structure.whole_tree(self._state.loaded.plan)
        return tree_listing(view_model, self._structure.tree_rows(), whole, room)
