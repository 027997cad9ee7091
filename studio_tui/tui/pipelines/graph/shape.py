"""Cached properties of a plan's shape: groups, edges between them, and orders."""

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


class Shape:
    """The groups, orders and layers of a pipeline, each computed once per shape."""

    _wants: tuple[str, bool] | None = None
    _ties: tuple[tuple[str, bool, tuple[str, ...]], Sequence[Link]] | None = None
    """The edges between groups, with the cache key."""
    _tree: tuple[str, Sequence[TreeRow]] | None = None
    """The whole tree, without folds."""
    _order: tuple[Sequence[TreeRow], Sequence[str]] | None = None
    _part: tuple[tuple[str, frozenset[str], frozenset[str] | None], Sequence[TreeRow]] | None = None
    """The tree as it was last folded or filtered, with the cache key."""
    _lanes: tuple[tuple[str, frozenset[str] | None], Sequence[LaneRow] | None] | None = None
    _depths: tuple[str, Mapping[str, int]] | None = None

    def __init__(self, state: GraphState) -> None:
        """Make the shape of the state's pipeline."""
        self._state = state
        self._shaped: tuple[str | None, dict[GroupBy, tuple[Group, ...]]] = (None, {})
        """The groups of a shape, as far as they were asked for."""

    def groups(self) -> tuple[Group, ...] | None:
        """Return the groups of jobs; `None` if jobs are not grouped.

        Groups are complete, including jobs that the problem view or the filter hides.
        """
        if self._state.loaded is None or self._state.view.grouping is Grouping.NONE:
            return None
        plan = self._state.loaded.plan
        if self._state.view.grouping is Grouping.AUTO:
            if self._wants is None or self._wants[0] != plan.shape:
                self._wants = plan.shape, wants_groups(plan)
            if not self._wants[1]:
                return None
        by = GroupBy.STAGE if self._state.view.grouping is Grouping.STAGE else GroupBy.NAME
        shaped, only = self._all_groups(by), self._state.only()
        if only is None:
            return shaped
        return tuple(group for group in shaped if not only.isdisjoint(group.members))

    def _all_groups(self, by: GroupBy) -> tuple[Group, ...]:
        plan = self._state.require_loaded().plan
        if self._shaped[0] != plan.shape:
            self._shaped = plan.shape, {}
        if by not in self._shaped[1]:
            self._shaped[1][by] = grouped(plan, by)
        return self._shaped[1][by]

    def in_sight(self, group: Group) -> Sequence[str]:
        """Return the jobs of a group that are shown, to which commands apply."""
        only = self._state.only()
        return [each for each in group.members if only is None or each in only]

    def group_of(self, node_id: str) -> str | None:
        """Return the group of a node; `None` if it has none."""
        return next((each.key for each in self.groups() or () if node_id in each.members), None)

    def visible_key(self, key: str, shown: Collection[str]) -> str | None:
        """Return which of the rows or boxes that are shown stands for a node, group or rest.

        That is itself, its group, or of the jobs of a group that is not shown the first that is in
        the worst state, or the group of that; `None` where none of it is shown.
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
        """Return the nodes of a group, also of one that is not shown, or the node."""
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

    def group_links(self, key: str) -> tuple[list[tuple[Group, Link]], list[tuple[Group, Link]]]:
        """Return the groups that a group waits for and those it feeds, with the edges between."""
        groups = {group.key: group for group in self.groups() or ()}
        plan, has_all = self._state.require_loaded().plan, self._state.only() is None
        made_of = plan.shape, has_all, tuple(groups)
        if self._ties is None or self._ties[0] != made_of:
            self._ties = made_of, links(plan, groups.values()) if groups and has_all else ()
        ties = [link for link in self._ties[1] if link.source != link.target]
        return (
            [(groups[link.source], link) for link in ties if link.target == key],
            [(groups[link.target], link) for link in ties if link.source == key],
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
        asked = plan.shape, folds, only
        if self._part is None or self._part[0] != asked:
            self._part = asked, rows(plan, folds, only)
        return self._part[1]

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
        asked = plan.shape, only
        if self._lanes is None or self._lanes[0] != asked:
            self._lanes = asked, lane_rows(plan, only)
        return self._lanes[1]

    @property
    def has_lanes(self) -> bool:
        """Whether the shown jobs are not grouped, and can have lanes."""
        return self.groups() is None and self.lanes() is not None

    def layer_of(self) -> Mapping[str, int]:
        """Return the layer of each job: the number of layers above it."""
        plan = self._state.require_loaded().plan
        if self._depths is None or self._depths[0] != plan.shape:
            self._depths = plan.shape, depths(plan)
        return self._depths[1]
