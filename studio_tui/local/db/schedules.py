"""The schedules in the database: their next fire times, and the transaction that settles them.

A schedule is a job that is in the state TASK until it ends. A fire time is settled when its run was
created, or it was counted as missed or skipped. The cursor of a schedule, the column
`next_fire_at`, is its earliest unsettled fire time. One transaction settles several fire times,
with at most one run, and moves the cursor past them. So no fire time is settled twice, despite
crashes and changes of the clock.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from studio_tui import cron
from studio_tui.api.states import JobState
from studio_tui.local.db.new_job import NewSchedule
from studio_tui.local.db.schedule_runs import has_open_run
from studio_tui.local.db.times import from_stamp, stamp, stamp_if_any, time_zone

MAX_DELAY = timedelta(hours=1)
"""How long after its fire time a run may still be created."""

MAX_FIRE_TIMES = 10_000
"""Maximum number of fire times that one transaction settles."""


@dataclass(frozen=True)
class DueSchedule:
    """A schedule whose cursor is not in the future."""

    job_id: str
    cron_expression: str | None
    time_zone: str
    fire_at: str
    """The cursor, a stamp."""
    triggers_pipeline: bool = False
    """Whether it triggers a pipeline instead of running a job."""


MakeRun = Callable[[sqlite3.Connection, str, str, str], object]
"""Creates a run, from the connection, a schedule's job id, the fire time and the time now."""


@dataclass(frozen=True)
class Decision:
    """A decision about the fire times of a schedule, from its cursor on."""

    missed: int
    run_for: datetime | None
    """The fire time to create a run for unless an earlier run is open; `None` if all are missed."""
    next_fire_at: datetime | None
    """The new cursor; `None` if there are no more fire times."""


def next_fire_at(connection: sqlite3.Connection) -> datetime | None:
    """Return when the next schedule fires, if there is one."""
    (fire_at,) = connection.execute(
        "SELECT min(next_fire_at) FROM schedules JOIN jobs ON id = job_id"
        " WHERE state = ? AND suspended_at IS NULL",
        [JobState.TASK],
    ).fetchone()
    return None if fire_at is None else from_stamp(fire_at)


def select_due(connection: sqlite3.Connection, now: datetime) -> list[DueSchedule]:
    """Return the schedules that are due."""
    rows = connection.execute(
        "SELECT job_id, cron_expression, time_zone, next_fire_at, datasets IS NOT NULL"
        " FROM schedules JOIN jobs ON id = job_id"
        " WHERE next_fire_at <= ? AND state = ? AND suspended_at IS NULL"
        " ORDER BY next_fire_at, number",
        [stamp(now), JobState.TASK],
    )
    return [
        DueSchedule(row[0], row[1], row[2], row[3], triggers_pipeline=bool(row[4])) for row in rows
    ]


def decide(due: DueSchedule, now: datetime) -> Decision:
    """Decide about the fire times of a due schedule, up to `now`.

    The newest of them gets a run if it is at most `MAX_DELAY` ago; all others are missed. If there
    are more than `MAX_FIRE_TIMES`, the decision is about that number of the earliest, which are all
    missed.

    Raises:
        LookupError: Its time zone is no longer known.
    """
    first = from_stamp(due.fire_at)
    missed, newest = 0, first
    later = _fire_times_after(due, first)
    upcoming = next(later, None)
    while upcoming is not None and upcoming <= now:
        missed, newest = missed + 1, upcoming
        upcoming = next(later, None)
        if missed == MAX_FIRE_TIMES:
            # No fire time before `newest` gets a run; the next decision is about the others.
            return Decision(missed, None, newest)
    if now - newest > MAX_DELAY:
        return Decision(missed + 1, None, upcoming)
    return Decision(missed, newest, upcoming)


def insert_schedule(connection: sqlite3.Connection, job_id: str, schedule: NewSchedule) -> None:
    """Insert the schedule of a new job."""
    connection.execute(
        "INSERT INTO schedules"
        " (job_id, cron_expression, start_after, time_zone, next_fire_at, datasets)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [
            job_id,
            schedule.cron_expression,
            stamp_if_any(schedule.start_after),
            schedule.time_zone,
            stamp(schedule.next_fire_at),
            None if schedule.datasets is None else json.dumps(schedule.datasets),
        ],
    )


def _fire_times_after(due: DueSchedule, moment: datetime) -> Iterator[datetime]:
    if due.cron_expression is None:
        return iter(())
    zone = time_zone(due.time_zone)
    if zone is None:
        raise LookupError(f"this machine no longer has the time zone {due.time_zone}")
    return cron.iterate_fire_times(due.cron_expression, moment, zone)


def settle(
    connection: sqlite3.Connection,
    due: DueSchedule,
    decision: Decision,
    now: datetime,
    make: MakeRun,
) -> bool:
    """Carry out a decision about a schedule; return whether `make` created a run.

    Nothing is done if the schedule has meanwhile ended, or was changed, suspended or settled.
    """
    is_skipped = decision.run_for is not None and has_open_run(connection, due.job_id)
    moved = connection.execute(
        "UPDATE schedules SET next_fire_at = ?, missed = missed + ?, skipped = skipped + ?"
        " WHERE job_id = ? AND next_fire_at = ? AND cron_expression IS ? AND time_zone = ?"
        " AND suspended_at IS NULL AND (SELECT state FROM jobs WHERE id = job_id) = ?",
        [
            stamp_if_any(decision.next_fire_at),
            decision.missed,
            is_skipped,
            due.job_id,
            due.fire_at,
            due.cron_expression,
            due.time_zone,
            JobState.TASK,
        ],
    )
    if moved.rowcount == 0:
        return False
    run_for = None if is_skipped else decision.run_for
    if run_for is not None:
        make(connection, due.job_id, stamp(run_for), stamp(now))
    if decision.next_fire_at is None:
        _end_schedule(connection, due, now, _why_nothing_ran(due, decision, is_skipped=is_skipped))
    return run_for is not None


def _why_nothing_ran(due: DueSchedule, decision: Decision, *, is_skipped: bool) -> str | None:
    if decision.run_for is None:
        return (
            f"Nothing was run: the local Studio was not running at {due.fire_at},"
            " nor in the hour after."
        )
    if is_skipped:
        return f"Nothing was run at {stamp(decision.run_for)}: the previous run was still going."
    return None


def _end_schedule(
    connection: sqlite3.Connection, due: DueSchedule, now: datetime, why_nothing_ran: str | None
) -> None:
    """Record the end of a schedule without further fire times, as FAILED if the last got no run."""
    state = JobState.COMPLETE if why_nothing_ran is None else JobState.FAILED
    connection.execute(
        "UPDATE jobs SET state = ?, finished_at = ?, error_message = ? WHERE id = ?",
        [state, stamp(now), why_nothing_ran, due.job_id],
    )
