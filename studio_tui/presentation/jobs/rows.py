"""Jobs as table rows."""

from datetime import datetime

from studio_tui.api.ids import can_be_used
from studio_tui.api.models import Job
from studio_tui.api.states import JobState
from studio_tui.presentation.cells import NOTHING, UNREADABLE, Cell, Tone, dimmed
from studio_tui.presentation.columns import Align, Column
from studio_tui.presentation.format import UNKNOWN, age, duration, seconds_between
from studio_tui.presentation.jobs.causes import cause_of
from studio_tui.presentation.jobs.states import state_cell
from studio_tui.presentation.jobs.times import guessed_seconds, queue_seconds, run_seconds
from studio_tui.presentation.logs.progress import Progress, bar_text, rate_words, share

BAR_WIDTH = 8
"""Width of a progress bar in cells."""

RATE_WIDTH = 11
"""Width of a rate in cells; a wider one is shown without its unit."""

SHORT_ID = 8
"""Number of characters of an id shown in lists; the preview has the whole id."""

COLUMNS = (
    Column("state", "STATE", 11, sticky=True),
    Column("name", "NAME", 12, grow=3, most=48, fits=True, sticky=True, likes=28, first=28),
    Column("id", "ID", SHORT_ID, drop=6),
    Column("progress", "PROGRESS", BAR_WIDTH, drop=5, fits=True),
    Column("share", "DONE", 4, align=Align.RIGHT, drop=3, fits=True),
    Column("rate", "RATE", RATE_WIDTH, align=Align.RIGHT, drop=9, fits=True),
    Column("workers", "WORK", 4, align=Align.RIGHT, drop=7, fits=True),
    Column("queue", "QUEUE", 7, align=Align.RIGHT, drop=4, fits=True),
    Column("run", "RUN", 8, align=Align.RIGHT, fits=True),
    Column("age", "AGE", 4, align=Align.RIGHT, drop=1),
    Column("pipeline", "PIPELINE", 12, drop=5, fits=True),
    Column("by", "BY", 12, drop=8, fits=True),
    Column(
        "error", "ERROR", 16, grow=1, drop=2, fits=True, always=True, wants=30, likes=60, first=30
    ),
)
"""In the order of `cells`. Identifying columns do not scroll; the error gets spare space, also
before the first failure, so that other columns do not make room for it while they are read."""


def cells(
    job: Job,
    now: datetime,
    progress: Progress | None = None,
    *,
    answered_at: datetime | None = None,
    pipeline: str = "",
    is_blocked: bool = False,
    mended_by: Job | None = None,
) -> tuple[Cell, ...]:
    """Return one cell for each of `COLUMNS`.

    `progress` is that of a running job, `pipeline` the safe name of the pipeline that runs the job,
    in which it `is_blocked` if one that it depends on failed or was canceled.
    A failure that was `mended_by` a later run is dimmed. While Studio is unreachable, `answered_at`
    is the time of its last answer, up to which durations of running parts are counted.
    """
    until = answered_at or now
    row = (
        state_cell(job, is_blocked=is_blocked),
        _name(job),
        Cell(job.id[:SHORT_ID], Tone.DIM),
        *progress_cells(progress if job.state is JobState.RUNNING else None),
        _workers(job),
        _span(queue_seconds(job, until), job, "created_at"),
        _run(job, until),
        _age(job, now),
        Cell(pipeline),
        Cell(job.created_by or UNKNOWN, Tone.DIM),
        _error(job) if mended_by is None else Cell(f"fixed by {mended_by.id[:SHORT_ID]}"),
    )
    return row if can_be_used(job.id) and mended_by is None else dimmed(row)


def first_line(text: str | None) -> str:
    """Return the first non-empty line of `text`."""
    return next((line.strip() for line in (text or "").splitlines() if line.strip()), "")


def _name(job: Job) -> Cell:
    if "name" in job.unreadable:
        return UNREADABLE
    return Cell(job.name, Tone.STRONG) if job.name else Cell("(no name)", Tone.DIM)


def progress_cells(known: Progress | None) -> tuple[Cell, Cell, Cell]:
    """Return a bar, the share done, and the rate; empty cells if unknown."""
    if known is None:
        return NOTHING, NOTHING, NOTHING
    drawn = bar_text(known.percent, BAR_WIDTH) if known.percent is not None else ""
    rate = rate_words(known)
    if len(rate) > RATE_WIDTH:
        rate = rate_words(known, with_unit=False)
    return Cell(drawn, Tone.ACTIVE), Cell(share(known), Tone.ACTIVE), Cell(rate, Tone.DIM)


def _workers(job: Job) -> Cell:
    if "workers" in job.unreadable:
        return UNREADABLE
    # 0 and null mean that Studio chooses.
    return Cell(str(job.workers)) if job.workers else Cell(UNKNOWN, Tone.DIM)


def _span(seconds: float | None, job: Job, field: str) -> Cell:
    if field in job.unreadable:
        return UNREADABLE
    return Cell(duration(seconds)) if seconds is not None else Cell(UNKNOWN, Tone.DIM)


def _run(job: Job, now: datetime) -> Cell:
    if "started_at" in job.unreadable:
        return UNREADABLE
    ran = run_seconds(job, now)
    if ran is not None:
        return Cell(duration(ran))
    guessed = guessed_seconds(job, now)
    return NOTHING if guessed is None else Cell(f"~{duration(guessed)}", Tone.DIM)


def _age(job: Job, now: datetime) -> Cell:
    if "created_at" in job.unreadable:
        return UNREADABLE
    return Cell(age(seconds_between(job.created_at, now)), Tone.DIM)


def _error(job: Job) -> Cell:
    if "error_message" in job.unreadable:
        return UNREADABLE
    line = cause_of(job)
    return Cell(line, Tone.BAD if job.state is JobState.FAILED else Tone.WARN) if line else NOTHING
