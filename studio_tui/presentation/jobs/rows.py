"""Jobs as rows: cells, sort keys and the text that a filter searches."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from studio_tui.api.ids import can_be_used
from studio_tui.api.models import Job, JobState
from studio_tui.presentation.cells import NOTHING, Cell, Tone, dimmed
from studio_tui.presentation.format import UNKNOWN, age, duration, seconds_between
from studio_tui.presentation.jobs.states import LOOKS, state_cell
from studio_tui.presentation.logs.progress import Progress, bar_text, rate_words, share

COLUMNS = (
    *("state", "name", "id", "progress", "share", "rate"),
    *("workers", "queue", "run", "age", "by", "error"),
)
"""Keys of the columns, in the order of the cells."""

BAR_WIDTH = 8
"""Cells of a bar."""

RATE_WIDTH = 11
"""Cells of a rate in a list; one that would be wider does without its unit."""

SHORT_ID = 8
"""Characters of an id that are shown in a list; the whole id is in the preview."""

WAITING_STATES = frozenset(
    {
        JobState.CREATED,
        JobState.SCHEDULED,
        JobState.QUEUED,
        JobState.PROVISIONING,
        JobState.INIT,
        JobState.PENDING,
    }
)
"""States before the query runs."""

_UNREADABLE = Cell("?", Tone.WARN)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def cells(
    job: Job,
    now: datetime,
    progress: Progress | None = None,
    *,
    heard_at: datetime | None = None,
    mended_by: Job | None = None,
) -> tuple[Cell, ...]:
    """Return one cell for each of `COLUMNS`; `progress` is how far a running job has come.

    A failure that was `mended_by` another job stands back. While Studio is silent `heard_at` is
    when it last said so: what may have ended since is counted up to then.
    """
    until = heard_at or now
    row = (
        state_cell(job),
        _name(job),
        Cell(job.id[:SHORT_ID], Tone.DIM),
        *progress_cells(progress if job.state is JobState.RUNNING else None),
        _workers(job),
        _span(queue_seconds(job, until), job, "created_at"),
        _run(job, until),
        _span_age(job, now),
        Cell(job.created_by or UNKNOWN, Tone.DIM),
        _error(job) if mended_by is None else Cell(f"mended by {mended_by.id[:SHORT_ID]}"),
    )
    return row if can_be_used(job.id) and mended_by is None else dimmed(row)


def queue_seconds(job: Job, now: datetime) -> float | None:
    """Return how long the job waited before its query began; `None` when Studio does not say.

    Servers that send no `started_at` tell the waiting only while it lasts.
    """
    since = let_go_at(job)
    if job.started_at is not None:
        return seconds_between(since, job.started_at)
    return seconds_between(since, now) if job.state in WAITING_STATES else None


def let_go_at(job: Job) -> datetime | None:
    """Return when a job began to wait for workers, or when it was created if that is not told.

    What came before was no queue: a pipeline held the job back.
    """
    waits = (step.started_at for step in job.steps or () if step.name == "waiting")
    return next(waits, None) or job.created_at


def run_seconds(job: Job, now: datetime) -> float | None:
    """Return how long the query ran, or has run; `None` when it did not run or is not known."""
    if job.started_at is None:
        return None
    return seconds_between(job.started_at, job.finished_at if job.state.is_finished else now)


def total_seconds(job: Job, now: datetime) -> float | None:
    """Return the time since the job was created, up to its end: an upper bound of its run time."""
    if job.state.is_finished:
        return seconds_between(job.created_at, job.finished_at)
    return seconds_between(job.created_at, now)


def is_moving(job: Job) -> bool:
    """Whether cells of the job change with the second."""
    return not job.state.is_finished


def haystack(job: Job) -> str:
    """Return the lower-case text in which the words of a filter are looked for."""
    return "\n".join(
        (job.name or "", job.id, job.status or "", job.created_by or "", job.error_message or "")
    ).lower()


def first_line(text: str | None) -> str:
    """Return the first line of `text` that is not empty."""
    return next((line.strip() for line in (text or "").splitlines() if line.strip()), "")


SORTS: dict[str, tuple[str, Callable[[Job, datetime], Any]]] = {
    "age": ("age, newest first", lambda job, now: -_stamp(job)),
    "name": ("name", lambda job, now: ((job.name or "").lower(), -_stamp(job))),
    "state": ("state, failed first", lambda job, now: (LOOKS[job.state].rank, -_stamp(job))),
    "run": (
        "run time, longest first",
        lambda job, now: (-(run_seconds(job, now) or 0.0), -_stamp(job)),
    ),
    "queue": (
        "queue time, longest first",
        lambda job, now: (-(queue_seconds(job, now) or 0.0), -_stamp(job)),
    ),
    "workers": ("workers, most first", lambda job, now: (-(job.workers or 0), -_stamp(job))),
    "by": ("creator", lambda job, now: ((job.created_by or "").lower(), -_stamp(job))),
    "error": ("error", lambda job, now: (not job.error_message, job.error_message or "")),
}
"""Sort orders by column: what a menu calls them, and the key for a moment. Ties: newest first."""

LARGEST_FIRST = frozenset({"run", "queue", "workers"})
"""Columns that are sorted from the largest down, unless reversed."""


def _stamp(job: Job) -> float:
    return ((job.created_at or _LONG_AGO) - _LONG_AGO).total_seconds()


def _name(job: Job) -> Cell:
    if "name" in job.unreadable:
        return _UNREADABLE
    return Cell(job.name, Tone.STRONG) if job.name else Cell("(no name)", Tone.DIM)


def progress_cells(known: Progress | None) -> tuple[Cell, Cell, Cell]:
    """Return a bar, how much is done, and how fast; empty where that is not known."""
    if known is None:
        return NOTHING, NOTHING, NOTHING
    drawn = bar_text(known.percent, BAR_WIDTH) if known.percent is not None else ""
    rate = rate_words(known)
    if len(rate) > RATE_WIDTH:
        rate = rate_words(known, with_unit=False)
    return Cell(drawn, Tone.ACTIVE), Cell(share(known), Tone.ACTIVE), Cell(rate, Tone.DIM)


def _workers(job: Job) -> Cell:
    if "workers" in job.unreadable:
        return _UNREADABLE
    # 0 and null mean that Studio was left to choose.
    return Cell(str(job.workers)) if job.workers else Cell(UNKNOWN, Tone.DIM)


def _span(seconds: float | None, job: Job, field: str) -> Cell:
    if field in job.unreadable:
        return _UNREADABLE
    return Cell(duration(seconds)) if seconds is not None else Cell(UNKNOWN, Tone.DIM)


def _run(job: Job, now: datetime) -> Cell:
    if "started_at" in job.unreadable:
        return _UNREADABLE
    ran = run_seconds(job, now)
    if ran is not None:
        return Cell(duration(ran))
    if job.state is JobState.RUNNING or job.state in {JobState.COMPLETE, JobState.FAILED}:
        whole = total_seconds(job, now)
        # Without a start the wait is in it, so it is an estimate and says so.
        return Cell(f"~{duration(whole)}", Tone.DIM) if whole is not None else Cell(UNKNOWN)
    return NOTHING


def _span_age(job: Job, now: datetime) -> Cell:
    if "created_at" in job.unreadable:
        return _UNREADABLE
    return Cell(age(seconds_between(job.created_at, now)), Tone.DIM)


def _error(job: Job) -> Cell:
    if "error_message" in job.unreadable:
        return _UNREADABLE
    line = first_line(job.error_message)
    return Cell(line, Tone.BAD if job.state is JobState.FAILED else Tone.WARN) if line else NOTHING
