"""Schedules as table rows and facts; a hosted Studio does not send when they run."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo
from operator import attrgetter
from typing import Any, NamedTuple

from studio_tui import cron
from studio_tui.api.ids import is_usable_id
from studio_tui.api.models import Job, JobSchedule
from studio_tui.api.states import JobState
from studio_tui.presentation.cells import NOTHING, UNREADABLE, Cell, Tone, dim_row
from studio_tui.presentation.columns import Align, Column, Reserves
from studio_tui.presentation.format import SHORT_ID, UNKNOWN, ago, in_zone, plural
from studio_tui.presentation.jobs.facts import Fact, id_cell, moment_cell
from studio_tui.presentation.jobs.states import LOOKS
from studio_tui.presentation.lists.kinds import Kind, ListColumn, SortOrder, layouts
from studio_tui.presentation.schedules.cron_words import RUNS_SHOWN, describe_expression
from studio_tui.presentation.schedules.explanations import fires_after, next_fire_times
from studio_tui.presentation.schedules.runs import (
    LATE,
    RESULTS,
    ScheduledRun,
    ScheduleWithRuns,
    run_line,
    run_signs,
)
from studio_tui.presentation.schedules.start_times import in_both_zones, span

ONCE = "once"
"""Shown instead of the expression of a schedule that runs at a single time."""
NOT_SENT = "Studio does not say"

_NEVER = datetime.max.replace(tzinfo=UTC)


class ScheduleRow(NamedTuple):
    task: Job
    runs: Sequence[ScheduledRun]
    """Newest first."""
    now: datetime
    zone: tzinfo
    """Time zone in which the next run is shown."""

    @property
    def schedule(self) -> JobSchedule | None:
        """`None` if Studio does not send it."""
        return self.task.schedule


def rebuilt_datasets(task: Job) -> tuple[str, ...]:
    """Return the datasets that a schedule's pipeline rebuilds; empty if it runs a job."""
    return (task.schedule.datasets or ()) if task.schedule else ()


def is_suspended(task: Job) -> bool:
    return task.schedule is not None and task.schedule.suspended_at is not None


def _expression_cell(task: Job) -> Cell:
    schedule = task.schedule
    if schedule is None:
        return _unknown_cell(task)
    if "cron_expression" in schedule.unreadable:
        return UNREADABLE
    return Cell(schedule.cron_expression) if schedule.cron_expression else Cell(ONCE)


def results(runs: Sequence[ScheduledRun], schedule: JobSchedule | None) -> Cell:
    """Return the signs of the last runs, newest last, in the tone of the newest run."""
    if runs:
        return Cell(run_signs(runs), runs[0].tone)
    if schedule is not None and schedule.runs:
        return Cell("older", Tone.DIM)
    return NOTHING if schedule is not None else Cell(UNKNOWN, Tone.DIM)


def facts(task: Job, runs: Sequence[ScheduledRun], now: datetime, zone: tzinfo) -> tuple[Fact, ...]:
    """Return the facts about a schedule, most important first."""
    schedule, datasets = task.schedule, rebuilt_datasets(task)
    placement = (
        Fact("cluster", Cell(task.compute_cluster_name or UNKNOWN)),
        Fact("workers", Cell(str(task.workers) if task.workers else UNKNOWN)),
    )
    return (
        *timetable(task, now, zone),
        *((Fact("rebuilds", Cell(", ".join(datasets))),) if datasets else ()),
        Fact("last runs", _past_cell(runs, schedule, now)),
        *(_counts(schedule) if schedule else ()),
        Fact("name", Cell(task.name or UNKNOWN, Tone.STRONG)),
        Fact("id", id_cell(task.id)),
        Fact("created", moment_cell(task.created_at, now)),
        Fact("by", Cell(task.created_by or UNKNOWN)),
        *(() if datasets else placement),
    )


def timetable(task: Job, now: datetime, zone: tzinfo) -> tuple[Fact, ...]:
    """Return the expression of a schedule, and its next fire times."""
    schedule = task.schedule
    return (Fact("schedule", _when(task)), *(_future(schedule, now, zone) if schedule else ()))


def _words_cell(task: Job) -> Cell:
    schedule = task.schedule
    if schedule is None:
        return Cell(NOT_SENT, Tone.DIM)
    if not schedule.cron_expression:
        return NOTHING
    try:
        return Cell(describe_expression(schedule.cron_expression, schedule.time_zone))
    except cron.CronError:
        return Cell("not understood here", Tone.WARN)


def _when(task: Job) -> Cell:
    schedule = task.schedule
    if schedule is None:
        return UNREADABLE if "schedule" in task.unreadable else Cell(NOT_SENT, Tone.DIM)
    text = " · ".join(
        cell.text for cell in (_expression_cell(task), _words_cell(task)) if cell.text
    )
    return Cell(text, Tone.STRONG)


