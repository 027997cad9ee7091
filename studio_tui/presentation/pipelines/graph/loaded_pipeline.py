"""The state of a pipeline at one time: its plan, the states of its jobs, and their runs."""

from collections.abc import Mapping
from dataclasses import dataclass

from studio_tui.api.models import Job, Pipeline
from studio_tui.presentation.pipelines.graph.plan import Node, Plan, plan_of
from studio_tui.presentation.pipelines.graph.statuses import JobStatuses, judge


@dataclass(frozen=True)
class LoadedPipeline:
    """A pipeline, the states of its jobs, and the runs loaded so far."""

    pipeline: Pipeline
    statuses: JobStatuses
    jobs: Mapping[str, Job]
    """Loaded runs by id."""

    @property
    def plan(self) -> Plan:
        """The dependency graph of the jobs."""
        return self.statuses.plan

    def node(self, node_id: str | None) -> Node | None:
        """Return a node; `None` for `None` (a group) and for an id that is not in the pipeline."""
        return self.plan.nodes.get(node_id) if node_id is not None else None

    def job(self, node_id: str | None) -> Job | None:
        """Return the run of a node; `None` if it is not loaded."""
        node = self.node(node_id)
        return self.jobs.get(node.run) if node is not None and node.run is not None else None


def loaded_pipeline(
    pipeline: Pipeline, jobs: Mapping[str, Job], before: LoadedPipeline | None = None
) -> LoadedPipeline:
    """Return the state of a pipeline, which shares unchanged parts with `before`."""
    if before is not None and pipeline is before.pipeline:
        return LoadedPipeline(pipeline, before.statuses, jobs)
    plan = plan_of(pipeline, before.plan if before is not None else None)
    return LoadedPipeline(pipeline, judge(plan, pipeline.state), jobs)
