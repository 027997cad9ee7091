"""Parsing of a schedule's time, which may be a cron expression or a single time."""

from datetime import datetime, tzinfo
from typing import NamedTuple

from studio_tui import cron
from studio_tui.presentation.schedules.explanations import explain_expression
from studio_tui.presentation.schedules.start_times import StartTimeError, describe_time, resolve


class ExplainedTime(NamedTuple):
    """Meaning of a time, or an error message."""

    lines: tuple[str, ...]
    is_good: bool
    moment: datetime | None = None
    """The single time; `None` for a cron expression, or if invalid."""


def explain_time(typed: str, now: datetime, zone: tzinfo) -> ExplainedTime:
    """Explain a cron expression in UTC, or a single time in `zone`."""
    if _is_cron(typed):
        explained = explain_expression(typed, None, now, zone)
        return ExplainedTime(explained.lines, explained.is_good)
    try:
        moment = resolve(typed, now, zone)
    except StartTimeError as error:
        return ExplainedTime((str(error),), is_good=False)
    return ExplainedTime((describe_time(moment, now, zone),), is_good=True, moment=moment)


def _is_cron(typed: str) -> bool:
    """Whether a text is intended as a cron expression, valid or not."""
    if typed.startswith("@") or "*" in typed:
        return True
    try:
        cron.check(typed)
    except cron.CronError:
        return False
    return True
