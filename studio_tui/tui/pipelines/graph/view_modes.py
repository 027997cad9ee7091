"""How a pipeline is shown: in which mode, what is folded, what stands out."""

from abc import abstractmethod

from textual.getters import query_one

from studio_tui.presentation.pipelines.views.groups import Group
from studio_tui.presentation.pipelines.views.table import SORTS
from studio_tui.tui.pipelines.graph.base import DagHost
from studio_tui.tui.pipelines.graph.dag_table import DagTable
from studio_tui.tui.pipelines.graph.memory import Grouping, Mode

MODES = tuple(Mode)


class DagShowing(DagHost):
    """Mixin of the screen of a pipeline whose view can be changed."""

    table = query_one("#dag-list", DagTable)

    @abstractmethod
    def has_drawer(self) -> bool:
        """Whether the drawer is in sight."""

    @abstractmethod
    def zoomed(self, steps: int) -> float | None:
        """Return the seconds that the timeline shows when it is so many steps larger."""

    @abstractmethod
    def foldable(self) -> frozenset[str]:
        """Return the nodes below which the tree can be folded."""

    @abstractmethod
    def groups(self) -> tuple[Group, ...] | None:
        """Return the groups in which jobs are shown; `None` where each stands by itself."""

    def group_keys(self) -> frozenset[str]:
        """Return the keys of the groups of several jobs."""
        return frozenset(each.key for each in self.groups() or () if not each.is_alone)

    @abstractmethod
    def row_above(self, key: str) -> str | None:
        """Return what a row of the tree stands under; `None` at the top."""

    @abstractmethod
    def row_below(self, key: str) -> str | None:
        """Return the first row that stands under a row of the tree, if any does."""

    def why_not_show(self, action: str) -> str | None:
        """Return why it cannot be shown so now, in words; `None` when it can."""
        mode = self.view.mode
        if action in {"zoom(1)", "zoom(-1)"}:
            if mode is not Mode.TIMELINE:
                return "Only the timeline can be zoomed"
            if self.zoomed(1 if action == "zoom(1)" else -1) == self.view.span:
                return "The timeline shows all" if action == "zoom(-1)" else "It is at its largest"
        if action == "names" and mode is not Mode.GRAPH:
            return "Only the graph shortens names; elsewhere they are as long as there is room"
        return None

    def action_mode(self, step: int) -> None:
        """Show the pipeline in the next mode, with the cursor on the same job."""
        self.action_show_as(MODES[(MODES.index(self.view.mode) + step) % len(MODES)])

    def action_show_as(self, mode: str) -> None:
        """Show the pipeline in a mode."""
        self.change(mode=Mode(mode))

    def action_drawer(self) -> None:
        """Show or hide the drawer."""
        self.change(drawer=not self.has_drawer())

    def action_problems(self) -> None:
        """Show only problems and what they block, or everything again."""
        self.change(problems=not self.view.problems)

    def action_group(self) -> None:
        """Group otherwise."""
        choices = tuple(Grouping)
        after = choices[(choices.index(self.view.grouping) + 1) % len(choices)]
        self.change(grouping=after, opened=frozenset[str]())

    def action_critical(self) -> None:
        """Let the critical path stand out, or no more."""
        self.change(critical=not self.view.critical)

    def action_names(self) -> None:
        """Write names out, or shorten them."""
        self.change(full_names=not self.view.full_names)

    def action_zoom(self, step: int) -> None:
        """Show less of the time, or more, in the same width."""
        if reason := self.why_not_show(f"zoom({step})"):
            self.say(reason)
        else:
            self.change(span=self.zoomed(step))

    def sort_by(self, column: str) -> None:
        """Sort the table by a column; when it is sorted by that already, the other way round."""
        if column in SORTS:
            again = column == self.view.sort
            self.change(sort=column, reverse=again and not self.view.reverse)

    # Folding.

    def action_fold_all(self) -> None:
        """Fold all that can be folded."""
        self.change(folds=self.foldable(), opened=frozenset[str]())

    def action_unfold_all(self) -> None:
        """Show every job."""
        self.change(folds=frozenset[str](), opened=self.group_keys())

    def action_leave(self) -> None:
        """Fold the tree here, else go to the row above; scroll a table sideways."""
        key = self.here()
        if key is None:
            return
        if key in self.view.opened:
            self.change(opened=self.view.opened - {key})
        elif self.view.mode is not Mode.TREE:
            self.table.action_columns_left()
        elif key in self.foldable() - self.view.folds:
            self.change(folds=self.view.folds | {key})
        elif (above := self.row_above(key)) is not None:
            self.go(above)

    def open_group(self, key: str) -> None:
        """Show all jobs of a group, or only those that matter again."""
        self.change(opened=self.view.opened ^ {key}, folds=self.view.folds - {key}, mode=Mode.TREE)

    def action_enter(self) -> None:
        """Unfold the tree here, else go to the first row below; scroll a table sideways."""
        key = self.here()
        if key is None:
            return
        if key in self.group_keys() - self.view.opened - self.view.folds:
            self.open_group(key)
        elif self.view.mode is not Mode.TREE:
            self.table.action_columns_right()
        elif key in self.view.folds:
            self.change(folds=self.view.folds - {key})
        elif (below := self.row_below(key)) is not None:
            self.go(below)
