"""What is typed as the time of a schedule, where that may be a cron or one moment."""

from datetime import datetime, tzinfo
from typing import NamedTuple

from studio_tui import cron
from studio_tui.presentation.schedules.rows import explain_expression
from studio_tui.presentation.schedules.start_times import StartTimeError, described, resolve


class TimeTold(NamedTuple):
    """What a time means, or why it means nothing."""

    lines: tuple[str, ...]
    is_good: bool
    moment: datetime | None = None
    """The one moment; `None` for a cron, or for what means nothing."""


def explain_time(typed: str, now: datetime, zone: tzinfo) -> TimeTold:
    """Say what a cron in UTC, or a moment in `zone`, means."""
    if _is_cron(typed):
        told = explain_expression(typed, None, now, zone)
        return TimeTold(told.lines, told.is_good)
    try:
        moment = resolve(typed, now, zone)
    except StartTimeError as error:
        return TimeTold((str(error),), is_good=False)
    return TimeTold((described(moment, now, zone),), is_good=True, moment=moment)


def _is_cron(typed: str) -> bool:
    """Whether a text is meant as a cron, right or wrong."""
    if typed.startswith("@") or "*" in typed:
        return True
    try:
        cron.check(typed)
    except cron.CronError:
        return False
    return True
