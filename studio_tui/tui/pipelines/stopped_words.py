"""The outcome of stopping pipelines, in words."""

from studio_tui.api.models import PipelineJob
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.format import plural
from studio_tui.service.commands.jobs import failure_message
from studio_tui.service.commands.pipelines import StopOutcome


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
        for one in stopped.left
    ]
    if stopped.starts_more:
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
