"""The data that other lists of a session have about a job: clusters, queue, pipeline, schedule."""

from studio_tui.api.models import Job
from studio_tui.presentation.jobs.facts import scheduled_by
from studio_tui.presentation.jobs.waiting import Surroundings
from studio_tui.service.session import StudioSession


def surroundings(session: StudioSession) -> Surroundings:
    """Return the data that all jobs have in common: the clusters and the queue."""
    clusters, jobs = session.clusters.snapshot.value, session.jobs.snapshot.value
    return Surroundings(
        clusters.items if clusters is not None else (),
        jobs.queued if jobs is not None else None,
    )


def surroundings_of(session: StudioSession, job: Job) -> Surroundings:
    """Return the data in common, the pipeline that runs a job, and the schedule that created it."""
    common, pipelines = surroundings(session), session.pipelines.snapshot.value
    pipeline = pipelines.pipeline_of(job.id) if pipelines is not None else None
    task_id = scheduled_by(job, pipeline)
    return common._replace(
        pipeline=pipeline,
        is_blocked=pipelines is not None and job.id in pipelines.blocked,
        schedule=session.known_items.jobs((task_id,)).get(task_id) if task_id else None,
    )
