"""The line above a log: how the job does, and how its following goes."""

from datetime import datetime
from typing import Protocol

from studio_tui.api.models import Job, JobState
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.format import clock_time, duration, next_try, plural, size
from studio_tui.presentation.jobs.causes import cause
from studio_tui.presentation.jobs.states import state_cell
from studio_tui.presentation.jobs.times import run_seconds
from studio_tui.presentation.logs.lines import styled_line
from studio_tui.presentation.logs.progress import Progress, bar_text, latest, words
from studio_tui.presentation.logs.signatures import signature

END = 32 * 1024
"""Bytes of a log's end that tell how far a job has come, or why it failed."""

_LINE = 4096
_BAR = 14
"""Cells of the progress bar."""


class Following(Protocol):
    """What the following of a log tells of itself."""

    @property
    def phase(self) -> str:
        """connecting, following, reconnecting, complete or stopped."""

    @property
    def since(self) -> datetime:
        """When the phase began."""

    @property
    def next_try(self) -> datetime | None:
        """When the connection is tried again, while reconnecting or after some refusals."""

    @property
    def reason(self) -> str:
        """Why it is as it is; a safe sentence."""

    @property
    def kept_since(self) -> datetime | None:
        """When the whole log was kept on this machine, if it was not asked for since."""

    @property
    def heard_at(self) -> datetime | None:
        """When Studio last sent anything of it, while it is followed."""

    @property
    def lines(self) -> int:
        """Lines that are here."""

    @property
    def size(self) -> int:
        """Bytes that are here."""


def job_parts(job: Job, now: datetime) -> tuple[Cell, ...]:
    """Return state, exit code and run time of the job."""
    parts = [state_cell(job)]
    if job.exit_code is not None:
        parts.append(Cell(f"exit code {job.exit_code}", Tone.DIM))
    if (ran := run_seconds(job, now)) is not None:
        parts.append(Cell(duration(ran), Tone.DIM))
    return tuple(parts)


def following(
    state: Following,
    job: Job,
    now: datetime,
    *,
    behind: int = 0,
    away_since: datetime | None = None,
) -> Cell:
    """Return in words how the following goes; `behind` is in bytes.

    A connection on which nothing has come since Studio is away may be dead, and nothing is live.
    """
    heard = state.heard_at
    if state.phase == "following" and heard and away_since and heard < away_since:
        return Cell(f"✗ silent since {clock_time(heard, now)}", Tone.BAD)
    if state.phase == "following" and behind:
        return Cell(f"◌ {size(behind)} still to come", Tone.WAITING)
    if state.phase == "following":
        # What a job that is over has printed still arrives, but nothing of it is live.
        return Cell("reading…", Tone.DIM) if job.state.is_finished else Cell("● live", Tone.GOOD)
    if state.phase == "complete":
        if state.reason:
            return Cell(state.reason, Tone.WARN)
        if state.kept_since is not None:
            return Cell(f"✓ whole log, kept since {clock_time(state.kept_since, now)}", Tone.GOOD)
        return Cell("✓ whole log", Tone.GOOD)
    if state.phase == "stopped":
        # First, as the end of a long reason is cut off.
        again = f"{next_try(state.next_try, now)}: " if state.next_try else ""
        return Cell(f"✗ {again}{state.reason}", Tone.BAD)
    if state.phase == "reconnecting":
        trying = next_try(state.next_try, now) if state.next_try else "trying…"
        return Cell(f"✗ cut off since {clock_time(state.since, now)}, {trying}", Tone.BAD)
    return Cell("asking…", Tone.DIM)


def amount(state: Following) -> Cell:
    """Return how much of the log is here."""
    if state.phase == "complete" and not state.size and not state.reason:
        return Cell("the job printed nothing", Tone.DIM)
    return Cell(f"{plural(state.lines, 'line')}  {size(state.size)}", Tone.DIM)


def why(job: Job, end: bytes) -> str:
    """Return in one line why a job failed: the cause that Studio gives, else that of its log.

    `end` is the end of its whole log, untrusted; empty when nothing is known.
    """
    if job.error_message:
        return cause(job.error_message)
    if job.state is not JobState.FAILED:
        return ""
    lines = [styled_line(line[:_LINE]).text for line in end.split(b"\n")]
    return signature(lines) or ""


def progress(job: Job, end: bytes, known: Progress | None = None) -> Progress | None:
    """Return how far a running job has come by the end of its log; `None` when it does not say.

    `known` is what was said before, as the bar of the whole may be drawn seldom.
    """
    return latest(end, known) if job.state is JobState.RUNNING else None


def progress_parts(bar: Progress, *, wide: bool) -> tuple[Cell, ...]:
    """Return how far a job has come; where there is little room, without the bar."""
    drawn = f"{bar_text(bar.percent, _BAR)} " if wide and bar.percent is not None else ""
    return (Cell(f"{drawn}{words(bar)}", Tone.ACTIVE),)
