"""The modes of a pipeline that are lists, with the cursor on the same job in each."""

from collections.abc import Collection, Sequence
from datetime import tzinfo

from textual.getters import query_one

from studio_tui.presentation.cells import NOTHING
from studio_tui.presentation.pipelines.graph.view_model import Known
from studio_tui.tui.pipelines.graph.dag_table import DagTable
from studio_tui.tui.pipelines.graph.layout_cache import DagShape
from studio_tui.tui.pipelines.graph.lists import (
    Listing,
    group_listing,
    kin_cell,
    table_listing,
    timeline_listing,
    tree_listing,
)
from studio_tui.tui.pipelines.graph.memory import Mode
from studio_tui.tui.widgets.table_painter import Cells


class DagRows(DagShape):
    """Mixin of the screen of a pipeline that shows rows."""

    table = query_one("#dag-list", DagTable)
    listing: Listing | None = None
    """The rows in sight; `None` in the mode that draws."""
    zone: tzinfo
    """In which times of day are told."""
    _said: tuple[Known | None, Listing | None, dict[str, Cells]] = (None, None, {})
    """The cells of rows, for as long as nothing else is known and the rows are the same."""
    _kin: tuple[object, Collection[str], Collection[str]] = (None, (), ())
    """A row among groups, the nodes and groups it waits for, and those that wait for it."""

    def show_rows(self) -> None:
        """Show the rows of the mode, with the cursor where it was."""
        if self.standing is None:
            return
        self.listing = self._listing()
        self.table.marked = self._marked_rows()
        self.table.show_as(self.listing.columns, self.listing.sorting, self.listing.keys)
        stand_in = self.stand_in()
        if stand_in is not None and stand_in != self.table.cursor:
            self.table.move_to(stand_in)

    def stand_in(self) -> str | None:
        """Return the row that stands for the cursor's node: itself, or what it is folded into."""
        listing, key = self.listing, self.view.cursor
        if listing is None or key is None:
            return None
        rows = set(listing.keys)
        if key in rows:
            return key
        group = self.group_of(key)
        return group if group in rows else listing.hidden.get(key)

    def cells_of(self, key: str) -> Cells:
        """Return the cells of a row."""
        listing = self.listing
        if listing is None or self.standing is None:
            return (NOTHING,) * len(self.table.columns)
        known = self.known()
        if self._said[0] is not known or self._said[1] is not listing:
            # The kin changes with every step of the cursor, the rest only with what is known.
            self._said = known, listing, {}
        cells = self._said[2]
        if key not in cells:
            cells[key] = listing.cells_of(key)
        _, above, below = self._kin
        return (kin_cell(key, above, below), *cells[key])

    def show_kin(self) -> None:
        """Show which rows the one under the cursor waits for, and which wait for it."""
        standing, here = self.standing, self.here()
        if standing is None or self.listing is None:
            return
        made_for = here, frozenset(self.listing.members)
        if made_for == self._kin[0]:
            return
        above: set[str] = set()
        below: set[str] = set()
        for node_id in self.members(here):
            above |= standing.plan.ancestors(node_id)
            below |= standing.plan.descendants(node_id)
        for key, members in self.listing.members.items():
            if key != here and not above.isdisjoint(members):
                above.add(key)
            if key != here and not below.isdisjoint(members):
                below.add(key)
        self._kin = made_for, above, below
        self.table.show_again()

    def show_rows_again(self) -> None:
        """Show what rows say by now, as when time has passed."""
        if self.listing is not None:
            if self.listing.titles is not None:
                self.table.columns = self.listing.titles()
            self.table.show_again()

    def zoomed(self, steps: int) -> float | None:
        """Return the seconds that the timeline shows when it is so many steps larger."""
        return self.listing.zoomed(steps) if self.listing is not None else None

    def reveal_row(self, key: str) -> None:
        """Unfold what hides a node."""
        listing = self.listing
        if listing is None or self.standing is None or key in set(listing.keys):
            return
        group = self.group_of(key)
        if self.view.mode is Mode.TREE and group is not None:
            self.change(opened=self.view.opened | {group}, folds=self.view.folds - {group})
        elif self.view.mode is Mode.TREE:
            self.change(folds=self.view.folds - self.standing.plan.ancestors(key))

    def foldable(self) -> frozenset[str]:
        """Return the rows below which others can be folded away."""
        return self.listing.foldable if self.listing is not None else frozenset()

    def row_above(self, key: str) -> str | None:
        """Return what a row stands under; `None` at the top."""
        return self.listing.above.get(key) if self.listing is not None else None

    def row_below(self, key: str) -> str | None:
        """Return the first row that stands under a row, if any does."""
        if self.listing is None:
            return None
        return next((row for row, above in self.listing.above.items() if above == key), None)

    def row_members(self, key: str) -> Sequence[str]:
        """Return the nodes that a row is about."""
        if self.listing is not None and key in self.listing.members:
            return self.listing.members[key]
        return (key,) if self.standing is not None and key in self.standing.plan.nodes else ()

    def show_marked_rows(self) -> None:
        """Show which rows are marked."""
        self.table.marked = self._marked_rows()

    def _listing(self) -> Listing:
        view = self.view
        if view.mode is Mode.TABLE:
            return table_listing(
                self.known,
                view.sort,
                reverse=view.reverse,
                layers=self.layer_of(),
                only=self.only(),
            )
        if view.mode is Mode.TIMELINE:
            return timeline_listing(self.known, self.zone, self.table.room, view.span, self.only())
        if (groups := self.groups()) is not None:
            return group_listing(self.known, groups, view.opened, view.folds, self.only())
        return tree_listing(self.known, view.folds, self.only())

    def _marked_rows(self) -> frozenset[str]:
        """Return the rows that are marked; a group is, when all of it is."""
        marks = frozenset(self.view.marks)
        if not marks or self.listing is None:
            return marks
        whole = (key for key, members in self.listing.members.items() if marks.issuperset(members))
        return marks.union(whole)
