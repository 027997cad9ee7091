"""Notifications about jobs and pipelines that ended: one message for all that ended together."""

from collections import Counter
from collections.abc import Sequence

from studio_tui.api.models import Job, Pipeline
from studio_tui.api.states import JobState, PipelineState
from studio_tui.presentation.format import duration, join_names, plural
from studio_tui.presentation.jobs.causes import cause_of
from studio_tui.presentation.jobs.states import EQUIVALENT_STATES, LOOKS
from studio_tui.presentation.jobs.times import run_seconds

_LONGEST_ERROR = 120
_PREDICATES = {
    JobState.COMPLETE: "is done",
    JobState.FAILED: "failed",
    JobState.CANCELED: "was canceled",
    JobState.DID_NOT_RUN: "did not run",
}
"""What is said of an ended job in each state; messages count the states in this order."""


def ended_jobs_message(jobs: Sequence[Job]) -> str:
    """Return a message about jobs that ended, safe to draw."""
    if len(jobs) == 1:
        return _one_job(jobs[0])
    failed = [job.name or "a job without a name" for job in jobs if job.state is JobState.FAILED]
    return _summary([job.state for job in jobs], "job", failed)


def ended_pipelines_message(pipelines: Sequence[Pipeline]) -> str:
    """Return a message about pipelines that ended, safe to draw."""
    states = [EQUIVALENT_STATES[pipeline.state] for pipeline in pipelines]
    if len(pipelines) == 1:
        (pipeline,), (state,) = pipelines, states
        return f"{LOOKS[state].glyph} Pipeline {_pipeline_name(pipeline)} {_PREDICATES[state]}"
    failed = [_pipeline_name(each) for each in pipelines if each.state is PipelineState.FAILED]
    return _summary(states, "pipeline", failed)


def _one_job(job: Job) -> str:
    ran = run_seconds(job, job.finished_at) if job.finished_at else None
    after = "" if ran is None else f" after {duration(ran)}"
    name = job.name or "A job without a name"
    sentence = f"{LOOKS[job.state].glyph} {name} {_PREDICATES[job.state]}"
    error = cause_of(job)
    if job.state is not JobState.FAILED or not error:
        return f"{sentence}{after}"
    shown = error if len(error) <= _LONGEST_ERROR else f"{error[: _LONGEST_ERROR - 1]}…"
    return f"{sentence}{after}: {shown}"


def _summary(states: Sequence[JobState], noun: str, failed: Sequence[str]) -> str:
    numbers = Counter(states)
    counts = ", ".join(
        f"{LOOKS[state].glyph} {numbers[state]:,} {state.lower().replace('_', ' ')}"
        for state in _PREDICATES
        if numbers[state]
    )
    failures = [f"failed: {join_names(failed)}"] if failed else []
    return "\n".join([f"{plural(len(states), noun)} ended: {counts}", *failures])


def _pipeline_name(pipeline: Pipeline) -> str:
    target = f" of {pipeline.triggered_from}" if pipeline.triggered_from else ""
    return f"{pipeline.name or 'without a name'}{target}"
