"""The structure of a plan as it is shown: groups, the links between them, and orders."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Generic, TypeVar

from studio_tui.presentation.pipelines.graph.critical import critical
from studio_tui.presentation.pipelines.graph.plan import Plan
from studio_tui.presentation.pipelines.graph.statuses import WORST_FIRST
from studio_tui.presentation.pipelines.views.group_rows import without_rest_suffix
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
    """Groups, orders and layers of a pipeline.

    They are cached by the shape of its plan, and by folds and filter where they matter. Throughout,
    a job is shown if it passes the filter, which may be that for problems; `only` is the shown
    jobs: `None` without a filter.
    """

    def __init__(self, state: GraphState) -> None:
        self._state = state
        self._auto_wants_groups = _Latest[bool]()
        """Whether jobs are grouped if that is left to the program."""
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
        if self._state.view.grouping is Grouping.AUTO and not self._auto_wants_groups.of(
            plan.shape, lambda: wants_groups(plan)
        ):
            return None
        every_group, only = self.all_groups(), self._state.shown_nodes()
        if only is None:
            return every_group
        return tuple(group for group in every_group if not only.isdisjoint(group.members))

    def all_groups(self) -> tuple[Group, ...]:
        """Return all groups, by stage or by name as chosen, also those of which no job is shown."""
        is_by_stage = self._state.view.grouping is Grouping.STAGE
        return self._groups_by(GroupBy.STAGE if is_by_stage else GroupBy.NAME)

    def _groups_by(self, by: GroupBy) -> tuple[Group, ...]:
        plan = self._state.require_loaded().plan
        return self._groups[by].of(plan.shape, lambda: group_jobs(plan, by))

    def shown_members(self, group: Group) -> Sequence[str]:
        """Return the shown jobs of a group, to which commands apply."""
        only = self._state.shown_nodes()
        return [each for each in group.members if only is None or each in only]

    def group_of(self, node_id: str) -> str | None:
        """Return the key of a job's group; `None` if jobs are not grouped."""
        return next((each.key for each in self.groups() or () if node_id in each.members), None)

    def visible_key(self, key: str, visible: Collection[str]) -> str | None:
        """Return which of the `visible` rows or boxes represents a job, a group or its other jobs.

        The first that is visible of: the key itself; for the row `... n more`, the group's row;
        else, from the worst state on, each job of the key or the row of its group. `None` if none
        of these is visible.
        """
        if key in visible:
            return key
        if self._state.loaded is None:
            return None
        group_key = without_rest_suffix(key)
        if group_key in visible:
            return group_key
        group_of_member = {
            member: each.key for each in self.groups() or () for member in each.members
        }
        states = self._state.loaded.statuses.states
        ranked = sorted(
            self._members_of(group_key), key=lambda each: WORST_FIRST.index(states[each])
        )
        for member in ranked:
            for visible_key in (member, group_of_member.get(member)):
                if visible_key in visible:
                    return visible_key
        return None

    def _members_of(self, key: str) -> Sequence[str]:
        """Return the jobs of a group of any grouping; for the key of a job, that job."""
        if key in self._state.require_loaded().plan.nodes:
            return (key,)
        groups = (group for by in GroupBy for group in self._groups_by(by))
        return next((group.members for group in groups if group.key == key), ())

    def group_keys(self) -> frozenset[str]:
        """Return the keys of groups with several jobs."""
        return frozenset(each.key for each in self.groups() or () if not each.is_single_job)

    def group(self, key: str) -> Group | None:
        """Return the group with that key; `None` if there is none."""
        return next((each for each in self.groups() or () if each.key == key), None)

    def connected_groups(
        self, key: str
    ) -> tuple[list[tuple[Group, Link]], list[tuple[Group, Link]]]:
        """Return the groups that a group waits for and those it feeds, each with its link."""
        groups = {group.key: group for group in self.groups() or ()}
        plan, has_all = self._state.require_loaded().plan, self._state.shown_nodes() is None
        # With a filter, a group may have hidden jobs, so no links are claimed.
        all_links = self._links.of(
            (plan.shape, has_all, tuple(groups)),
            lambda: links(plan, groups.values()) if groups and has_all else (),
        )
        between = [link for link in all_links if link.source != link.target]
        return (
            [(groups[link.source], link) for link in between if link.target == key],
            [(groups[link.target], link) for link in between if link.source == key],
        )

    def critical_nodes(self) -> frozenset[str]:
        """Return the nodes of the critical path."""
        return frozenset(critical(self._state.view_model()).path)

    def tree_order(self) -> Sequence[str]:
        """Return all nodes in the order of the tree."""
        plan = self._state.require_loaded().plan
        return self._order.of(plan.shape, lambda: tuple(row.id for row in self.whole_tree(plan)))

    def tree_rows(self) -> Sequence[TreeRow]:
        """Return the rows of the tree, without what is folded or not shown."""
        plan, only = self._state.require_loaded().plan, self._state.shown_nodes()
        folds = self._state.view.folds
        if only is None and not folds:
            return self.whole_tree(plan)
        return self._partial_tree.of((plan.shape, folds, only), lambda: rows(plan, folds, only))

    def whole_tree(self, plan: Plan) -> Sequence[TreeRow]:
        """Return the tree of a plan without folds and filter, which every mode needs.

        It may be called in any thread: that of a large plan is computed in another, and the cache
        is replaced as a whole.
        """
        return self._tree.of(plan.shape, lambda: rows(plan))

    def lanes(self, *, ignore_filter: bool = False) -> Sequence[LaneRow] | None:
        """Return the shown jobs with lanes, or all jobs; `None` if there are too many lanes."""
        plan, only = self._state.require_loaded().plan, self._state.shown_nodes()
        if ignore_filter or only is None:
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