def _future(schedule: JobSchedule, now: datetime, zone: tzinfo) -> tuple[Fact, ...]:
    if schedule.suspended_at is not None:
        runs = "none until p resumes it"
        if time := schedule.single_time:
            condition = ", if p resumes it before" if time > now else " has passed"
            runs = f"{in_both_zones(time, zone)}{condition}"
        words = f"{runs}; suspended {ago(schedule.suspended_at, now)}"
        return (Fact("next runs", Cell(words, Tone.WARN)),)
    cell = Cell(UNKNOWN, Tone.DIM)
    if schedule.cron_expression:
        after = fires_after(schedule.start_after, now)
        try:
            lines = next_fire_times(schedule.cron_expression, schedule.time_zone, after, zone)
            cell = Cell("\n".join(lines), Tone.WAITING)
        except cron.CronError as error:
            cell = Cell(f"the expression is not understood here: {error}", Tone.WARN)
    elif schedule.next_run_at:
        cell = Cell(in_both_zones(schedule.next_run_at, zone), Tone.WAITING)
    return (Fact("next runs", cell),)


def _past_cell(runs: Sequence[ScheduledRun], schedule: JobSchedule | None, now: datetime) -> Cell:
    if runs:
        return Cell("\n".join(run_line(run, now) for run in runs[:RUNS_SHOWN]))
    if schedule is None:
        return Cell(f"{NOT_SENT} which jobs a schedule created", Tone.DIM)
    if schedule.runs:
        return Cell("older than the jobs that are loaded", Tone.DIM)
    return Cell("none yet", Tone.DIM)


def _counts(schedule: JobSchedule) -> tuple[Fact, ...]:
    counts = [
        words
        for count, words in (
            (schedule.runs, f"{plural(schedule.runs or 0, 'run')}"),
            (schedule.missed, f"{schedule.missed} missed, as no Studio was running"),
            (schedule.skipped, f"{schedule.skipped} skipped, as the previous run was still going"),
        )
        if count
    ]
    if not counts:
        return ()
    tone = Tone.WARN if schedule.missed or schedule.skipped else Tone.PLAIN
    return (Fact("so far", Cell(" · ".join(counts), tone)),)


def _name_cell(task: Job) -> Cell:
    return Cell(task.name, Tone.STRONG) if task.name else Cell("(no name)", Tone.DIM)


def _next_run_cell(task: Job, now: datetime) -> Cell:
    if is_suspended(task):
        return Cell("suspended", Tone.WARN)
    moment = task.schedule.next_run_at if task.schedule else None
    return Cell(_until(moment, now), Tone.WAITING) if moment else _unknown_cell(task)


def _until(moment: datetime, now: datetime) -> str:
    if moment > now:
        return f"in {span(moment - now)}"
    # Studio has not sent yet whether it has created the run.
    return f"due {ago(moment, now)}" if now - moment >= LATE else "now"


def _short_time(moment: datetime, zone: tzinfo) -> str:
    """Format a time without its year, as `Thu  5 Mar 03:00`."""
    local = in_zone(moment, zone)
    return f"{local:%a} {local.day:2} {local:%b %H:%M}"


def _gap_cell(count: int | None) -> Cell:
    """Return the number of gaps; an empty cell for 0, as a column of empty cells is left out."""
    if count is None:
        return Cell(UNKNOWN, Tone.DIM)
    return Cell(str(count), Tone.WARN) if count else NOTHING


def _runs_cell(count: int | None) -> Cell:
    return Cell(str(count) if count is not None else UNKNOWN, Tone.PLAIN if count else Tone.DIM)


def _unknown_cell(task: Job) -> Cell:
    return UNREADABLE if "schedule" in task.unreadable else Cell(UNKNOWN, Tone.DIM)


def _expression_text(item: ScheduleWithRuns) -> str:
    schedule = item.task.schedule
    return (schedule.cron_expression or ONCE) if schedule else ""


def _next_at(item: ScheduleWithRuns) -> datetime:
    schedule = item.task.schedule
    return (schedule.next_run_at if schedule else None) or _NEVER


def _local_time(row: ScheduleRow) -> Cell:
    schedule = row.schedule
    moment = (schedule.next_run_at or schedule.single_time) if schedule else None
    return Cell(_short_time(moment, row.zone)) if moment else _unknown_cell(row.task)


def _sum_of(item: ScheduleWithRuns, *fields: str) -> int:
    return sum(getattr(item.task.schedule, field, None) or 0 for field in fields)


def _by(read: Callable[[ScheduleWithRuns], Any]) -> Callable[[ScheduleWithRuns, datetime], Any]:
    """Return a function that returns a sort key: what `read` returns, then the name."""
    return lambda item, now: (read(item), (item.task.name or "").lower())


