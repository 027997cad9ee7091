"""Describes cron expressions in words: equivalent expressions alike, and others differently."""

from calendar import day_name, month_name
from functools import lru_cache
from itertools import pairwise

from studio_tui import cron

RUNS_SHOWN = 5
"""Number of next fire times, and of last runs, that are shown of a schedule."""

_MOST_LISTED_TIMES = 4
_WEEKDAYS = frozenset(range(1, 6))
"""Monday to Friday; in cron, 0 is Sunday."""

Values = frozenset[int] | None
"""The values of a field that match; `None` if all match."""


@lru_cache(maxsize=1024)
def describe_expression(expression: str, time_zone: str | None = None) -> str:
    """Describe an expression: `every weekday at 09:00 UTC`; cached, as lists redraw it.

    Raises:
        CronError: the expression is invalid.
    """
    minutes, hours, dates, months, weekdays = cron.field_values(expression)
    time = _time(minutes, hours, time_zone or "UTC")
    day = _day(dates, months, weekdays)
    if time.startswith("every"):
        return time if day == "every day" else f"{time}, {day}"
    return f"{time} {day}" if day.startswith("on the") else f"{day} {time}"


def other_readings(expression: str) -> tuple[str, ...]:
    """Return a sentence if other crons combine the two day fields in another way; else none.

    In Vixie cron and its successors, a field that starts with a star counts as `*`, even with a
    step, and then both fields must match (crontab(5), https://crontab.guru/cron-bug.html).

    Raises:
        CronError: the expression is invalid.
    """
    _, _, date, _, weekday = cron.typed_fields(expression)
    if cron.is_any(date) or cron.is_any(weekday):
        return ()
    _, _, dates, _, weekdays = cron.field_values(expression)
    this_rule = "either of them is enough"
    if (dates is None) != (weekdays is None):
        this_rule = f"only the {'day of the week' if dates is None else 'day of the month'} counts"
    star = next((field for field in (date, weekday) if field.startswith("*")), None)
    others = f"because of {star}, many" if star else "some"
    return (f"Both day fields are given: {this_rule} here; {others} other crons require both.",)


def _time(minutes: Values, hours: Values, time_zone: str) -> str:
    if hours is None:
        return _within_hours(minutes)
    noun = "hour" if len(hours) == 1 else "hours"
    in_hours = f"of the {noun} {_numbers(hours)} {time_zone}"
    if minutes is None:
        return f"every minute {in_hours}"
    step = _even_step(hours, 24)
    if minutes == {0} and step:
        return f"every {step} hours from 00:00 {time_zone}"
    if len(minutes) * len(hours) <= _MOST_LISTED_TIMES:
        times = [f"{hour:02}:{minute:02}" for hour in sorted(hours) for minute in sorted(minutes)]
        return f"at {_join_and(times)} {time_zone}"
    return f"at {_minutes(minutes)} {in_hours}"


def _within_hours(minutes: Values) -> str:
    if minutes is None:
        return "every minute"
    if minutes == {0}:
        return "every hour"
    if step := _even_step(minutes, 60):
        return f"every {step} minutes"
    return f"every hour at {_minutes(minutes)}"


def _minutes(minutes: frozenset[int]) -> str:
    return f"{'minute' if len(minutes) == 1 else 'minutes'} {_numbers(minutes)}"


def _day(dates: Values, months: Values, weekdays: Values) -> str:
    of_months = "the month" if months is None else _month_names(months)
    in_months = "" if months is None else f" in {of_months}"
    if dates is None:
        day = "day" if weekdays is None else _weekdays(weekdays)
        return f"every {day}{in_months}"
    on_dates = f"on the {_dates(dates)} of {of_months}"
    if weekdays is None:
        return on_dates
    return f"{on_dates}, and every {_weekdays(weekdays)}{in_months}"


def _weekdays(weekdays: frozenset[int]) -> str:
    if weekdays == _WEEKDAYS:
        return "weekday"
    # Weeks start on Monday in text, on Sunday in cron.
    return _join_and([day_name[day] for day in sorted((day - 1) % 7 for day in weekdays)])


def _month_names(months: frozenset[int]) -> str:
    return _join_and([month_name[month] for month in sorted(months)])


def _dates(dates: frozenset[int]) -> str:
    return _join_and([f"{date}{_ordinal_suffix(date)}" for date in sorted(dates)])


def _ordinal_suffix(number: int) -> str:
    if number // 10 == 1:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def _even_step(values: frozenset[int], size: int) -> int | None:
    """Return the step if the values are all of its multiples below `size`; else `None`."""
    if len(values) < 2 or size % len(values):
        return None
    step = size // len(values)
    return step if values == frozenset(range(0, size, step)) else None


def _numbers(values: frozenset[int]) -> str:
    """Format numbers as `3 and 7`, `9 to 17`, or `0 to 50 in steps of 10`."""
    numbers = sorted(values)
    steps = {later - earlier for earlier, later in pairwise(numbers)}
    if len(numbers) > 2 and len(steps) == 1:
        step = steps.pop()
        by = f" in steps of {step}" if step > 1 else ""
        return f"{numbers[0]} to {numbers[-1]}{by}"
    return _join_and([str(number) for number in numbers])


def _join_and(texts: list[str]) -> str:
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)
