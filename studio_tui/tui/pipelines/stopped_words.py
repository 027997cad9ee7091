"""The question whether to stop a pipeline, and the outcome, in words."""

from collections.abc import Sequence
from typing import NamedTuple

from studio_tui.api.models import Pipeline, PipelineJob
from studio_tui.api.states import JobState, PipelineState
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.format import plural
from studio_tui.service.commands.jobs import failure_message
from studio_tui.service.commands.pipelines import StopOutcome, to_cancel

_NOT_BEGUN = frozenset({JobState.CREATED, JobState.SCHEDULED, JobState.QUEUED})

_LISTED = 12
"""How many jobs a question lists by name."""


class StopWords(NamedTuple):
    """The question whether to stop a pipeline; safe to draw."""

    question: str
    effects: Sequence[str]
    """Lines with the jobs that are canceled."""
    yes: str
    no: str


def stop_words(pipeline: Pipeline) -> StopWords:
    """Return the question whether to stop a pipeline; one that is paused has only jobs to cancel.

    Queued jobs are only counted.
    """
    hit = to_cancel(pipeline)
    queued = [run for run in hit if run.state in _NOT_BEGUN]
    running = [name_of(run) for run in hit if run not in queued]
    jobs = plural(len(running), "job")
    waiting = [f"{plural(len(queued), 'job')} in the queue will not start."] if queued else []
    if pipeline.state is PipelineState.PAUSED:
        effects = [f"{jobs} will be canceled:", *named(running)] if running else []
        question = "Cancel the jobs of this paused pipeline?"
        return StopWords(question, (*effects, *waiting), "Cancel them", "Let them end")
    if running:
        effects = [f"It will be paused, and {jobs} canceled:", *named(running), *waiting]
    else:
        effects = ["It will be paused.", *waiting]
    effects += ["", "Jobs that start meanwhile are canceled too."]
    return StopWords("Stop this pipeline?", effects, "Pause and cancel", "Leave it running")


def named(names: Sequence[str]) -> list[str]:
    """Return names of jobs as lines of a question, the first ones if there are many."""
    shown = [f"    {name}" for name in names[:_LISTED]]
    left = len(names) - _LISTED
    return [*shown, f"    and {left} more"] if left > 0 else shown


def stopped_words(stopped: StopOutcome) -> str:
    """Return the pipeline's state and how many of its jobs were canceled, as of the last check."""
    if stopped.canceled or stopped.canceling:
        return f"{_state(stopped)}, {counts(stopped)}"
    return f"{_state(stopped)}; there was nothing left to cancel"


def _state(stopped: StopOutcome) -> str:
    return (stopped.pipeline.status or "unknown").lower()


def counts(stopped: StopOutcome) -> str:
    """Return how many of its jobs were canceled, as of the last check."""
    parts = [f"{plural(len(stopped.canceled), 'job')} canceled"]
    if stopped.canceling:
        parts.append(f"{len(stopped.canceling)} still being canceled")
    if stopped.ended:
        parts.append(f"{len(stopped.ended)} had ended before")
    return ", ".join(parts)


def report(stopped: StopOutcome) -> list[Cell]:
    """Return the outcome for each of its jobs, failures first."""
    lines = [
        Cell(f"✗ {name_of(one.run)}: {failure_message(one.error)}", Tone.BAD)
        if one.error
        else Cell(f"● {name_of(one.run)} still runs", Tone.WARN)
        for one in stopped.still_running
    ]
    if stopped.starts_more_jobs:
        lines.append(Cell("● It continues: somebody resumed it, or it was not paused", Tone.WARN))
    lines += [Cell(f"✓ {name_of(run)} is canceled", Tone.GOOD) for run in stopped.canceled]
    lines += [Cell(f"✓ {name_of(run)} is being canceled", Tone.GOOD) for run in stopped.canceling]
    return [
        *lines,
        *(Cell(f"✓ {name_of(run)} had ended before", Tone.GOOD) for run in stopped.ended),
    ]


def name_of(run: PipelineJob) -> str:
    """Return the name of a pipeline's job."""
    return run.name or run.job_id