SCHEDULE_COLUMNS: tuple[ListColumn[ScheduleRow, ScheduleWithRuns, Cell], ...] = (
    ListColumn(
        Column("name", "NAME", 16, grow=2, fits=True, sticky=True, preferred_width=24),
        lambda row: _name_cell(row.task),
        SortOrder("name", _by(lambda item: 0)),
        text=lambda item: item.task.name or "",
    ),
    ListColumn(
        Column("expression", "SCHEDULE", 12, grow=1, drop=1, fits=True),
        lambda row: _expression_cell(row.task),
        SortOrder("schedule", _by(_expression_text)),
        text=_expression_text,
        other_filter_name="cron",
    ),
    ListColumn(
        Column("words", "IN WORDS", 20, grow=3, drop=3, fits=True, wanted_width=32),
        lambda row: _words_cell(row.task),
        sorted_like="expression",
    ),
    ListColumn(
        Column("next", "NEXT RUN", 14, fits=True, reserves=Reserves.ALWAYS, wanted_width=11),
        lambda row: _next_run_cell(row.task, row.now),
        SortOrder("next run, soonest first", _by(_next_at)),
    ),
    ListColumn(Column("at", "LOCAL TIME", 16, drop=1, fits=True), _local_time, sorted_like="next"),
    ListColumn(
        Column("results", "LAST RUNS", RESULTS + 1, drop=2, fits=True, reserves=Reserves.ALWAYS),
        lambda row: results(row.runs, row.schedule),
        SortOrder("last run, failed first", _by(lambda item: LOOKS[item.state].rank)),
    ),
    ListColumn(
        Column("runs", "RUNS", 4, align=Align.RIGHT, grow=1, drop=5, fits=True),
        lambda row: _runs_cell(row.schedule.runs if row.schedule else None),
        SortOrder("runs, most first", _by(lambda item: -_sum_of(item, "runs"))),
    ),
    ListColumn(
        Column("missed", "MISSED", 6, align=Align.RIGHT, grow=1, drop=4, fits=True),
        lambda row: _gap_cell(row.schedule.missed if row.schedule else None),
        SortOrder(
            "missed and skipped runs, most first",
            _by(lambda item: -_sum_of(item, "missed", "skipped")),
        ),
    ),
    ListColumn(
        Column("skipped", "SKIPPED", 7, align=Align.RIGHT, grow=1, drop=4, fits=True),
        lambda row: _gap_cell(row.schedule.skipped if row.schedule else None),
        sorted_like="missed",
    ),
    ListColumn(
        Column("by", "BY", 12, grow=1, drop=7, fits=True),
        lambda row: Cell(row.task.created_by or UNKNOWN, Tone.DIM),
        SortOrder("creator", _by(lambda item: (item.task.created_by or "").lower())),
        text=lambda item: item.task.created_by or "",
    ),
    ListColumn(
        Column("id", "ID", SHORT_ID, drop=6),
        lambda row: Cell(row.task.id[:SHORT_ID], Tone.DIM),
        SortOrder("id", lambda item, now: item.task.id),
        text=lambda item: item.task.id,
    ),
)
"""From left to right."""

COLUMNS = layouts(SCHEDULE_COLUMNS)

COLUMNS_IN_UTC = tuple(
    column._replace(title="UTC") if column.key == "at" else column for column in COLUMNS
)


def cells(task: Job, runs: Sequence[ScheduledRun], now: datetime, zone: tzinfo) -> tuple[Cell, ...]:
    """Return one cell for each of `COLUMNS`."""
    row = ScheduleRow(task, runs, now, zone)
    row_cells = tuple(column.cell(row) for column in SCHEDULE_COLUMNS)
    return row_cells if is_usable_id(task.id) else dim_row(row_cells)


SCHEDULES = Kind[ScheduleWithRuns](
    noun="schedule",
    key=attrgetter("task.id"),
    made_at=attrgetter("task.created_at"),
    texts=lambda row: (
        *(row.task.name, row.task.id, row.task.created_by, _expression_text(row)),
        *(row.task.compute_cluster_name, "suspended" if is_suspended(row.task) else None),
    ),
    state=attrgetter("state"),
    states=JobState,
    state_groups={
        "problem": frozenset({JobState.FAILED, JobState.UNKNOWN}),
        "done": frozenset({JobState.COMPLETE}),
    },
    conditions={"suspended": lambda row: is_suspended(row.task)},
    columns=SCHEDULE_COLUMNS,
    other_fields={"cluster": lambda row: row.task.compute_cluster_name or ""},
    suggestions=("age<1d",),
    hint="words, is:suspended, status=failed (last run), name==exact, name~regex, !not",
    changes_each_second=lambda row: True,
)
"""In filters, `status=failed` is about the last known run."""
