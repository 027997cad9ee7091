"""A pipeline as it stands: the plan, what its states come to, and what is known of each run."""

from collections.abc import Mapping
from dataclasses import dataclass

from studio_tui.api.models import Job, Pipeline
from studio_tui.presentation.pipelines.graph.plan import Node, Plan, plan_of
from studio_tui.presentation.pipelines.graph.statuses import Verdicts, judge


@dataclass(frozen=True)
class Standing:
    """All that is known of a pipeline at one time."""

    pipeline: Pipeline
    verdicts: Verdicts
    jobs: Mapping[str, Job]
    """By the id of the run, as far as they are known."""

    @property
    def plan(self) -> Plan:
        """What depends on what."""
        return self.verdicts.plan

    def node(self, node_id: str | None) -> Node | None:
        """Return a node; `None` for a group, and for what is no longer in the pipeline."""
        return self.plan.nodes.get(node_id) if node_id is not None else None

    def job(self, node_id: str | None) -> Job | None:
        """Return the run of a node, if it is known."""
        node = self.node(node_id)
        return self.jobs.get(node.run) if node is not None and node.run is not None else None


def standing(
    pipeline: Pipeline, jobs: Mapping[str, Job], before: Standing | None = None
) -> Standing:
    """Return how a pipeline stands; what is the same as `before` is not reckoned anew."""
    if before is not None and pipeline is before.pipeline:
        return Standing(pipeline, before.verdicts, jobs)
    plan = plan_of(pipeline, before.plan if before is not None else None)
    return Standing(pipeline, judge(plan, pipeline.state), jobs)
