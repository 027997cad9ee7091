"""Stopping a pipeline: whether that is possible, the question, the pause, and the outcome."""

from collections.abc import Sequence

from studio_tui.api.models import Pipeline, PipelineJob
from studio_tui.api.states import JobState, PipelineState
from studio_tui.errors import InvalidRequest
from studio_tui.presentation.format import SHORT_ID, plural
from studio_tui.presentation.lists.fitting import fit_lines
from studio_tui.service.commands.pipelines import (
    PauseOutcome,
    PipelineCommands,
    StopOutcome,
    runs_to_cancel,
)

_NOT_STARTED = frozenset({JobState.CREATED, JobState.SCHEDULED, JobState.QUEUED})

_MOST_LISTED = 12


def can_stop(pipeline: Pipeline) -> bool:
    """Whether a pipeline is active, or has jobs to cancel: running or queued jobs."""
    return pipeline.state.may_start_jobs or bool(runs_to_cancel(pipeline))


def _running_names(pipelines: Sequence[Pipeline]) -> list[str]:
    return [
        name_among(name_of(run), each, pipelines)
        for each in pipelines
        for run in runs_to_cancel(each)
        if run.state not in _NOT_STARTED
    ]


def name_among(job: str, pipeline: Pipeline, pipelines: Sequence[Pipeline]) -> str:
    """Return the name of a job; among several pipelines, such as `load of etl (1a2b3c4d)`."""
    if len(pipelines) == 1:
        return job
    return f"{job} of {pipeline.name or 'a pipeline'} ({pipeline.pipeline_id[:SHORT_ID]})"


def stop_effects(pipelines: Sequence[Pipeline], *, are_paused: bool) -> Sequence[str]:
    """Return what stopping pipelines would do, or canceling the jobs of paused ones."""
    running = _running_names(pipelines)
    queued = sum(len(runs_to_cancel(each)) for each in pipelines) - len(running)
    waiting = [f"{plural(queued, 'job')} in the queue will not start."] if queued else []
    jobs, names = plural(len(running), "job"), name_lines(running)
    if are_paused:
        return [*([f"{jobs} will be canceled:", *names] if running else []), *waiting]
    they = "It" if len(pipelines) == 1 else "They"
    if running:
        effects = [f"{they} will be paused, and {jobs} canceled:", *names]
    else:
        effects = [f"{they} will be paused."]
    return [*effects, *waiting, "", "Jobs that start meanwhile are canceled too."]


def name_lines(names: Sequence[str]) -> list[str]:
    """Return names of jobs as lines of a question, at most `_MOST_LISTED`."""
    return [f"  {line}" for line in fit_lines([f"  {name}" for name in names], _MOST_LISTED)]


async def pause_at_once(commands: PipelineCommands, pipeline: Pipeline) -> Pipeline:
    """Pause a pipeline that may start jobs; return it as paused.

    It is returned as it was if it starts no jobs, if Studio refuses to pause it, as it may have
    ended, or if Studio will pause it later.

    Raises:
        StudioError: it could not be paused.
    """
    if not pipeline.state.may_start_jobs:
        return pipeline
    try:
        outcome = await commands.pause(pipeline)
    except InvalidRequest:
        return pipeline
    if outcome is PauseOutcome.REQUESTED:
        return pipeline
    return pipeline.model_copy(update={"status": PipelineState.PAUSED.value})


def stop_summary(stopped: StopOutcome) -> str:
    """Return the outcome in short, such as `paused, 3 jobs canceled, 1 had ended before`."""
    status = (stopped.pipeline.status or "unknown").lower()
    if not (stopped.canceled or stopped.canceling):
        return f"{status}; there was nothing left to cancel"
    parts = [status, f"{plural(len(stopped.canceled), 'job')} canceled"]
    if stopped.canceling:
        parts.append(f"{len(stopped.canceling)} still being canceled")
    if stopped.ended:
        parts.append(f"{len(stopped.ended)} had ended before")
    return ", ".join(parts)


def name_of(run: PipelineJob) -> str:
    """Return the name of a pipeline's job; if it has none, its id."""
    return run.name or run.job_id
