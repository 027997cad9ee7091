"""The facts about a job, with the data of other lists: clusters, queue, pipeline, schedule."""

from collections.abc import Sequence
from datetime import datetime

from studio_tui import clock
from studio_tui.api.models import Job
from studio_tui.api.states import JobState
from studio_tui.presentation.jobs.facts import Fact, facts, scheduled_by
from studio_tui.presentation.jobs.kinship import with_related_jobs
from studio_tui.presentation.jobs.usual import with_usual
from studio_tui.presentation.jobs.waiting import Surroundings
from studio_tui.presentation.logs.progress import Progress
from studio_tui.service.session import StudioSession


def surroundings(session: StudioSession) -> Surroundings:
    """Return the data that all jobs have in common: the clusters and the queue."""
    clusters, jobs = session.clusters.snapshot.value, session.jobs.snapshot.value
    return Surroundings(
        clusters.items if clusters is not None else (), jobs.queued if jobs is not None else None
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


def facts_of(
    session: StudioSession,
    job: Job,
    past_runs: Sequence[Job],
    until: datetime,
    progress: Progress | None = None,
    *,
    with_secrets: bool = False,
) -> tuple[Fact, ...]:
    """Return all facts about a job; those of a schedule include its times.

    `past_runs` are those of `with_usual`. Durations of what has not ended are counted up to
    `until`, see `Page.moment`.
    """
    now = clock.now()
    known = facts(
        job,
        now,
        surroundings_of(session, job),
        progress,
        until=until,
        with_secrets=with_secrets,
    )
    known = with_usual(known, job, past_runs, until)
    known = with_related_jobs(known, session.known_items.related_jobs(job.id))
    if job.state is not JobState.TASK:
        return known
    from studio_tui.presentation.schedules.rows import timetable  # noqa: PLC0415 (few jobs need it)

    return (*known[:1], *timetable(job, now, clock.zone()), *known[1:])
