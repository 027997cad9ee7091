"""The structure of a plan as it is shown: groups, the links between them, and orders."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Generic, TypeVar

from studio_tui.presentation.pipelines.graph.critical import critical
from studio_tui.presentation.pipelines.graph.plan import Plan
from studio_tui.presentation.pipelines.graph.statuses import WORST_FIRST
from studio_tui.presentation.pipelines.views.group_rows import group_of_rest
from studio_tui.presentation.pipelines.views.groups import (
    Group,
    GroupBy,
    Link,
    group_jobs,
    links,
    wants_groups,
)
from studio_tui.presentation.pipelines.views.lanes import LaneRow, lane_rows
from studio_tui.presentation.pipelines.views.tree import TreeRow, depths, rows
from studio_tui.tui.pipelines.graph.memory import Grouping
from studio_tui.tui.pipelines.graph.state import GraphState

Value = TypeVar("Value")


class _Latest(Generic[Value]):
    """A cache of the value computed last, with the key that it was computed for."""

    _cached: tuple[object, Value] | None = None

    def of(self, key: object, compute: Callable[[], Value]) -> Value:
        """Return the value for a key, computed unless the key is the same as last time."""
        cached = self._cached
        if cached is None or cached[0] != key:
            self._cached = cached = key, compute()
        return cached[1]


class GraphStructure:
    """Groups, orders and layers of the pipeline shown, cached by the shape of its plan."""

    def __init__(self, state: GraphState) -> None:
        self._state = state
        self._is_grouped = _Latest[bool]()
        self._groups = {by: _Latest[tuple[Group, ...]]() for by in GroupBy}
        self._links = _Latest[Sequence[Link]]()
        """The links between groups."""
        self._tree = _Latest[Sequence[TreeRow]]()
        """The whole tree, without folds."""
        self._order = _Latest[Sequence[str]]()
        self._partial_tree = _Latest[Sequence[TreeRow]]()
        """The tree as it was last folded or filtered."""
        self._lanes = _Latest[Sequence[LaneRow] | None]()
        self._whole_lanes = _Latest[Sequence[LaneRow] | None]()
        """The lanes of all jobs, without filter."""
        self._depths = _Latest[Mapping[str, int]]()

    def groups(self) -> tuple[Group, ...] | None:
        """Return the groups of jobs; `None` if jobs are not grouped.

        A group is returned if any of its jobs is shown, with all its jobs, hidden ones too.
        """
        if self._state.loaded is None or self._state.view.grouping is Grouping.NONE:
            return None
        plan = self._state.loaded.plan
        if self._state.view.grouping is Grouping.AUTO and not self._is_grouped.of(
            plan.shape, lambda: wants_groups(plan)
        ):
            return None
        shaped, only = self.all_groups(), self._state.shown_nodes()
        if only is None:
            return shaped
        return tuple(group for group in shaped if not only.isdisjoint(group.members))

    def all_groups(self) -> tuple[Group, ...]:
        """Return all groups of the chosen grouping, whether or not any of their jobs is shown."""
        is_by_stage = self._state.view.grouping is Grouping.STAGE
        return self._groups_by(GroupBy.STAGE if is_by_stage else GroupBy.NAME)

    def _groups_by(self, by: GroupBy) -> tuple[Group, ...]:
        plan = self._state.require_loaded().plan
        return self._groups[by].of(plan.shape, lambda: group_jobs(plan, by))

    def in_sight(self, group: Group) -> Sequence[str]:
        """Return the jobs of a group that are shown, to which commands apply."""
        only = self._state.shown_nodes()
        return [each for each in group.members if only is None or each in only]

    def group_of(self, node_id: str) -> str | None:
        """Return the group of a node; `None` if it has none."""
        return next((each.key for each in self.groups() or () if node_id in each.members), None)

    def visible_key(self, key: str, shown: Collection[str]) -> str | None:
        """Return which visible row or box represents a node, a group or the rest of a group.

        In this order: itself; its group, if it is the row for the group's other jobs; the shown job
        of it in the worst state, or the group that contains that. `None` if none of these is shown.
        """
        if key in shown:
            return key
        if self._state.loaded is None:
            return None
        head = group_of_rest(key)
        if head in shown:
            return head
        homes = {member: each.key for each in self.groups() or () for member in each.members}
        states = self._state.loaded.statuses.states
        ranked = sorted(self._members_of(head), key=lambda each: WORST_FIRST.index(states[each]))
        for member in ranked:
            for visible_key in (member, homes.get(member)):
                if visible_key in shown:
                    return visible_key
        return None

    def _members_of(self, key: str) -> Sequence[str]:
        """Return the jobs of a group, whether or not it is shown; of a node, itself."""
        if key in self._state.require_loaded().plan.nodes:
            return (key,)
        groups = (group for by in GroupBy for group in self._groups_by(by))
        return next((group.members for group in groups if group.key == key), ())

    def group_keys(self) -> frozenset[str]:
        """Return the keys of groups with several jobs."""
        return frozenset(each.key for each in self.groups() or () if not each.is_alone)

    def group(self, key: str) -> Group | None:
        """Return the group with that key; `None` if there is none."""
        return next((each for each in self.groups() or () if each.key == key), None)

    def connected_groups(
        self, key: str
    ) -> tuple[list[tuple[Group, Link]], list[tuple[Group, Link]]]:
        """Return the groups that a group waits for and those it feeds, with the edges between."""
        groups = {group.key: group for group in self.groups() or ()}
        plan, has_all = self._state.require_loaded().plan, self._state.shown_nodes() is None
        # A filter hides jobs of groups, so it is unknown whether a link is complete.
        all_links = self._links.of(
            (plan.shape, has_all, tuple(groups)),
            lambda: links(plan, groups.values()) if groups and has_all else (),
        )
        shown = [link for link in all_links if link.source != link.target]
        return (
            [(groups[link.source], link) for link in shown if link.target == key],
            [(groups[link.target], link) for link in shown if link.source == key],
        )

    def critical_nodes(self) -> frozenset[str]:
        """Return the nodes of the critical path."""
        return frozenset(critical(self._state.view_model()).path)

    def tree_order(self) -> Sequence[str]:
        """Return all nodes in the order of the tree."""
        plan = self._state.require_loaded().plan
        return self._order.of(plan.shape, lambda: tuple(row.id for row in self.whole_tree(plan)))

    def tree_rows(self) -> Sequence[TreeRow]:
        """Return the rows of the tree that are shown."""
        plan, only = self._state.require_loaded().plan, self._state.shown_nodes()
        folds = self._state.view.folds
        if only is None and not folds:
            return self.whole_tree(plan)
        return self._partial_tree.of((plan.shape, folds, only), lambda: rows(plan, folds, only))

    def whole_tree(self, plan: Plan) -> Sequence[TreeRow]:
        """Return the tree of a plan without folds, which every mode needs; in any thread."""
        return self._tree.of(plan.shape, lambda: rows(plan))

    def lanes(self, *, is_whole: bool = False) -> Sequence[LaneRow] | None:
        """Return the shown jobs, or all, with lanes; `None` if there are too many lanes."""
        plan, only = self._state.require_loaded().plan, self._state.shown_nodes()
        if is_whole or only is None:
            return self._whole_lanes.of(plan.shape, lambda: lane_rows(plan, None))
        return self._lanes.of((plan.shape, only), lambda: lane_rows(plan, only))

    @property
    def has_lanes(self) -> bool:
        """Whether lanes can be drawn: jobs are not grouped, and there are not too many lanes."""
        return self.groups() is None and self.lanes() is not None

    def layers(self) -> Mapping[str, int]:
        """Return the layer of each job, from 0 at the top."""
        plan = self._state.require_loaded().plan
        return self._depths.of(plan.shape, lambda: depths(plan))
