"""Why a job has not started yet, from the state of clusters and its pipeline."""

from collections.abc import Sequence
from typing import NamedTuple

from studio_tui.api.models import Cluster, Job, Pipeline, runs_on
from studio_tui.api.states import NOT_QUEUED_STATES, JobState, PipelineState
from studio_tui.presentation.form.cluster_checks import takes_no_jobs
from studio_tui.presentation.format import join_names, plural


def free_workers(cluster: Cluster) -> int | None:
    """Return the number of free workers of a cluster; `None` if unknown."""
    if cluster.max_workers is None or cluster.busy_workers is None:
        return None
    return 0 if takes_no_jobs(cluster) else max(0, cluster.max_workers - cluster.busy_workers)


_HOLDING = {
    PipelineState.PAUSED: "is paused",
    PipelineState.FAILED: "has failed",
    PipelineState.CANCELED: "was canceled",
    PipelineState.COMPLETED: "has ended without it",
}
"""Descriptions of pipeline states in which no job is started."""

_NAMED = 2
"""How many of the older jobs in a queue are named."""

_CACHED = 16
"""Of how many jobs the reason is cached that their pipelines give."""

WAITS_FOR = "waits for"
"""The verb of most reasons, and the label of the fact."""


class Wait(NamedTuple):
    """Why a job is not running."""

    reason: str
    """Safe text: what the job waits for if it `is_awaited`, else a clause without its subject."""
    target: str | None = None
    """The node of its pipeline that is the reason, if it is another job."""
    shorter: tuple[str, ...] = ()
    """Shorter forms if it is no other job, the longest first; see `graph.waits.in_short`."""
    is_awaited: bool = False

    @property
    def words(self) -> str:
        """The reason as a clause: `waits for 2 workers`, `blocked by embed.py, which failed`."""
        return f"{WAITS_FOR} {self.reason}" if self.is_awaited else self.reason


class Surroundings(NamedTuple):
    """The clusters, the queue and the pipeline of a job, which explain why it waits."""

    clusters: Sequence[Cluster] = ()
    queued: Sequence[Job] | None = None
    """All queued jobs, oldest first; `None` if unknown."""
    pipeline: Pipeline | None = None
    """The newest one that has run the job, if any is known."""
    is_blocked: bool = False
    """Whether a job that it depends on failed or was canceled."""


NOTHING_KNOWN = Surroundings()


_waits: dict[str, tuple[Pipeline, Wait | None]] = {}
"""By job, why it waits, and the pipeline that this was derived from."""


def why_waiting(job: Job, around: Surroundings) -> Wait | None:
    """Return why a job has not started: as the graph of its pipeline, if it is in a known one.

    `None` if it has started, or if the reason is unknown.
    """
    pipeline = around.pipeline
    if pipeline is not None and job.state in NOT_QUEUED_STATES:
        cached = _waits.get(job.id)
        # By identity, as comparing or hashing pipelines reads all of their jobs.
        if cached is None or cached[0] is not pipeline:
            if len(_waits) >= _CACHED:
                _waits.clear()
            cached = _waits[job.id] = pipeline, _wait_in(pipeline, job.id)
        if cached[1] is not None:
            return cached[1]
    awaited = _awaited(job, around)
    return Wait(awaited, is_awaited=True) if awaited else None


def _wait_in(pipeline: Pipeline, job_id: str) -> Wait | None:
    """Return why a job of a pipeline waits, from its jobs; `None` if they do not say."""
    # Not before a job of a pipeline waits: they import what draws pipelines.
    from studio_tui.presentation.pipelines.graph.plan import plan_of, reachable_nodes  # noqa: PLC0415
    from studio_tui.presentation.pipelines.graph.statuses import judge  # noqa: PLC0415
    from studio_tui.presentation.pipelines.graph.waits import waits  # noqa: PLC0415

    # Of several with the same id, the first counts.
    runs = {run.job_id: run for run in reversed(pipeline.job_runs)}
    own = next((key for key, run in runs.items() if run.created_job_id == job_id), None)
    if own is None:
        return None
    # Only what it depends on, as pipelines may have thousands of jobs.
    above = reachable_nodes((own,), lambda key: runs[key].parent_job_ids if key in runs else ())
    part = tuple(run for run in pipeline.job_runs if run.job_id in above)
    plan = plan_of(pipeline.model_copy(update={"job_runs": part}))
    return waits(judge(plan, pipeline.state), own)


def _awaited(job: Job, around: Surroundings) -> str:
    """Return the reason why a job waits; empty if it does not."""
    if job.state is JobState.PENDING:
        if around.pipeline is None:
            return "earlier jobs of its pipeline, or for the pipeline to be resumed"
        if holding := _HOLDING.get(around.pipeline.state):
            return f"its pipeline, which {holding}"
        return "earlier jobs of its pipeline"
    if job.state in {JobState.CREATED, JobState.SCHEDULED}:
        return "Studio to queue it"
    if job.state is not JobState.QUEUED:
        return ""
    if job.waits_for:
        return f"{job.waits_for}; e runs it elsewhere"
    needed = plural(job.workers or 1, "worker")
    where = job.compute_cluster_name or job.compute_cluster_id
    cluster = next((one for one in around.clusters if runs_on(job, one)), None)
    if cluster is None and around.clusters and where:
        return f"{needed} of {where}, which is not among the clusters now; e runs it elsewhere"
    if cluster is None or (free := free_workers(cluster)) is None:
        of = f" of {where}" if where else ""
        return f"{needed}{of}; Studio does not say how many are free"
    name, most = cluster.name or cluster.id, cluster.max_workers or 0
    if takes_no_jobs(cluster):
        return f"{name} to be active; it is {cluster.status or 'INACTIVE'} now"
    if (job.workers or 1) > most:
        return f"{needed}; {name} has {most} at most now, so e runs it with fewer"
    return f"{needed}; {name} has {free} free of {most}. {_before(job, cluster, around.queued)}"


def _before(job: Job, cluster: Cluster, queued: Sequence[Job] | None) -> str:
    """Return which jobs of the cluster may start before a queued one: Studio sends no order.

    The local Studio orders by priority, which is not sent either, then by age.
    """
    older = []
    for one in queued or ():
        if one.id == job.id:
            break
        # One whose cluster cannot run it now holds up no other.
        if runs_on(one, cluster) and not one.waits_for:
            older.append(one)
    else:
        return "Older jobs may start first"
    if not older:
        return "No older job is ahead of it"
    names = [f"{one.name or one.id} ({plural(one.workers or 1, 'worker')})" for one in older]
    count = "An older job" if len(older) == 1 else f"{len(older):,} older jobs"
    return f"{count} may start first: {join_names(names, _NAMED)}"
