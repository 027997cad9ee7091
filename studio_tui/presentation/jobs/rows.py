"""Jobs as table rows."""

from collections.abc import Callable
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from studio_tui.api.ids import is_usable_id
from studio_tui.api.models import Job
from studio_tui.api.related_jobs import NewerAttempt
from studio_tui.api.states import JobState
from studio_tui.presentation.cells import NOTHING, UNREADABLE, Cell, Tone, dim_row
from studio_tui.presentation.columns import Align, Column, Reserves
from studio_tui.presentation.format import SHORT_ID, UNKNOWN, age, duration, seconds_between
from studio_tui.presentation.jobs.causes import cause_of
from studio_tui.presentation.jobs.states import LOOKS, state_cell
from studio_tui.presentation.jobs.times import (
    guessed_seconds,
    queue_seconds,
    run_seconds,
    shown_run_seconds,
)
from studio_tui.presentation.lists.kinds import ListColumn, SortOrder, layouts
from studio_tui.presentation.logs.progress import (
    Progress,
    bar_text,
    progress_text,
    rate_words,
    share_text,
)

_SHARE = "share"

BAR_WIDTH = 8
"""Width of a progress bar in cells."""

RATE_WIDTH = 11
"""Width of a rate in cells; a rate that would be wider is shown without its unit."""

_DIM = Tone.DIM
"""Looked up once: in Python 3.11, a lookup in an enum takes a quarter of the time of a cell."""


class JobRow(NamedTuple):
    """A job with the other data of its row."""

    job: Job
    now: datetime
    progress: Progress | None = None
    counted_until: datetime | None = None
    """The time up to which durations of what has not ended are counted; `None` for `now`."""
    pipeline: str = ""
    """Safe name of the pipeline that runs the job; empty if there is none."""
    is_blocked: bool = False
    """Whether a job that this one depends on failed or was canceled."""
    newer_attempt: NewerAttempt | None = None
    """The attempt because of which this failed job is no problem."""
    is_member: bool = False
    """Whether the row is below the row of a group that includes the job."""

    @property
    def until(self) -> datetime:
        """`counted_until` or, if it is `None`, `now`."""
        return self.counted_until or self.now


def first_line(text: str | None) -> str:
    """Return the first line of `text` that is not empty, else an empty text."""
    return next((line.strip() for line in (text or "").splitlines() if line.strip()), "")


def _name(row: JobRow) -> Cell:
    if "name" in row.job.unreadable:
        return UNREADABLE
    indent = "  " if row.is_member else ""
    name = row.job.name
    return Cell(f"{indent}{name}", Tone.STRONG) if name else Cell(f"{indent}(no name)", _DIM)


def progress_cell(progress: Progress | None) -> Cell:
    """Return a progress bar; an empty cell if the progress or its percentage is unknown."""
    if progress is None:
        return NOTHING
    drawn = bar_text(progress.percent, BAR_WIDTH) if progress.percent is not None else ""
    return Cell(drawn, Tone.ACTIVE)


def share_cell(progress: Progress | None) -> Cell:
    """Return the share that is done, such as `42%`; an empty cell if the progress is unknown."""
    return NOTHING if progress is None else Cell(share_text(progress), Tone.ACTIVE)


def _rate(row: JobRow) -> Cell:
    if row.progress is None:
        return NOTHING
    rate = rate_words(row.progress)
    if len(rate) > RATE_WIDTH:
        rate = rate_words(row.progress, with_unit=False)
    return Cell(rate, _DIM)


def _workers(row: JobRow) -> Cell:
    if "workers" in row.job.unreadable:
        return UNREADABLE
    # 0 and null mean that Studio chooses.
    return Cell(str(row.job.workers)) if row.job.workers else Cell(UNKNOWN, _DIM)


def _queue(row: JobRow) -> Cell:
    if "created_at" in row.job.unreadable:
        return UNREADABLE
    seconds = queue_seconds(row.job, row.until)
    return Cell(duration(seconds)) if seconds is not None else Cell(UNKNOWN, _DIM)


def _run(row: JobRow) -> Cell:
    if "started_at" in row.job.unreadable:
        return UNREADABLE
    ran = run_seconds(row.job, row.until)
    if ran is not None:
        return Cell(duration(ran))
    guessed = guessed_seconds(row.job, row.until)
    return NOTHING if guessed is None else Cell(f"~{duration(guessed)}", _DIM)


def age_cell(job: Job, now: datetime) -> Cell:
    if "created_at" in job.unreadable:
        return UNREADABLE
    return Cell(age(seconds_between(job.created_at, now)), _DIM)


def _progress_in_words(progress: Progress) -> Cell:
    """Return the progress for a table that has no space for the columns of the progress."""
    share = share_text(progress)
    left = f"~{duration(progress.remaining)} left" if progress.remaining is not None else ""
    shorter = (f"{share}  {left}", share) if left else (share,)
    return Cell(progress_text(progress), Tone.ACTIVE, shorter, beside=((_SHARE, ""),))


def _error(row: JobRow) -> Cell:
    if row.newer_attempt is not None:
        words = newer_attempt_words(row.newer_attempt)
        return Cell(words, shorter=(words.partition(",")[0], words.partition(" ")[0]))
    if row.progress is not None:
        return _progress_in_words(row.progress)
    if "error_message" in row.job.unreadable:
        return UNREADABLE
    if not (line := cause_of(row.job)):
        return NOTHING
    return Cell(line, Tone.BAD if row.job.state is JobState.FAILED else Tone.WARN)


def newer_attempt_words(newer: NewerAttempt) -> str:
    """Return `fixed by 91bcd2e0`, or `superseded by 91bcd2e0, running`."""
    if newer.is_fix:
        return f"fixed by {newer.job_id[:SHORT_ID]}"
    return f"superseded by {newer.job_id[:SHORT_ID]}, {newer.state.value.lower()}"


