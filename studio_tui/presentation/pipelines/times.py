"""End and duration of a pipeline, from its own times and those of its runs."""

from collections.abc import Mapping
from datetime import datetime

from studio_tui.api.models import Job, Pipeline
from studio_tui.api.states import PipelineState
from studio_tui.presentation.format import seconds_between


def ended_at(pipeline: Pipeline, jobs: Mapping[str, Job]) -> datetime | None:
    """Return when a pipeline ended; `None` before that, or if unknown.

    It is the end of its last run if all runs that started are loaded; else the time of its last
    update, which may be later.
    """
    if not pipeline.state.is_finished:
        return None
    runs = _runs(pipeline, jobs)
    if runs is not None:
        ends = [job.finished_at for job in runs if job.finished_at is not None]
        if ends and len(ends) == len(runs):
            return max(ends)
    return pipeline.updated_at


def pipeline_seconds(pipeline: Pipeline, jobs: Mapping[str, Job], now: datetime) -> float | None:
    """Return how long a pipeline took or has taken; `None` if unknown.

    It is counted from the start of the first run if known, else from the creation of the pipeline:
    time spent waiting for a review is not included.
    """
    is_moving = pipeline.state in {PipelineState.RUNNING, PipelineState.PENDING}
    end = now if is_moving else ended_at(pipeline, jobs)
    runs = _runs(pipeline, jobs) or ()
    starts = [job.began_at for job in runs if job.began_at is not None]
    begin = min(starts) if starts and len(starts) == len(runs) else pipeline.created_at
    return seconds_between(begin, end)


def _runs(pipeline: Pipeline, jobs: Mapping[str, Job]) -> list[Job] | None:
    """Return the runs that started or ended; `None` if one of them is not loaded."""
    runs = []
    for run in pipeline.job_runs:
        job = jobs.get(run.created_job_id or "")
        if job is None:
            return None
        if job.began_at is not None or job.finished_at is not None:
            runs.append(job)
    return runs
