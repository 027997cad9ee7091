"""Notifications about jobs and pipelines that ended: one message, however many there are."""

from collections import Counter
from collections.abc import Sequence

from studio_tui.api.models import Job, Pipeline
from studio_tui.api.states import JobState, PipelineState
from studio_tui.presentation.format import duration, join_names, plural
from studio_tui.presentation.jobs.causes import cause_of
from studio_tui.presentation.jobs.states import LOOKS
from studio_tui.presentation.jobs.times import run_seconds

_LONGEST = 120
"""Maximum number of characters of an error."""
_HOW = {
    JobState.COMPLETE: "is done",
    JobState.FAILED: "failed",
    JobState.CANCELED: "was canceled",
}
_PIPELINES = {
    PipelineState.COMPLETED: (JobState.COMPLETE, "is done"),
    PipelineState.FAILED: (JobState.FAILED, "failed"),
    PipelineState.CANCELED: (JobState.CANCELED, "was canceled"),
}
_WORDS = {
    JobState.COMPLETE: "complete",
    JobState.FAILED: "failed",
    JobState.CANCELED: "canceled",
}


def jobs_ended(jobs: Sequence[Job]) -> str:
    """Return a message about jobs that ended, safe to draw."""
    if len(jobs) == 1:
        return _one_job(jobs[0])
    lines = [_counted([job.state for job in jobs], "job")]
    failed = [job.name or "a job without a name" for job in jobs if job.state is JobState.FAILED]
    return "\n".join([*lines, *_failures(failed)])


def pipelines_ended(pipelines: Sequence[Pipeline]) -> str:
    """Return a message about pipelines that ended, safe to draw."""
    ends = [(_pipeline_name(each), _PIPELINES[each.state]) for each in pipelines]
    if len(ends) == 1:
        name, (state, how) = ends[0]
        return f"{LOOKS[state].glyph} Pipeline {name} {how}"
    lines = [_counted([state for _, (state, _) in ends], "pipeline")]
    failed = [name for name, (state, _) in ends if state is JobState.FAILED]
    return "\n".join([*lines, *_failures(failed)])


def _one_job(job: Job) -> str:
    ran = run_seconds(job, job.finished_at) if job.finished_at else None
    after = "" if ran is None else f" after {duration(ran)}"
    sentence = f"{LOOKS[job.state].glyph} {job.name or 'A job without a name'} {_HOW[job.state]}"
    error = cause_of(job)
    if job.state is not JobState.FAILED or not error:
        return f"{sentence}{after}"
    shown = error if len(error) <= _LONGEST else f"{error[: _LONGEST - 1]}…"
    return f"{sentence}{after}: {shown}"


def _counted(states: Sequence[JobState], noun: str) -> str:
    numbers = Counter(states)
    counts = ", ".join(
        f"{LOOKS[state].glyph} {numbers[state]:,} {word}"
        for state, word in _WORDS.items()
        if numbers[state]
    )
    return f"{plural(len(states), noun)} ended: {counts}"


def _failures(names: Sequence[str]) -> list[str]:
    return [f"failed: {join_names(names)}"] if names else []


def _pipeline_name(pipeline: Pipeline) -> str:
    target = f" of {pipeline.triggered_from}" if pipeline.triggered_from else ""
    return f"{pipeline.name or 'without a name'}{target}"