JobColumn = ListColumn[JobRow, Job, Cell]

_STATE: JobColumn = ListColumn(
    Column("state", "STATUS", 11, sticky=True),
    lambda row: state_cell(row.job.state, row.job.status, is_blocked=row.is_blocked),
    SortOrder("status, failed first", lambda job, now: LOOKS[job.state].rank),
)
_NAME: JobColumn = ListColumn(
    Column(
        "name",
        "NAME",
        12,
        grow=3,
        max_width=48,
        fits=True,
        sticky=True,
        preferred_width=28,
    ),
    _name,
    SortOrder("name", lambda job, now: (job.name or "").lower()),
    text=lambda job: job.name or "",
)
_ID: JobColumn = ListColumn(
    Column("id", "ID", SHORT_ID, drop=6),
    lambda row: Cell(row.job.id[:SHORT_ID], _DIM),
    SortOrder("id", lambda job, now: job.id),
    text=lambda job: job.id,
)
_PROGRESS: JobColumn = ListColumn(
    Column("progress", "PROGRESS", BAR_WIDTH, drop=5, fits=True, only_unfinished=True),
    lambda row: progress_cell(row.progress),
    sorted_like="share",
)
_WORKERS: JobColumn = ListColumn(
    Column("workers", "WORK", 4, align=Align.RIGHT, drop=7, fits=True),
    _workers,
    SortOrder("workers, most first", lambda job, now: -(job.workers or 0)),
)
_QUEUE: JobColumn = ListColumn(
    Column("queue", "QUEUE", 7, align=Align.RIGHT, drop=4, fits=True),
    _queue,
    SortOrder("queue time, longest first", lambda job, now: -(queue_seconds(job, now) or 0.0)),
    seconds=queue_seconds,
    other_filter_name="waited",
)
_RUN: JobColumn = ListColumn(
    Column("run", "RUN", 8, align=Align.RIGHT, fits=True),
    _run,
    SortOrder("run time, longest first", lambda job, now: -(run_seconds(job, now) or 0.0)),
    seconds=shown_run_seconds,
)
_AGE: JobColumn = ListColumn(
    Column("age", "AGE", 4, align=Align.RIGHT, drop=1), lambda row: age_cell(row.job, row.now)
)
_BY: JobColumn = ListColumn(
    Column("by", "BY", 12, drop=8, fits=True),
    lambda row: Cell(row.job.created_by or UNKNOWN, _DIM),
    SortOrder("creator", lambda job, now: (job.created_by or "").lower()),
    text=lambda job: job.created_by or "",
)
# DETAIL has an error, a newer attempt, the counts of a group or, in a table that is too narrow for
# the columns of the progress, the progress. In a terminal of 80 columns, DONE is left out, as
# DETAIL would be too narrow beside it.
#
# DETAIL has its width even before the first failure, so that the other columns do not move while
# they are read.
_ERROR: JobColumn = ListColumn(
    Column(
        *("error", "DETAIL", 16),
        grow=1, drop=2, fits=True, reserves=Reserves.ALWAYS,
        wanted_width=34, preferred_width=60,
    ),
    _error,
    SortOrder("error", lambda job, now: (not cause_of(job), cause_of(job))),
    text=lambda job: job.error_message or "",
)  # fmt: skip


def job_columns(
    progress: Callable[[str], Progress | None] = lambda _: None,
    pipeline: Callable[[str], str] = lambda _: "",
) -> tuple[JobColumn, ...]:
    """Return the columns from left to right.

    `progress` returns the progress of a job by its id, and `pipeline` the name of its pipeline,
    empty if there is none.
    """

    def highest_first(job: Job, read: Callable[[Progress], float | None]) -> tuple[bool, float]:
        latest = progress(job.id) if job.state is JobState.RUNNING else None
        value = read(latest) if latest is not None else None
        return value is None, -(value or 0.0)

    done: JobColumn = ListColumn(
        Column(_SHARE, "DONE", 4, align=Align.RIGHT, drop=3, fits=True, only_unfinished=True),
        lambda row: share_cell(row.progress),
        SortOrder(
            "progress, furthest first", lambda job, now: highest_first(job, attrgetter("percent"))
        ),
    )
    rate: JobColumn = ListColumn(
        Column(
            "rate", "RATE", RATE_WIDTH, align=Align.RIGHT, drop=9, fits=True, only_unfinished=True
        ),
        _rate,
        SortOrder("rate, fastest first", lambda job, now: highest_first(job, attrgetter("rate"))),
    )
    pipeline_name: JobColumn = ListColumn(
        Column("pipeline", "PIPELINE", 12, drop=5, fits=True),
        lambda row: Cell(row.pipeline) if row.pipeline else NOTHING,
        SortOrder("pipeline", lambda job, now: (not pipeline(job.id), pipeline(job.id).lower())),
        text=lambda job: pipeline(job.id),
    )
    return (
        _STATE, _NAME, _ID, _PROGRESS, done, rate, _WORKERS, _QUEUE, _RUN, _AGE, pipeline_name, _BY,
        _ERROR,
    )  # fmt: skip


JOB_COLUMNS = job_columns()
COLUMNS = layouts(JOB_COLUMNS)
_CELLS = tuple(column.cell for column in JOB_COLUMNS)


def cells(row: JobRow) -> tuple[Cell, ...]:
    """Return one cell for each of `COLUMNS`."""
    job = row.job
    if row.progress is not None and job.state is not JobState.RUNNING:
        row = row._replace(progress=None)
    row_cells = tuple([cell(row) for cell in _CELLS])
    return row_cells if is_usable_id(job.id) and row.newer_attempt is None else dim_row(row_cells)
