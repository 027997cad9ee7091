"""The display options of a pipeline: mode, grouping, problems, folds and order."""

from typing import Any, ClassVar

from studio_tui.presentation.choices import next_choice
from studio_tui.presentation.pipelines.views.lanes import MOST_LANES
from studio_tui.presentation.pipelines.views.table import SORTS
from studio_tui.tui.frame.commands import Command
from studio_tui.tui.pipelines.graph.cursor import Cursor
from studio_tui.tui.pipelines.graph.drawer import Drawer
from studio_tui.tui.pipelines.graph.memory import Mode
from studio_tui.tui.pipelines.graph.state import GraphState
from studio_tui.tui.pipelines.graph.views import Views


class ViewModes:
    """Controller of the display options on a pipeline's page."""

    def __init__(self, state: GraphState, views: Views, cursor: Cursor, drawer: Drawer) -> None:
        self._state = state
        self._cursor = cursor
        self._structure = state.structure
        self._rows = views.rows
        self._drawing = views.drawing
        self._drawer = drawer

    def step(self, step: int) -> None:
        """Switch to the next mode, or with a `step` of -1 to the previous one."""
        self._state.change(mode=next_choice(self._state.view.mode, step))

    def toggle(self, option: str) -> None:
        """Turn an option on or off, given the name of its field in `DagPlace`."""
        self._state.change(**{option: not getattr(self._state.view, option)})

    def group(self) -> None:
        """Switch to the next grouping; no group then lists all of its jobs."""
        grouping = next_choice(self._state.view.grouping)
        self._state.change(grouping=grouping, opened=frozenset[str]())

    def why_not_fold(self) -> str | None:
        if reason := self._state.why_unknown():
            return reason
        if self._state.view.mode is not Mode.TREE:
            return "Only the tree can be folded; m goes there"
        if self._state.view.lanes and self._structure.has_lanes:
            return "A tree with lanes cannot be folded; B hides the lanes"
        return None

    def fold_all(self) -> None:
        """Collapse all rows and groups that the shown list can collapse."""
        folds = self._state.view.folds | self._rows.listing.foldable
        self._state.change(folds=folds, opened=frozenset[str]())

    def unfold_all(self) -> None:
        self._state.change(folds=frozenset[str](), opened=self._structure.group_keys())

    def why_not_lanes(self) -> str | None:
        if reason := self._state.why_unknown():
            return reason
        if self._state.view.mode is not Mode.TREE:
            return "Lanes are shown in the tree; m goes there"
        if self._structure.groups() is not None:
            return "Jobs are grouped; b shows each of them"
        if self._state.view.lanes or self._structure.lanes() is not None:
            return None
        return f"More than {MOST_LANES} lanes would be needed; & shows fewer jobs"

    def why_not_edges(self) -> str | None:
        if reason := self._state.why_unknown():
            return reason
        if self._state.view.mode is not Mode.GRAPH:
            return "Only the graph omits edges"
        return None if self._drawing.leaves_edges_out else "All edges are drawn"

    def why_not_names(self) -> str | None:
        if self._state.view.mode is Mode.GRAPH:
            return None
        return "Only the graph shortens names; elsewhere they are as long as there is room"

    def sort_by(self, column: str) -> None:
        """Sort the table by a column, if possible; if already sorted by it, reverse the order."""
        view = self._state.view
        if view.mode is Mode.TABLE and column in SORTS:
            again = column == view.sort
            self._state.change(sort=column, reverse=again and not view.reverse)

    def collapse_or_go_up(self) -> None:
        """Collapse the row under the cursor; if there is nothing to collapse, go to its parent.

        A group that lists all of its jobs then lists only a few. A table or timeline scrolls to
        the left.
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
        """Switch to the tree, and list all or a few jobs of a group; `key` is one of its rows."""
        is_heading = key in self._structure.group_keys()
        self._open(key if is_heading else self._rows.listing.above.get(key, key))

    def _open(self, key: str) -> None:
        view = self._state.view
        self._state.change(opened=view.opened ^ {key}, folds=view.folds - {key}, mode=Mode.TREE)

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "graph.mode",
            "m,right_square_bracket",
            "mode",
            "Switch to the next mode: tree, graph, timeline, table",
            lambda modes: modes.step(1),
        ),
        Command(
            "graph.previous_mode",
            "left_square_bracket",
            "previous mode",
            "Switch to the previous mode",
            lambda modes: modes.step(-1),
        ),
        Command(
            "graph.drawer",
            "i",
            "drawer",
            "Show or hide the details of the job: what it waits for, what waits for it",
            lambda self: self._state.change(drawer=not self._drawer.is_shown),
        ),
        Command(
            "graph.problems",
            "exclamation_mark",
            "problems",
            "Show only what failed and what it blocks, or all again",
            lambda modes: modes.toggle("problems"),
        ),
        Command(
            "graph.group",
            "b",
            "group",
            "Group jobs that are alike: auto, by name, not at all",
            group,
        ),
        Command(
            "graph.fold_all",
            "less_than_sign",
            "fold all",
            "Fold everything that can be folded",
            fold_all,
            why_not_fold,
        ),
        Command(
            "graph.unfold_all",
            "greater_than_sign",
            "unfold all",
            "Show every job",
            unfold_all,
            why_not_fold,
        ),
        Command(
            "graph.critical",
            "C",
            "critical path",
            "Highlight the jobs that decide when the pipeline ends",
            lambda modes: modes.toggle("critical"),
        ),
        Command(
            "graph.names",
            "w",
            "names",
            "Show short or full names",
            lambda modes: modes.toggle("full_names"),
            why_not_names,
        ),
        Command(
            "graph.lanes",
            "B",
            "lanes",
            "Show the tree with one line per job, and its edges in lanes beside it",
            lambda modes: modes.toggle("lanes"),
            why_not_lanes,
        ),
        Command(
            "graph.edges",
            "E",
            "all edges",
            "Draw redundant edges too, or omit them",
            lambda modes: modes.toggle("all_edges"),
            why_not_edges,
        ),
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
