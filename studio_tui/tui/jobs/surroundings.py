"""The data that other lists of a session have about a job: clusters, queue and pipeline."""

from studio_tui.presentation.jobs.waiting import Surroundings
from studio_tui.service.session import StudioSession


def surroundings(session: StudioSession) -> Surroundings:
    """Return the data that all jobs have in common: the clusters and the queue."""
    clusters, jobs = session.clusters.snapshot.value, session.jobs.snapshot.value
    return Surroundings(
        clusters.items if clusters is not None else (),
        jobs.queued if jobs is not None else None,
    )


def surroundings_of(session: StudioSession, job_id: str) -> Surroundings:
    """Return the data in common, and the pipeline that runs a job."""
    common, pipelines = surroundings(session), session.pipelines.snapshot.value
    if pipelines is None:
        return common
    return common._replace(
        pipeline=pipelines.pipeline_of(job_id), is_blocked=job_id in pipelines.blocked
    )
