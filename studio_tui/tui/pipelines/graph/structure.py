"""The structure of a plan as it is shown: groups, the links between them, and orders."""

from collections.abc import Collection, Mapping, Sequence

from studio_tui.presentation.pipelines.graph.critical import critical
from studio_tui.presentation.pipelines.graph.plan import Plan
from studio_tui.presentation.pipelines.graph.statuses import WORST_FIRST
from studio_tui.presentation.pipelines.views.group_rows import group_of_rest
from studio_tui.presentation.pipelines.views.groups import (
    Group,
    GroupBy,
    Link,
    grouped,
    links,
    wants_groups,
)
from studio_tui.presentation.pipelines.views.lanes import LaneRow, lane_rows
from studio_tui.presentation.pipelines.views.tree import TreeRow, depths, rows
from studio_tui.tui.pipelines.graph.memory import Grouping
from studio_tui.tui.pipelines.graph.state import GraphState


class GraphStructure:
    """Groups, orders and layers of the pipeline shown; what depends on the plan's shape is cached.

    Each cached value is stored with the key that it was computed for.
    """

    _is_grouped: tuple[str, bool] | None = None
    _links: tuple[tuple[str, bool, tuple[str, ...]], Sequence[Link]] | None = None
    """The links between groups."""
    _tree: tuple[str, Sequence[TreeRow]] | None = None
    """The whole tree, without folds."""
    _order: tuple[Sequence[TreeRow], Sequence[str]] | None = None
    _partial_tree: (
        tuple[tuple[str, frozenset[str], frozenset[str] | None], Sequence[TreeRow]] | None
    ) = None
    """The tree as it was last folded or filtered."""
    _lanes: tuple[tuple[str, frozenset[str] | None], Sequence[LaneRow] | None] | None = None
    _depths: tuple[str, Mapping[str, int]] | None = None

    def __init__(self, state: GraphState) -> None:
        """Make the structure of the state's pipeline."""
        self._state = state
        self._groups: tuple[str | None, dict[GroupBy, tuple[Group, ...]]] = (None, {})
        """The groups of a plan's shape, as far as they were asked for."""

    def groups(self) -> tuple[Group, ...] | None:
        """Return the groups of jobs; `None` if jobs are not grouped.

        A group is returned if any of its jobs is shown, with all its jobs, hidden ones too.
        """
        if self._state.loaded is None or self._state.view.grouping is Grouping.NONE:
            return None
        plan = self._state.loaded.plan
        if self._state.view.grouping is Grouping.AUTO:
            if self._is_grouped is None or self._is_grouped[0] != plan.shape:
                self._is_grouped = plan.shape, wants_groups(plan)
            if not self._is_grouped[1]:
                return None
        by = GroupBy.STAGE if self._state.view.grouping is Grouping.STAGE else GroupBy.NAME
        shaped, only = self._all_groups(by), self._state.only()
        if only is None:
            return shaped
        return tuple(group for group in shaped if not only.isdisjoint(group.members))

    def _all_groups(self, by: GroupBy) -> tuple[Group, ...]:
        plan = self._state.require_loaded().plan
        if self._groups[0] != plan.shape:
            self._groups = plan.shape, {}
        if by not in self._groups[1]:
            self._groups[1][by] = grouped(plan, by)
        return self._groups[1][by]

    def in_sight(self, group: Group) -> Sequence[str]:
        """Return the jobs of a group that are shown, to which commands apply."""
        only = self._state.only()
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
        states = self._state.loaded.statuses.shown
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
        groups = (group for by in GroupBy for group in self._all_groups(by))
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
        plan, has_all = self._state.require_loaded().plan, self._state.only() is None
        cached_for = plan.shape, has_all, tuple(groups)
        # A filter hides jobs of groups, so it is unknown whether a link is complete.
        if self._links is None or self._links[0] != cached_for:
            self._links = cached_for, links(plan, groups.values()) if groups and has_all else ()
        shown = [link for link in self._links[1] if link.source != link.target]
        return (
            [(groups[link.source], link) for link in shown if link.target == key],
            [(groups[link.target], link) for link in shown if link.source == key],
        )

    def critical_nodes(self) -> frozenset[str]:
        """Return the nodes of the critical path."""
        return frozenset(critical(self._state.view_model()).path)

    def tree_order(self) -> Sequence[str]:
        """Return all nodes in the order of the tree."""
        whole = self._whole_tree(self._state.require_loaded().plan)
        if self._order is None or self._order[0] is not whole:
            self._order = whole, tuple(row.id for row in whole)
        return self._order[1]

    def tree_rows(self) -> Sequence[TreeRow]:
        """Return the rows of the tree that are shown."""
        plan, folds, only = (
            self._state.require_loaded().plan,
            self._state.view.folds,
            self._state.only(),
        )
        if only is None and not folds:
            return self._whole_tree(plan)
        cached_for = plan.shape, folds, only
        if self._partial_tree is None or self._partial_tree[0] != cached_for:
            self._partial_tree = cached_for, rows(plan, folds, only)
        return self._partial_tree[1]

    def prepare(self, plan: Plan) -> None:
        """Compute what every mode needs of a plan that will be shown; in any thread."""
        self._whole_tree(plan)

    def _whole_tree(self, plan: Plan) -> Sequence[TreeRow]:
        tree = self._tree
        if tree is None or tree[0] != plan.shape:
            self._tree = tree = plan.shape, rows(plan)
        return tree[1]

    def lanes(self) -> Sequence[LaneRow] | None:
        """Return the shown jobs with lanes; `None` if there are too many lanes."""
        plan, only = self._state.require_loaded().plan, self._state.only()
        cached_for = plan.shape, only
        if self._lanes is None or self._lanes[0] != cached_for:
            self._lanes = cached_for, lane_rows(plan, only)
        return self._lanes[1]

    @property
    def has_lanes(self) -> bool:
        """Whether lanes can be drawn: jobs are not grouped, and there are not too many lanes."""
        return self.groups() is None and self.lanes() is not None

    def layers(self) -> Mapping[str, int]:
        """Return the layer of each job, from 0 at the top."""
        plan = self._state.require_loaded().plan
        if self._depths is None or self._depths[0] != plan.shape:
            self._depths = plan.shape, depths(plan)
        return self._depths[1]
