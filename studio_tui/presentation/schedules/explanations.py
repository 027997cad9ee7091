"""Explains a time or cron expression that the user typed: when it fires, or why it is invalid."""

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from studio_tui import cron
from studio_tui.presentation.form.problems import quoted
from studio_tui.presentation.schedules.cron_words import (
    RUNS_SHOWN,
    describe_expression,
    other_readings,
)
from studio_tui.presentation.schedules.start_times import (
    StartTimeError,
    describe_time,
    in_both_zones,
    parse_start_time,
)


class Explained(NamedTuple):
    """The explanation of a time or expression, or why it is invalid."""

    lines: tuple[str, ...]
    is_good: bool
    moment: datetime | None = None
    """The single time; `None` for an expression, or if the text is invalid."""


def explain_expression(typed: str, time_zone: str | None, now: datetime, zone: tzinfo) -> Explained:
    """Return the description and the next fire times of an expression, or why it is invalid.

    `time_zone` is the name of the schedule's time zone, in which the expression is evaluated;
    `None` for UTC. `zone` is the user's time zone, in which fire times are shown.
    """
    try:
        runs = next_fire_times(typed, time_zone, now, zone)
        lines = (describe_expression(typed, time_zone), *other_readings(typed), *runs)
        return Explained(lines, is_good=True)
    except cron.CronError as error:
        if explain_single_time(typed, now, zone).is_good:
            sentence = f"{quoted(typed)} is a single time; type a cron expression"
            example = "such as 0 9 * * 1-5, which is every weekday at 09:00."
            return Explained((f"{sentence} {example}",), is_good=False)
        clause = str(error)
        return Explained((f"{clause[0].upper()}{clause[1:]}.",), is_good=False)


def explain_single_time(typed: str, now: datetime, zone: tzinfo) -> Explained:
    """Return the time that was typed, in the user's `zone` and UTC, or why it is invalid."""
    try:
        moment = parse_start_time(typed, now, zone)
    except StartTimeError as error:
        return Explained((str(error),), is_good=False)
    return Explained((describe_time(moment, now, zone),), is_good=True, moment=moment)


def fires_after(start_after: datetime | None, now: datetime) -> datetime:
    """Return the time after which a schedule may fire: `now`, or just before a later start."""
    if start_after is None or start_after <= now:
        return now
    # A schedule may also fire exactly at its start.
    return start_after - timedelta.resolution


def next_fire_times(
    expression: str, time_zone: str | None, now: datetime, zone: tzinfo
) -> tuple[str, ...]:
    """Return the next fire times after `now`; the parameters are as in `explain_expression`.

    Raises:
        CronError: the expression is invalid, or this machine does not know the time zone.
    """
    # Cached for a minute, as cron fires only on whole minutes.
    minute = now.replace(second=0, microsecond=0)
    return _runs_after(expression, time_zone or "UTC", minute, zone)


@lru_cache(maxsize=64)
def _runs_after(expression: str, time_zone: str, minute: datetime, zone: tzinfo) -> tuple[str, ...]:
    try:
        schedule_zone: tzinfo = UTC if time_zone == "UTC" else ZoneInfo(time_zone)
    except (LookupError, ValueError, OSError) as error:
        raise cron.CronError(f"this machine has no time zone {time_zone}") from error
    times = cron.fire_times(expression, minute, schedule_zone, count=RUNS_SHOWN)
    return tuple(in_both_zones(moment, zone) for moment in times)


def explain_time_or_expression(typed: str, now: datetime, zone: tzinfo) -> Explained:
    """Explain a cron expression, which is evaluated in UTC, or a time in the user's `zone`."""
    if _is_cron(typed):
        return explain_expression(typed, None, now, zone)
    return explain_single_time(typed, now, zone)


def _is_cron(typed: str) -> bool:
    """Whether a text is a cron expression, or an invalid one rather than a time."""
    if typed.startswith("@") or "*" in typed:
        return True
    try:
        cron.check(typed)
    except cron.CronError:
        return False
    return True
