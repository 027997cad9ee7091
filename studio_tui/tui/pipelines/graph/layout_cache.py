"""What of a pipeline is to be shown: all jobs or only problems, one by one or in groups."""

from collections.abc import Mapping, Sequence

from studio_tui.presentation.pipelines.graph.critical import critical
from studio_tui.presentation.pipelines.graph.view_model import Known
from studio_tui.presentation.pipelines.views.groups import (
    By,
    Group,
    Link,
    grouped,
    links,
    wants_groups,
)
from studio_tui.presentation.pipelines.views.tree import depths, rows
from studio_tui.tui.jobs.running_progress import RunningProgress
from studio_tui.tui.pipelines.graph.base import DagHost
from studio_tui.tui.pipelines.graph.memory import Grouping


class DagShape(DagHost):
    """Mixin of the screen of a pipeline; what depends on the plan's shape alone is kept."""

    progress: RunningProgress
    """How far the running jobs in sight are."""
    past: Mapping[str, Sequence[float]] = {}
    """By name: the seconds that runs took which ended well."""
    _known: Known | None = None
    _shaped: tuple[str, By, tuple[Group, ...]] | None = None
    _wants: tuple[str, bool] | None = None
    _ties: tuple[tuple[str, bool, tuple[str, ...]], Sequence[Link]] | None = None
    """The edges between groups, after what they are made of."""
    _tree: tuple[str, Sequence[str]] | None = None
    _depths: tuple[str, Mapping[str, int]] | None = None

    def known(self) -> Known:
        """Return what is known now, the same until `expire`."""
        if self._known is None:
            standing, bars = self.stands(), self.progress.bars
            self._known = Known(standing.verdicts, self.moment(), standing.jobs, bars, self.past)
        return self._known

    def expire(self) -> None:
        """Reckon anew what is known: time has passed, or there is news."""
        self._known = None

    def only(self) -> frozenset[str] | None:
        """Return the nodes that are shown; `None` for all."""
        if self.standing is None or not self.view.problems:
            return None
        return self.standing.verdicts.problems

    def nothing_words(self) -> str:
        """Return why no job is in sight."""
        return "No problems" if self.view.problems else "This pipeline has no jobs"

    def groups(self) -> tuple[Group, ...] | None:
        """Return the groups in which jobs are shown; `None` where each stands by itself.

        They are whole: where only problems are shown, the other jobs are still counted.
        """
        if self.standing is None or self.view.grouping is Grouping.NONE:
            return None
        plan = self.standing.plan
        if self.view.grouping is Grouping.AUTO:
            if self._wants is None or self._wants[0] != plan.shape:
                self._wants = plan.shape, wants_groups(plan)
            if not self._wants[1]:
                return None
        by = By.STAGE if self.view.grouping is Grouping.STAGE else By.NAME
        if self._shaped is None or self._shaped[:2] != (plan.shape, by):
            self._shaped = plan.shape, by, grouped(plan, by)
        only = self.only()
        if only is None:
            return self._shaped[2]
        return tuple(group for group in self._shaped[2] if not only.isdisjoint(group.members))

    def in_sight(self, group: Group) -> Sequence[str]:
        """Return the jobs of a group that are shown, and that a key is about."""
        only = self.only()
        return [each for each in group.members if only is None or each in only]

    def group_of(self, node_id: str) -> str | None:
        """Return the group in which a node is shown."""
        return next((each.key for each in self.groups() or () if node_id in each.members), None)

    def group(self, key: str) -> Group | None:
        """Return the group with that key."""
        return next((each for each in self.groups() or () if each.key == key), None)

    def ways(self, key: str) -> tuple[list[tuple[Group, Link]], list[tuple[Group, Link]]]:
        """Return the groups that a group waits for and those it feeds, with the edges between."""
        groups = {group.key: group for group in self.groups() or ()}
        plan, has_all = self.stands().plan, self.only() is None
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
        return frozenset(critical(self.known()).path)

    def tree_order(self) -> Sequence[str]:
        """Return all nodes in the order of the tree."""
        plan = self.stands().plan
        if self._tree is None or self._tree[0] != plan.shape:
            self._tree = plan.shape, tuple(row.id for row in rows(plan))
        return self._tree[1]

    def layer_of(self) -> Mapping[str, int]:
        """Return how many jobs stand above each."""
        plan = self.stands().plan
        if self._depths is None or self._depths[0] != plan.shape:
            self._depths = plan.shape, depths(plan)
        return self._depths[1]
