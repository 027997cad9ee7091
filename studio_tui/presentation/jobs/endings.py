"""Notifications about jobs and pipelines that ended: one message for all that ended together."""

from collections import Counter
from collections.abc import Container, Sequence

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
"""Of jobs that ended, by their states in the order shown."""


def ended_jobs_message(jobs: Sequence[Job]) -> str:
    """Return a message about jobs that ended, safe to draw."""
    if len(jobs) == 1:
        return _one_job(jobs[0])
    failed = [job.name or "a job without a name" for job in jobs if job.state is JobState.FAILED]
    return _summary([job.state for job in jobs], "job", failed)


def ended_pipelines_message(
    pipelines: Sequence[Pipeline], with_newer_attempt: Container[str]
) -> str:
    """Return a message about pipelines that ended, safe to draw.

    `with_newer_attempt` has the ids of failed jobs that have a newer attempt.
    """
    states = [EQUIVALENT_STATES[pipeline.state] for pipeline in pipelines]
    newer = [f" ({words})" if (words := _newer_words(each, with_newer_attempt)) else ""
             for each in pipelines]  # fmt: skip
    names = [_pipeline_name(pipeline) for pipeline in pipelines]
    if len(pipelines) == 1:
        return f"{LOOKS[states[0]].glyph} Pipeline {names[0]} {_PREDICATES[states[0]]}{newer[0]}"
    failed = [
        f"{name}{more}"
        for name, more, state in zip(names, newer, states, strict=True)
        if state is JobState.FAILED
    ]
    return _summary(states, "pipeline", failed)


def _newer_words(pipeline: Pipeline, with_newer_attempt: Container[str]) -> str:
    """Return which failed jobs of a failed pipeline have a newer attempt."""
    if pipeline.state is not PipelineState.FAILED:
        return ""
    failed = (run for run in pipeline.job_runs if run.state is JobState.FAILED)
    names = [run.name or run.job_id for run in failed if run.created_job_id in with_newer_attempt]
    return f"newer attempt at {join_names(names)}" if names else ""


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
