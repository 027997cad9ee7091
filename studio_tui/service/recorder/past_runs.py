"""The times of past runs of a name, as recorded."""

import asyncio

from studio_tui.api.models import Job
from studio_tui.service.commands.history import EndedRun, JobHistory
from studio_tui.service.recorder.recorder import Recorder


async def past_runs(recorder: Recorder, history: JobHistory, job: Job) -> tuple[Job, ...]:
    """Return the newest successful runs of a job's name without itself, newest first.

    They have their times alone. They are read in a thread; there are none if that is not possible.
    """
    return await asyncio.to_thread(_read, recorder, history, job)


def _read(recorder: Recorder, history: JobHistory, job: Job) -> tuple[Job, ...]:
    runs = history.completed(job.name, but=job.id) if job.name else []
    recorded = {each.id: each for each in recorder.jobs_of([run.job_id for run in runs])}
    return tuple(_times_of(run, recorded.get(run.job_id)) for run in runs)


def _times_of(run: EndedRun, recorded: Job | None) -> Job:
    """Return a run with the steps that are recorded of it."""
    return Job(
        id=run.job_id,
        status=run.state,
        created_at=run.created_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        steps=recorded.steps if recorded is not None and recorded.state.is_finished else None,
    )
