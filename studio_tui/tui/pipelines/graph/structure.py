"""How the jobs of a plan are arranged when shown: in groups, trees and lanes."""

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from studio_tui.presentation.pipelines.graph.plan import Plan
from studio_tui.presentation.pipelines.graph.statuses import WORST_FIRST
from studio_tui.presentation.pipelines.views.group_rows import group_key
from studio_tui.presentation.pipelines.views.groups import (
    Group,
    group_jobs,
    parents_of,
    wants_groups,
)
from studio_tui.presentation.pipelines.views.lanes import LaneRow, lane_rows
from studio_tui.presentation.pipelines.views.tree import TreeRow, rows
from studio_tui.tui.pipelines.graph.memory import Grouping

if TYPE_CHECKING:
    from studio_tui.tui.pipelines.graph.state import GraphState

Value = TypeVar("Value")


class GraphStructure:
    """Groups, trees and lanes of a pipeline, cached by the shape of its plan.

    A "shown" job passes the filter and, with `!`, is a problem. It may be inside a folded row.
    """

    def __init__(self, state: "GraphState") -> None:
        self._state = state
        self._latest: dict[str, tuple[object, Any]] = {}
        """By name of a value: the key for which it was computed last, and the value."""

    def _cached(self, name: str, key: object, compute: Callable[[], Value]) -> Value:
        latest = self._latest.get(name)
        if latest is None or latest[0] != key:
            self._latest[name] = latest = key, compute()
        value: Value = latest[1]
        return value

    def groups(self, *, ignore_filter: bool = False) -> tuple[Group, ...] | None:
        """Return the groups of the shown jobs; `None` if jobs are not grouped.

        With `ignore_filter`, they are the groups of all jobs.
        """
        if self._state.view.grouping is Grouping.NONE:
            return None
        plan = self._state.loaded.plan
        if self._state.view.grouping is Grouping.AUTO and not self._cached(
            "wants groups", plan.shape, lambda: wants_groups(plan)
        ):
            return None
        every_group, only = self.all_groups(), self._state.shown_nodes()
        if ignore_filter or only is None:
            return every_group
        return self._cached(
            "shown groups",
            (every_group, only),
            lambda: tuple(filter(None, (each.part(only) for each in every_group))),
        )

    def all_groups(self) -> tuple[Group, ...]:
        """Return all groups, also if jobs are not grouped."""
        plan = self._state.loaded.plan
        return self._cached("names", plan.shape, lambda: group_jobs(plan))

    def group_of(self, node_id: str) -> str | None:
        """Return the key of a job's shown group; `None` if jobs are not grouped."""
        return next((each.key for each in self.groups() or () if node_id in each.members), None)

    def visible_key(self, key: str, visible: Collection[str]) -> str | None:
        """Return the key of the `visible` row or box that stands for `key`; `None` if none does.

        `key` may be from another mode or grouping. It is tried first, then for a row such as
        `… 5 done` its group, then each of its jobs and the job's group, the worst state first.
        """
        if key in visible:
            return key
        own_group = group_key(key)
        if own_group in visible:
            return own_group
        group_of_member = {
            member: each.key for each in self.all_groups() for member in each.members
        }
        states = self._state.loaded.statuses.states
        worst_first = sorted(
            self._members_of(own_group), key=lambda each: WORST_FIRST.index(states[each])
        )
        for member in worst_first:
            for visible_key in (member, group_of_member.get(member)):
                if visible_key in visible:
                    return visible_key
        return None

    def _members_of(self, key: str) -> Sequence[str]:
        if key in self._state.loaded.plan.nodes:
            return (key,)
        return next((group.members for group in self.all_groups() if group.key == key), ())

    def group_keys(self) -> frozenset[str]:
        """Return the keys of the groups with a shown job, without single jobs."""
        return frozenset(each.key for each in self.groups() or () if not each.is_single_job)

    def group(self, key: str) -> Group | None:
        """Return the group with a key; `None` if no group with a shown job has this key."""
        return next((each for each in self.groups() or () if each.key == key), None)

    def connected_groups(self, key: str) -> tuple[list[Group], list[Group]]:
        """Return the groups that a group waits for, and those that wait for it.

        Both lists are empty while jobs are hidden, as some of these groups may be hidden too.
        """
        plan, groups = self._state.loaded.plan, {each.key: each for each in self.all_groups()}
        if self._state.shown_nodes() is not None:
            return [], []
        parents = self._cached("links", plan.shape, lambda: parents_of(groups.values(), plan))
        return (
            [groups[parent] for parent in parents.get(key, ())],
            [groups[child] for child, above in parents.items() if key in above],
        )

    def tree_order(self) -> Sequence[str]:
        """Return all nodes in the order of the tree."""
        plan = self._state.loaded.plan
        return self._cached(
            "order", plan.shape, lambda: tuple(row.id for row in self.whole_tree(plan))
        )

    def tree_rows(self) -> Sequence[TreeRow]:
        """Return a row for each shown job that is not below a folded job in the tree."""
        plan, only = self._state.loaded.plan, self._state.shown_nodes()
        folds = self._state.view.folds
        if only is None and not folds:
            return self.whole_tree(plan)
        return self._cached(
            "shown tree", (plan.shape, folds, only), lambda: rows(plan, folds, only)
        )

    def whole_tree(self, plan: Plan) -> Sequence[TreeRow]:
        """Return the tree of a plan without folds and filter; may be called in any thread."""
        return self._cached("tree", plan.shape, lambda: rows(plan))

    def lanes(self, *, ignore_filter: bool = False) -> Sequence[LaneRow] | None:
        """Return a row for each shown job; `None` if there are too many lanes.

        With `ignore_filter`, each job has a row.
        """
        plan, only = self._state.loaded.plan, self._state.shown_nodes()
        if ignore_filter or only is None:
            return self._cached("lanes", plan.shape, lambda: lane_rows(plan, None))
        return self._cached("shown lanes", (plan.shape, only), lambda: lane_rows(plan, only))

    @property
    def has_lanes(self) -> bool:
        """Whether lanes can be drawn: jobs are not grouped, and there are not too many lanes."""
        return self.groups() is None and self.lanes() is not None
