"""Which jobs run on a cluster, which are schedules, and jobs grouped by status."""

from collections import defaultdict
from collections.abc import Iterable

from studio_tui.api.models import Cluster, Job
from studio_tui.api.states import JobState


def runs_on(job: Job, cluster: Cluster) -> bool:
    """Whether a job belongs to a cluster: by its cluster's id or, if Studio sent none, by its name.

    Names may be reused.
    """
    if job.compute_cluster_id is not None:
        return job.compute_cluster_id == cluster.id
    return cluster.name is not None and job.compute_cluster_name == cluster.name


def is_schedule(job: Job) -> bool:
    """Whether a job is a schedule, even one that has ended; false for a schedule that failed."""
    return job.state is JobState.TASK or (
        job.schedule is not None and job.state is not JobState.FAILED
    )


def by_status(jobs: Iterable[Job]) -> dict[str | None, list[Job]]:
    """Group jobs by status, keeping their order; all schedules are in the group of TASK."""
    groups = defaultdict[str | None, list[Job]](list)
    for job in jobs:
        is_task = job.schedule is not None and is_schedule(job)
        groups[JobState.TASK if is_task else job.status].append(job)
    return groups
