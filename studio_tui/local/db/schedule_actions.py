"""Changes that users make to schedules: running, suspending, resuming and changing them."""

import hashlib
import sqlite3
from datetime import datetime, timedelta

from studio_tui import cron
from studio_tui.api.states import JobState
from studio_tui.local.db.jobs import UnknownJob, WrongState, find_by_key
from studio_tui.local.db.new_job import NewSchedule
from studio_tui.local.db.schedule_runs import free_moment, make_run
from studio_tui.local.db.times import from_stamp, stamp, stamp_if_any, time_zone


def run(connection: sqlite3.Connection, job_id: str, idempotency_key: str | None, now: str) -> str:
    """Run a schedule's job once at the stamp `now`; return the run's id, equal for the same key."""
    digest = hashlib.sha256(f"run {job_id}".encode()).hexdigest()
    if earlier := find_by_key(connection, idempotency_key, digest):
        return str(earlier["id"])
    require_active_schedule(connection, job_id)
    (datasets,) = connection.execute(
        "SELECT datasets FROM schedules WHERE job_id = ?", [job_id]
    ).fetchone()
    if datasets is not None:
        raise WrongState("This schedule triggers a pipeline and does not run a job.")
    moment = free_moment(connection, job_id, now)
    by_hand = {"by_hand": True, "idempotency_key": idempotency_key, "request_digest": digest}
    return make_run(connection, job_id, moment, now, **by_hand)


def suspend(connection: sqlite3.Connection, job_id: str, now: str) -> None:
    """Suspend a schedule: until it is resumed, fire times have no run and are no gaps."""
    require_active_schedule(connection, job_id)
    connection.execute(
        "UPDATE schedules SET suspended_at = ? WHERE job_id = ? AND suspended_at IS NULL",
        [now, job_id],
    )


def resume(connection: sqlite3.Connection, job_id: str, now: datetime) -> None:
    """Resume a suspended schedule; fire times before `now` have no run and are no gaps."""
    require_active_schedule(connection, job_id)
    row = connection.execute("SELECT * FROM schedules WHERE job_id = ?", [job_id]).fetchone()
    if row["suspended_at"] is None:
        return
    next_fire_at = from_stamp(row["next_fire_at"])
    if next_fire_at < now:
        next_fire_at = _first_fire_time(connection, job_id, _from_now_on(row, now))
    connection.execute(
        "UPDATE schedules SET suspended_at = NULL, next_fire_at = ? WHERE job_id = ?",
        [stamp(next_fire_at), job_id],
    )


def _from_now_on(row: sqlite3.Row, now: datetime) -> NewSchedule:
    """Return the times of a schedule from `now` on, or raise `WrongState`."""
    expression, name = row["cron_expression"], row["time_zone"]
    if expression is None:
        time = f"{from_stamp(row['next_fire_at']):%Y-%m-%d %H:%M} UTC"
        gone = f"Its time, {time}, passed while it was suspended"
        raise WrongState(f"{gone}: change its time, run it by hand, or cancel it.")
    zone = time_zone(name)
    if zone is None:
        raise WrongState(f"This machine no longer has the time zone {name}: change the schedule.")
    # `next_fire` returns only times after its argument, but a time that equals `now` counts too.
    next_fire_at = cron.next_fire(expression, now - timedelta.resolution, zone)
    return NewSchedule(expression, None, name, next_fire_at)


def change(connection: sqlite3.Connection, job_id: str, schedule: NewSchedule) -> None:
    """Change the times of a schedule; its runs and counts stay, and so does a suspension."""
    require_active_schedule(connection, job_id)
    connection.execute(
        "UPDATE schedules SET cron_expression = ?, start_after = ?, time_zone = ?,"
        " next_fire_at = ? WHERE job_id = ?",
        [
            schedule.cron_expression,
            stamp_if_any(schedule.start_after),
            schedule.time_zone,
            stamp(_first_fire_time(connection, job_id, schedule)),
            job_id,
        ],
    )


def _first_fire_time(
    connection: sqlite3.Connection, job_id: str, schedule: NewSchedule
) -> datetime:
    """Return when a changed or resumed schedule fires first: after each fire time with a run."""
    (latest,) = connection.execute(
        "SELECT max(at) FROM (SELECT max(scheduled_for) AS at FROM jobs"
        " WHERE scheduled_by = ? AND NOT by_hand UNION ALL"
        " SELECT max(scheduled_for) FROM pipelines WHERE scheduled_by = ? AND NOT by_hand)",
        [job_id, job_id],
    ).fetchone()
    first = schedule.next_fire_at
    if latest is None or first > from_stamp(latest):
        return first
    if schedule.cron_expression is None:
        # The first moment after the latest fire time that has a run.
        return from_stamp(latest) + timedelta.resolution
    zone = time_zone(schedule.time_zone)
    assert zone is not None  # noqa: S101 (checked with the request, or by `_from_now_on`)
    return cron.next_fire(schedule.cron_expression, from_stamp(latest), zone)


def require_active_schedule(connection: sqlite3.Connection, job_id: str) -> None:
    """Raise `UnknownJob` or `WrongState` unless a job is a schedule that has not ended."""
    row = connection.execute("SELECT state FROM jobs WHERE id = ?", [job_id]).fetchone()
    if row is None:
        raise UnknownJob(job_id)
    if row["state"] != JobState.TASK:
        raise WrongState(f"It is not an active schedule: it is {row['state']}.")
