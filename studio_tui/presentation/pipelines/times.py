"""End and duration of a pipeline, from its own times and those of its runs."""

from collections.abc import Mapping
from datetime import datetime

from studio_tui.api.models import Job, Pipeline
from studio_tui.presentation.format import seconds_between


def ended_at(pipeline: Pipeline, jobs: Mapping[str, Job]) -> datetime | None:
    """Return when a pipeline ended; `None` if it has not, or if the end is unknown.

    It is the end of the last run if all runs are loaded and the ends of those that started are
    known, else the last update of the pipeline, which can be later. `jobs` are loaded runs by id.
    """
    if not pipeline.state.is_finished:
        return None
    runs = _started_runs(pipeline, jobs)
    if runs is not None:
        ends = [job.finished_at for job in runs if job.finished_at is not None]
        if ends and len(ends) == len(runs):
            return max(ends)
    return pipeline.updated_at


def pipeline_seconds(pipeline: Pipeline, jobs: Mapping[str, Job], now: datetime) -> float | None:
    """Return how long a pipeline took, or has taken up to `now`; `None` if unknown or paused.

    The time is counted from the start of the first run, as a user may review a new pipeline before
    it runs. If not all starts are known, it is counted from the creation of the pipeline.
    """
    end = now if pipeline.state.is_active else ended_at(pipeline, jobs)
    runs = _started_runs(pipeline, jobs) or ()
    starts = [job.began_at for job in runs if job.began_at is not None]
    begin = min(starts) if starts and len(starts) == len(runs) else pipeline.created_at
    return seconds_between(begin, end)


def _started_runs(pipeline: Pipeline, jobs: Mapping[str, Job]) -> list[Job] | None:
    """Return the runs that started or ended; `None` if any run is not loaded."""
    runs = []
    for run in pipeline.job_runs:
        job = jobs.get(run.created_job_id or "")
        if job is None:
            return None
        if job.began_at is not None or job.finished_at is not None:
            runs.append(job)
    return runs
