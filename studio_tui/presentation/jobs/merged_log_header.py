"""The line above the merged log of several jobs: its size, and the state of the connections."""

from collections import Counter
from collections.abc import Iterable

from studio_tui.api.models import Job
from studio_tui.api.states import JobState
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.format import plural, size
from studio_tui.presentation.freshness import outage_words
from studio_tui.presentation.jobs.log_header import Following, OutageLike, is_cut_off
from studio_tui.presentation.jobs.states import LOOKS
from studio_tui.presentation.logs.progress import Progress, share_text

_TROUBLES = {"reconnecting": "✗ disconnected", "stopped": "✗ stopped"}

_MAY_PRINT = {JobState.RUNNING, JobState.CANCELING, JobState.CANCELING_SCHEDULED}


def amount(jobs: int, expected: int, lines: int, length: int) -> Cell:
    """Return the size of a merged log of `expected` jobs, of which `jobs` have joined.

    `length` is in bytes. Without lines, the size is left out, as the first ones are being merged.
    """
    counted = plural(jobs, "job") if jobs == expected else f"{jobs} of {plural(expected, 'job')}"
    return Cell(f"{counted}  {plural(lines, 'line')}  {size(length)}" if lines else counted)


def describe_connections(
    logs: Iterable[tuple[Following, Job]], outage: OutageLike | None = None
) -> tuple[Cell, ...]:
    """Return the number of logs in each state; `outage` is set while Studio cannot be reached."""
    disconnected = outage_words(outage.error) if outage else "disconnected"
    numbers = Counter(_phase(state, job, outage) for state, job in logs)
    phases = (
        ("connecting", "… {} connecting", Tone.DIM),
        ("reading", "… {} reading", Tone.DIM),
        ("waiting", "◌ {} waiting", Tone.WAITING),
        ("live", "● {} live", Tone.GOOD),
        ("complete", "✓ {} whole log{s}", Tone.GOOD),
        ("doubtful", "{} possibly incomplete", Tone.WARN),
        ("reconnecting", f"✗ {{}} {disconnected}", Tone.BAD),
        ("stopped", "✗ {} stopped", Tone.BAD),
    )
    return tuple(
        Cell(words.format(numbers[phase], s="" if numbers[phase] == 1 else "s"), tone)
        for phase, words, tone in phases
        if numbers[phase]
    )


def _phase(state: Following, job: Job, outage: OutageLike | None) -> str:
    if outage and is_cut_off(state, outage):
        return "reconnecting"
    if state.phase == "following":
        if job.state.is_finished:
            return "reading"
        return "live" if job.state in _MAY_PRINT else "waiting"
    if state.phase == "complete" and state.reason:
        return "doubtful"
    return state.phase


def cells_around_name(
    state: Following, job: Job, progress: Progress | None, outage: OutageLike | None = None
) -> tuple[Cell, Cell]:
    """Return the cells before and after the name of one job: its state, and trouble or progress."""
    look = LOOKS[job.state]
    if outage and is_cut_off(state, outage):
        return Cell(look.glyph, look.tone), Cell(f"✗ {outage_words(outage.error)}", Tone.BAD)
    if trouble := _TROUBLES.get(state.phase):
        return Cell(look.glyph, look.tone), Cell(trouble, Tone.BAD)
    done = share_text(progress) if progress is not None and not job.state.is_finished else ""
    return Cell(look.glyph, look.tone), Cell(done, Tone.DIM)
