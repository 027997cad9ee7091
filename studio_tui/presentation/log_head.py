"""The line above a log: how the job does, and how its following goes."""

from datetime import datetime
from typing import Protocol

from studio_tui.api.models import Job
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.format import clock_time, duration, size
from studio_tui.presentation.jobs import run_seconds
from studio_tui.presentation.states import state_cell


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
        """When the connection is tried again."""

    @property
    def reason(self) -> str:
        """Why it is as it is; a safe sentence."""

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


def following(state: Following, job: Job, now: datetime) -> Cell:
    """Return in words how the following goes."""
    if state.phase == "following":
        # What a job that is over has printed still arrives, but nothing of it is live.
        return Cell("reading…", Tone.DIM) if job.state.is_finished else Cell("● live", Tone.GOOD)
    if state.phase == "complete":
        return Cell(state.reason, Tone.WARN) if state.reason else Cell("✓ whole log", Tone.GOOD)
    if state.phase == "stopped":
        return Cell(f"✗ {state.reason}", Tone.BAD)
    if state.phase == "reconnecting":
        left = max(0, round((state.next_try - now).total_seconds())) if state.next_try else 0
        trying = f"next try {left}s" if left else "trying…"
        return Cell(f"✗ cut off since {clock_time(state.since, now)}, {trying}", Tone.BAD)
    return Cell("asking…", Tone.DIM)


def amount(state: Following) -> Cell:
    """Return how much of the log is here."""
    if state.phase == "complete" and not state.size and not state.reason:
        return Cell("the job printed nothing", Tone.DIM)
    return Cell(f"{state.lines:,} lines  {size(state.size)}", Tone.DIM)
