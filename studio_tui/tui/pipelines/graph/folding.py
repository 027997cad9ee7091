"""Collapsing and expanding a pipeline at the cursor."""

from typing import Any, ClassVar

from studio_tui.tui.frame.commands import Command
from studio_tui.tui.pipelines.graph.cursor import Cursor
from studio_tui.tui.pipelines.graph.memory import Mode
from studio_tui.tui.pipelines.graph.rows_view import RowsView
from studio_tui.tui.pipelines.graph.state import GraphState
from studio_tui.tui.pipelines.graph.structure import GraphStructure


class Folding:
    """Controller of the collapsed and expanded rows of a pipeline."""

    def __init__(
        self, state: GraphState, structure: GraphStructure, rows: RowsView, cursor: Cursor
    ) -> None:
        self._state = state
        self._structure = structure
        self._rows = rows
        self._cursor = cursor

    def collapse_or_go_up(self) -> None:
        """Collapse the row under the cursor; if there is nothing to collapse, go to its parent.

        A group that lists all of its jobs first lists fewer. A table or timeline scrolls to the
        left.
        """
        view, key = self._state.view, self._cursor.here()
        if key is None:
            return
        if key in view.opened:
            self._state.change(opened=view.opened - {key})
        elif view.mode is not Mode.TREE:
            self._rows.widget.action_columns(-1)
        elif key in self._rows.listing.foldable - view.folds:
            self._state.change(folds=view.folds | {key})
        elif (above := self._rows.listing.above.get(key)) is not None:
            self._cursor.go(above)

    def expand_or_go_down(self) -> None:
        """Expand the row under the cursor; if there is nothing to expand, go to its first child.

        A group then lists all of its jobs. A table or timeline scrolls to the right.
        """
        view, key = self._state.view, self._cursor.here()
        if key is None:
            return
        if key in self._structure.group_keys() - view.opened - view.folds:
            self._open(key)
        elif view.mode is not Mode.TREE:
            self._rows.widget.action_columns(1)
        elif key in view.folds:
            self._state.change(folds=view.folds - {key})
        elif (below := self._rows.listing.first_below(key)) is not None:
            self._cursor.go(below)

    def open_group(self, key: str) -> None:
        """Go to the tree, and toggle between all jobs of a group and a few; `key` is of its row."""
        is_heading = key in self._structure.group_keys()
        self._open(key if is_heading else self._rows.listing.above.get(key, key))

    def _open(self, key: str) -> None:
        view = self._state.view
        self._state.change(opened=view.opened ^ {key}, folds=view.folds - {key}, mode=Mode.TREE)

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "graph.leave",
            "h,left",
            "fold",
            "Fold the tree here; if it is folded, go to the job above",
            collapse_or_go_up,
            lambda self: self._state.why_unknown(),
        ),
        Command(
            "graph.enter",
            "right",
            "unfold",
            "Unfold the tree here; if it is unfolded, go to the first job below",
            expand_or_go_down,
            lambda self: self._state.why_unknown(),
        ),
    )
