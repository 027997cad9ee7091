"""Whether jobs of others may start before those of a pipeline, so that its end is unknown."""

from studio_tui.api.models import runs_on
from studio_tui.presentation.jobs.waiting import Surroundings, free_workers
from studio_tui.presentation.pipelines.graph.statuses import NodeState
from studio_tui.presentation.pipelines.graph.view_model import ViewModel


def is_behind_others(model: ViewModel, surroundings: Surroundings) -> bool:
    """Whether a job of a pipeline has to wait for a worker that jobs of others use or get first.

    While jobs of the pipeline run, its next ones may get their workers.
    """
    own = {node.run for node in model.plan.nodes.values()}
    queued = surroundings.queued or ()
    positions = {job.id: number for number, job in enumerate(queued)}
    others = [job for job in queued if job.id not in own and not job.waits_for]
    runs_none = not model.statuses.numbers[NodeState.RUNNING]
    firsts = {
        cluster.id: next((job for job in others if runs_on(job, cluster)), None)
        for cluster in surroundings.clusters
    }
    for node in model.plan.nodes.values():
        state, job = model.statuses.states[node.id], model.job(node)
        if job is None or state not in {NodeState.QUEUED, NodeState.WAITING}:
            continue
        cluster = next((each for each in surroundings.clusters if runs_on(job, each)), None)
        if cluster is None:
            continue
        free, needed = free_workers(cluster), job.workers or 1
        if free is not None and free < needed and runs_none and state is NodeState.QUEUED:
            return True
        first = firsts[cluster.id]
        if first is None or positions[first.id] > positions.get(job.id, len(queued)):
            continue
        if free is None or free < needed + (first.workers or 1):
            return True
    return False
