"""What the other lists of a session say about a job."""

from studio_tui.presentation.jobs.waiting import Surroundings
from studio_tui.service.session import StudioSession


def surroundings(session: StudioSession) -> Surroundings:
    """Return what is known about all jobs: the clusters and the queue."""
    clusters, jobs = session.clusters.snapshot.value, session.jobs.snapshot.value
    return Surroundings(
        clusters.items if clusters is not None else (),
        jobs.queued if jobs is not None else None,
    )


def surroundings_of(session: StudioSession, job_id: str) -> Surroundings:
    """Return what is known about a job, also as part of a pipeline."""
    known, pipelines = surroundings(session), session.pipelines.snapshot.value
    if pipelines is None:
        return known
    return known._replace(pipeline=pipelines.owner(job_id), is_blocked=job_id in pipelines.blocked)
