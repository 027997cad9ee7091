"""Why a job has not started yet, from the state of the clusters and of its pipeline."""

from collections.abc import Sequence
from typing import NamedTuple

from studio_tui.api.job_kinds import runs_on
from studio_tui.api.models import Cluster, Job, Pipeline
from studio_tui.api.states import NOT_YET_QUEUED_STATES, JobState, PipelineState
from studio_tui.presentation.format import join_names, plural

_CLOSED = frozenset({"INACTIVE", "FAILED"})


def takes_no_jobs(cluster: Cluster) -> bool:
    """Whether Studio says that a cluster accepts no jobs."""
    return cluster.status in _CLOSED or (cluster.status is None and cluster.is_active is False)


def free_workers(cluster: Cluster) -> int | None:
    """Return the number of free workers of a cluster; 0 if it takes no jobs, `None` if unknown."""
    if cluster.max_workers is None or cluster.busy_workers is None:
        return None
    return 0 if takes_no_jobs(cluster) else max(0, cluster.max_workers - cluster.busy_workers)


_STARTS_NOTHING = {
    PipelineState.PAUSED: "is paused",
    PipelineState.FAILED: "has failed",
    PipelineState.CANCELED: "was canceled",
    PipelineState.COMPLETED: "has ended without it",
}

_MOST_NAMED = 2
_MOST_CACHED = 16

WAITS_FOR = "waits for"
"""The verb before most reasons, and the label of their fact."""


class Wait(NamedTuple):
    """Why a job is not running."""

    reason: str
    """Safe text: `2 workers` if it `is_awaited`, else a clause: `blocked by a.py, which failed`."""
    target: str | None = None
    """The pipeline's node that delays or blocks the job; `None` if the reason is no other job."""
    shorter: tuple[str, ...] = ()
    """Shorter forms of `words`, longest first."""
    is_awaited: bool = False
    """Whether the reason is what the job waits for, and so follows the words `waits for`."""

    @property
    def words(self) -> str:
        """The reason as a clause: `waits for 2 workers`, `blocked by embed.py, which failed`."""
        return f"{WAITS_FOR} {self.reason}" if self.is_awaited else self.reason


class Surroundings(NamedTuple):
    """The clusters, queue, pipeline and schedule of a job, which explain why it waits or exists."""

    clusters: Sequence[Cluster] = ()
    queued: Sequence[Job] | None = None
    """All queued jobs, oldest first; `None` if they are unknown."""
    pipeline: Pipeline | None = None
    """The newest pipeline that has run the job; `None` if none is known."""
    is_blocked: bool = False
    """Whether another job on which the job depends failed or was canceled."""
    schedule: Job | None = None
    """The TASK that created the job or its pipeline; `None` if there is none, or unknown."""


NOTHING_KNOWN = Surroundings()


_waits: dict[str, tuple[Pipeline, Wait | None]] = {}
"""By the id of a job, its pipeline and why the job waits in it."""


def why_waiting(job: Job, surroundings: Surroundings) -> Wait | None:
    """Return why a job has not started; `None` if it has, or if the reason is unknown."""
    pipeline = surroundings.pipeline
    if pipeline is not None and job.state in NOT_YET_QUEUED_STATES:
        cached = _waits.get(job.id)
        # Pipelines are compared by identity, as comparing or hashing them reads all of their jobs.
        if cached is None or cached[0] is not pipeline:
            if len(_waits) >= _MOST_CACHED:
                _waits.clear()
            cached = _waits[job.id] = pipeline, _wait_in(pipeline, job.id)
        if cached[1] is not None:
            return cached[1]
    awaited = _what_is_awaited(job, surroundings)
    return Wait(awaited, is_awaited=True) if awaited else None


def _wait_in(pipeline: Pipeline, job_id: str) -> Wait | None:
    # Imported when the first job waits, as these modules import all that draws pipelines.
    from studio_tui.presentation.pipelines.graph.plan import plan_of, reachable_nodes  # noqa: PLC0415
    from studio_tui.presentation.pipelines.graph.statuses import judge  # noqa: PLC0415
    from studio_tui.presentation.pipelines.graph.waits import wait_of  # noqa: PLC0415

    # If several jobs have the same id, the first counts.
    runs = {run.job_id: run for run in reversed(pipeline.job_runs)}
    node = next((key for key, run in runs.items() if run.created_job_id == job_id), None)
    if node is None:
        return None
    # Only the jobs on which this job depends are judged: pipelines can have thousands of jobs.
    above = reachable_nodes((node,), lambda key: runs[key].parent_job_ids if key in runs else ())
    part = tuple(run for run in pipeline.job_runs if run.job_id in above)
    plan = plan_of(pipeline.model_copy(update={"job_runs": part}))
    return wait_of(judge(plan, pipeline.state), node)


def _what_is_awaited(job: Job, surroundings: Surroundings) -> str:
    """Return what a job waits for, to follow `waits for`; empty if no wait is known."""
    pipeline, clusters = surroundings.pipeline, surroundings.clusters
    if job.state is JobState.PENDING:
        if pipeline is None:
            return "earlier jobs of its pipeline, or for the pipeline to be resumed"
        if predicate := _STARTS_NOTHING.get(pipeline.state):
            return f"its pipeline, which {predicate}"
        return "earlier jobs of its pipeline"
    if job.state in {JobState.CREATED, JobState.SCHEDULED}:
        return "Studio to queue it"
    if job.state is not JobState.QUEUED:
        return ""
    if job.waits_for:
        return f"{job.waits_for}; e runs it elsewhere"
    needed = plural(job.workers or 1, "worker")
    where = job.compute_cluster_name or job.compute_cluster_id
    cluster = next((cluster for cluster in clusters if runs_on(job, cluster)), None)
    if cluster is None and clusters and where:
        return f"{needed} of {where}, which is not among the clusters now; e runs it elsewhere"
    if cluster is None or (free := free_workers(cluster)) is None:
        of = f" of {where}" if where else ""
        return f"{needed}{of}; Studio does not say how many are free"
    name, most = cluster.name or cluster.id, cluster.max_workers or 0
    if takes_no_jobs(cluster):
        return f"{name} to be active; it is {cluster.status or 'INACTIVE'} now"
    if (job.workers or 1) > most:
        return f"{needed}; {name} has {most} at most now, so e runs it with fewer"
    older_jobs = _older_jobs(job, cluster, surroundings.queued)
    return f"{needed}; {name} has {free} free of {most}. {older_jobs}"


def _older_jobs(job: Job, cluster: Cluster, queued: Sequence[Job] | None) -> str:
    """Return a clause about the older jobs of a cluster that may start before a queued job.

    Studio does not send in which order jobs start. The local Studio orders jobs by priority, then
    by age. The priority is not sent either.
    """
    older = []
    for other in queued or ():
        if other.id == job.id:
            break
        # A job that its cluster cannot run now does not hold up other jobs.
        if runs_on(other, cluster) and not other.waits_for:
            older.append(other)
    else:
        return "Older jobs may start first"
    if not older:
        return "No older job is ahead of it"
    names = [f"{each.name or each.id} ({plural(each.workers or 1, 'worker')})" for each in older]
    count = "An older job" if len(older) == 1 else f"{len(older):,} older jobs"
    return f"{count} may start first: {join_names(names, _MOST_NAMED)}"
