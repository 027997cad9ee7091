"""The line above a log, or a merged log: the states of the jobs and of the connections."""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from studio_tui.api.connection_states import Outage, TailState
from studio_tui.api.models import Job
from studio_tui.api.states import JobState
from studio_tui.failures.exit_codes import exit_code_words
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.format import clock_time, duration, next_try, plural, size
from studio_tui.presentation.jobs.causes import cause_of
from studio_tui.presentation.jobs.states import LOOKS, state_cell
from studio_tui.presentation.jobs.times import run_seconds
from studio_tui.presentation.logs.lines import styled_line
from studio_tui.presentation.logs.progress import (
    Progress,
    bar_text,
    latest_progress,
    progress_text,
    share_text,
)
from studio_tui.presentation.logs.signatures import signature
from studio_tui.presentation.outages import outage_words

END_BYTES = 32 * 1024
"""Number of bytes at the end of a log that are searched for progress or a failure reason."""

_LINE_BYTES = 4096
_BAR_WIDTH = 14
_TROUBLES = {"reconnecting": "✗ disconnected", "stopped": "✗ stopped"}
_MAY_PRINT = {JobState.RUNNING, JobState.CANCELING, JobState.CANCELING_SCHEDULED}


def job_parts(
    job: Job, now: datetime, reason: str = "", *, is_blocked: bool = False
) -> tuple[Cell, ...]:
    """Return status, exit code and run time of a job.

    The exit code is left out if it is part of `reason`, which is shown in the same line. A job
    `is_blocked` if a job that it depends on failed or was canceled.
    """
    parts = [state_cell(job.state, job.status, is_blocked=is_blocked)]
    is_in_reason = re.search(rf"exit code {job.exit_code}(?!\d)", reason)
    if job.exit_code is not None and not is_in_reason:
        parts.append(Cell(exit_code_words(job.exit_code, is_brief=True), Tone.DIM))
    if (ran := run_seconds(job, now)) is not None:
        parts.append(Cell(duration(ran), Tone.DIM))
    return tuple(parts)


def describe_connection(
    state: TailState, job: Job, now: datetime, *, behind: int = 0, outage: Outage | None = None
) -> Cell:
    """Describe the state of the connection to a log.

    `behind` is the number of bytes that were missing from a followed log when it was opened, and
    still are; a running job may have printed more since.
    """
    if outage and is_cut_off(state, outage):
        return Cell(f"✗ {outage_words(outage.error)}", Tone.BAD)
    if state.phase == "following" and behind:
        least = "" if job.state.is_finished else "at least "
        return Cell(f"◌ {least}{size(behind)} still to come", Tone.WAITING)
    if state.phase == "following":
        # Output of a finished job may still arrive, but it is not live.
        return Cell("reading…", Tone.DIM) if job.state.is_finished else Cell("● live", Tone.GOOD)
    if state.phase == "complete":
        if state.reason:
            return Cell(state.reason, Tone.WARN)
        if state.kept_since is not None:
            return Cell(f"✓ whole log, kept since {clock_time(state.kept_since, now)}", Tone.GOOD)
        return Cell("✓ whole log", Tone.GOOD)
    if state.phase == "stopped":
        # The next attempt comes before the reason, which may be so long that it is cut off.
        next_attempt = f"{next_try(state.next_try, now)}: " if state.next_try else ""
        return Cell(f"✗ {next_attempt}{state.reason}", Tone.BAD)
    if state.phase == "reconnecting":
        next_attempt = next_try(state.next_try, now) if state.next_try else "trying…"
        since = clock_time(state.since, now)
        return Cell(f"✗ disconnected since {since}, {next_attempt}", Tone.BAD)
    return Cell("connecting…", Tone.DIM)


def is_cut_off(state: TailState, outage: Outage) -> bool:
    """Whether an outage keeps a log from being received, even if its connection seems open."""
    if state.phase == "following":
        return state.received_at is not None and state.received_at < outage.since
    return state.phase in {"connecting", "reconnecting"}


def amount(state: TailState) -> Cell:
    """Return the number of lines and bytes received, as far as they are known."""
    if state.phase == "connecting" and not state.size:
        return Cell("")
    # The lines of a log that an earlier run of the dashboard stored may not be counted yet.
    is_counted = state.lines or not state.size
    lines = f"{plural(state.lines, 'line')}  " if is_counted else ""
    return Cell(f"{lines}{size(state.size)}", Tone.DIM)


def failure_cause(job: Job, end: bytes) -> str:
    """Return in one line why a job failed, from its error message or its log; empty if unknown.

    `end` is the end of the complete log, untrusted; empty if unknown.
    """
    if job.error_message:
        return cause_of(job)
    if job.state is not JobState.FAILED:
        return ""
    lines = [styled_line(line[:_LINE_BYTES]).text for line in end.split(b"\n")]
    return signature(lines) or ""


def progress(job: Job, end: bytes, previous: Progress | None = None) -> Progress | None:
    """Return the progress of a running job from the end of its log; `None` if there is none.

    `previous` is the result of the last call: an overall bar may be printed so rarely that it is no
    longer in `end`.
    """
    return latest_progress(end, previous) if job.state is JobState.RUNNING else None


def progress_parts(latest: Progress, *, wide: bool) -> tuple[Cell, ...]:
    """Return the progress of a job; with a bar only if `wide`."""
    percent = latest.percent if wide else None
    bar = f"{bar_text(percent, _BAR_WIDTH)} " if percent is not None else ""
    return (Cell(f"{bar}{progress_text(latest)}", Tone.ACTIVE),)


# The line above a merged log.


def merged_amount(jobs: int, expected: int, lines: int, length: int) -> Cell:
    """Return the size of a merged log of `expected` jobs, of which `jobs` have joined.

    `length` is in bytes. While there are no lines, only the number of jobs is returned.
    """
    counted = plural(jobs, "job") if jobs == expected else f"{jobs} of {plural(expected, 'job')}"
    return Cell(f"{counted}  {plural(lines, 'line')}  {size(length)}" if lines else counted)


def describe_connections(
    logs: Iterable[tuple[TailState, Job]], outage: Outage | None = None
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


def _phase(state: TailState, job: Job, outage: Outage | None) -> str:
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
    state: TailState, job: Job, progress: Progress | None, outage: Outage | None = None
) -> tuple[Cell, Cell]:
    """Return the cells before and after the name of one job: its state, and trouble or progress."""
    look = LOOKS[job.state]
    if outage and is_cut_off(state, outage):
        return Cell(look.glyph, look.tone), Cell(f"✗ {outage_words(outage.error)}", Tone.BAD)
    if trouble := _TROUBLES.get(state.phase):
        return Cell(look.glyph, look.tone), Cell(trouble, Tone.BAD)
    done = share_text(progress) if progress is not None and not job.state.is_finished else ""
    return Cell(look.glyph, look.tone), Cell(done, Tone.DIM)
