"""Strict validation of cron expressions, and computation of their fire times as in Studio.

An expression is five fields (minute, hour, day of month, month, day of week) or an alias such as
`@daily`. What never fires is refused, and so is what croniter interprets differently from its text
(`5-5` would fire every minute). Studio uses croniter too. croniter decides by the text of the day
fields whether both must match, so the fields are passed to it unchanged.

Daylight saving time skips and repeats local times. For these, croniter's rules are not used. If the
hour field includes all hours, the expression follows the wall clock, so "every ten minutes" remains
true. Otherwise each of its times of day fires once: a repeated time at its first occurrence, and
all skipped times together, immediately after the gap.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice
from typing import NamedTuple

ALIASES: Mapping[str, str] = {
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
"""Aliases that Studio accepts besides five fields (`datachain job run --help`)."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LAST_WEEKDAY = 6
"""End of `3/2` and `*/2` in the day of week. 7 is Sunday too, but only where it is written."""
_DAYS_IN_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
"""In a leap year."""
_CHECK_INTERVAL = timedelta(days=1)
"""No zone changes its UTC offset back and forth within it."""

_PRECISION = timedelta(milliseconds=1)
_MAX_CHARACTERS = 1000
_MAX_QUOTED = 40


class CronError(ValueError):
    """Raised for an invalid expression; the message is a clause without a full stop."""


@dataclass(frozen=True)
class _Field:
    name: str
    first: int
    last: int
    names: Mapping[str, int]


_FIELDS = (
    _Field("minute", 0, 59, {}),
    _Field("hour", 0, 23, {}),
    _Field("day of month", 1, 31, {}),
    _Field("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    _Field("day of week", 0, 7, {name: number for number, name in enumerate(_DAYS)}),
)
_PART = re.compile(r"(?P<first>\*|\w+)(?:-(?P<last>\w+))?(?:/(?P<step>\w+))?", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,9}")
_UNUSUAL_BLANK = re.compile(r"(?![ \t])\s")
"""Blanks that croniter would treat differently from other crons."""

_FORM = (
    "type five fields, minute, hour, day of month, month and day of week,"
    " for example: 0 9 * * 1-5 is every weekday at 09:00"
)


def check(expression: str) -> None:
    """Raise `CronError` if an expression is invalid."""
    _parse(expression)


def field_values(expression: str) -> tuple[frozenset[int] | None, ...]:
    """Return the values of the five fields; a field is `None` if it has no effect. 0 is Sunday.

    A day matches if both day fields are `None`, or if one of them contains it.
    """
    return _parse(expression).values


def typed_fields(expression: str) -> tuple[str, ...]:
    """Return the five fields as typed; for an alias, the fields that the alias stands for."""
    return _parse(expression).typed


def is_any(field: str) -> bool:
    """Whether croniter treats a day field as unrestricted: it is `*`, or a list with `*`."""
    return "*" in field.split(",")


def next_fire(expression: str, after: datetime, zone: tzinfo = UTC) -> datetime:
    """Return the first fire time after `after`, aware and in UTC."""
    return next(iterate_fire_times(expression, after, zone))


def fire_times(
    expression: str, after: datetime, zone: tzinfo = UTC, *, count: int
) -> tuple[datetime, ...]:
    """Return the first `count` fire times after `after`, aware and in UTC, earliest first."""
    return tuple(islice(iterate_fire_times(expression, after, zone), count))


def iterate_fire_times(expression: str, after: datetime, zone: tzinfo = UTC) -> Iterator[datetime]:
    """Return all fire times after `after`, aware and in UTC; the fields are times in `zone`."""
    fields = _parse(expression)
    times = _wall_clock_times if fields.values[1] is None else _times_of_day
    return _until_overflow(times(" ".join(fields.typed), after.astimezone(UTC), zone))


def _until_overflow(moments: Iterator[datetime]) -> Iterator[datetime]:
    with suppress(OverflowError, ValueError):
        # There is no year 10000.
        yield from moments


def _times_of_day(fields: str, after: datetime, zone: tzinfo) -> Iterator[datetime]:
    """Yield a time for each matching local time, but only one for all skipped in the same gap."""
    next_local = _local_fire_times(fields, _local_time(after, zone))
    latest = after
    while True:
        local = next_local()
        # With `fold` 0, a repeated time is its first occurrence.
        moment = local.replace(tzinfo=zone).astimezone(UTC)
        if _local_time(moment, zone) != local:
            # The time is skipped: it fires at the change of the offset, which is before `moment`.
            moment = _offset_change(moment - _CHECK_INTERVAL, moment, zone) or moment
        if moment > latest:
            latest = moment
            yield moment


def _wall_clock_times(fields: str, after: datetime, zone: tzinfo) -> Iterator[datetime]:
    """Yield the times at which the wall clock matches, one period of constant offset at a time."""
    while True:
        local = _local_time(after, zone)
        shift = local - after.replace(tzinfo=None)
        next_local = _local_fire_times(fields, local)
        while True:
            moment = (next_local() - shift).replace(tzinfo=UTC)
            change = _offset_change(after, moment, zone)
            if change is not None:
                # Fire at the change itself if it matches; the next period only has later times.
                after, local_change = change, _local_time(change, zone)
                if _local_fire_times(fields, local_change - timedelta(minutes=1))() == local_change:
                    yield change
                break
            yield moment
            after = moment


def _local_time(moment: datetime, zone: tzinfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def _offset_change(after: datetime, until: datetime, zone: tzinfo) -> datetime | None:
    """Return the first time after `after`, up to `until`, with another UTC offset than `after`."""
    if zone is UTC:
        return None
    before = after.astimezone(zone).utcoffset()
    early = after
    while early < until:
        late = min(early + _CHECK_INTERVAL, until)
        if late.astimezone(zone).utcoffset() != before:
            break
        early = late
    else:
        return None
    while late - early > _PRECISION:
        middle = early + (late - early) / 2
        if middle.astimezone(zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)


def _local_fire_times(fields: str, start: datetime) -> Callable[[], datetime]:
    from croniter import croniter  # noqa: PLC0415 (slow)

    times = croniter(fields, start, ret_type=datetime)
    return lambda: times.get_next(datetime)


class _Fields(NamedTuple):
    typed: tuple[str, ...]
    """As returned by `typed_fields`."""
    values: tuple[frozenset[int] | None, ...]
    """As returned by `field_values`."""


def _parse(expression: str) -> _Fields:
    if len(expression) > _MAX_CHARACTERS:
        raise CronError(f"a cron expression has at most {_MAX_CHARACTERS} characters")
    if unusual := _UNUSUAL_BLANK.search(expression):
        raise CronError(
            f"the blank {_quote(unusual[0])} is not supported; separate the fields by spaces"
        )
    words = expression.split()
    if not words:
        raise CronError(f"it is empty: {_FORM}")
    if words[0].startswith("@"):
        words = _expand_alias(expression.strip()).split()
    if len(words) != len(_FIELDS):
        number = "is 1 field" if len(words) == 1 else f"are {len(words)} fields"
        other = " seconds and years are not supported;" if len(words) > len(_FIELDS) else ""
        names = "minute, hour, day of month, month, day of week"
        raise CronError(f"there {number}, not 5:{other} {names}")
    values = [_parse_field(word, field) for word, field in zip(words, _FIELDS, strict=True)]
    minutes, hours, _, months = (
        None if len(numbers) == size else frozenset(numbers)
        for numbers, size in zip(values, (60, 24, 31, 12), strict=False)
    )
    dates, weekdays = _days(words[2], words[4], values[2], {day % 7 for day in values[4]})
    if dates is not None and weekdays is None:
        _check_date(values[2], values[3])
    return _Fields(tuple(words), (minutes, hours, dates, months, weekdays))


def _days(
    date: str, weekday: str, dates: set[int], weekdays: set[int]
) -> tuple[frozenset[int] | None, frozenset[int] | None]:
    """Return the values of the day fields, as croniter combines both.

    If both fields are restricted, one of them has to match. A field with all values, such as
    `1-31`, is restricted too, so that every day matches; but it counts as `*` if the other field
    has a star.
    """
    is_every_date, is_every_weekday = len(dates) == 31, len(weekdays) == 7
    any_date = is_any(date) or (is_every_date and "*" in weekday)
    any_weekday = is_any(weekday) or (is_every_weekday and "*" in date)
    if not any_date and not any_weekday and (is_every_date or is_every_weekday):
        return None, None
    return (
        None if any_date or is_every_date else frozenset(dates),
        None if any_weekday or is_every_weekday else frozenset(weekdays),
    )


def _expand_alias(expression: str) -> str:
    name = expression.lower()
    if name not in ALIASES:
        raise CronError(f"{_quote(expression)} is not one of {', '.join(ALIASES)}")
    return ALIASES[name]


def _parse_field(word: str, field: _Field) -> set[int]:
    values: set[int] = set()
    for part in word.split(","):
        values |= _parse_part(part, field)
    return values


def _parse_part(part: str, field: _Field) -> set[int]:
    match = _PART.fullmatch(part)
    if match is None or (match["first"] == "*" and match["last"]):
        raise CronError(
            f"{field.name}: {_quote(part)} is not *, a value or a range such as"
            f" {field.first}-{field.first + 4}, nor one of them with a step such as */5"
        )
    first, last = field.first, field.last
    if match["first"] != "*":
        first = _parse_value(match["first"], field)
        if match["last"]:
            last = _parse_value(match["last"], field)
            if match["last"].lower() == "sun" and first:
                # A week may end with Sunday: fri-sun.
                last = 7
            _check_range(match["first"], match["last"], first, last, field)
        elif not match["step"]:
            last = first
    step = _parse_step(match["step"], first, last, field)
    if field.last == 7 and match["step"] and not match["last"]:
        last = _LAST_WEEKDAY
        if first == last:
            raise CronError(f"{field.name}: {_quote(part)} is one value; write {first}")
    return set(range(first, last + 1, step))


def _parse_value(text: str, field: _Field) -> int:
    value = field.names.get(text.lower())
    if value is None:
        if not _NUMBER.fullmatch(text):
            names = f" or {', '.join(field.names)}" if field.names else ""
            span = f"{field.first} to {field.last}{names}"
            raise CronError(f"{field.name}: {_quote(text)} is not {span}")
        value = int(text)
    if not field.first <= value <= field.last:
        raise CronError(f"{field.name}: {value} is not {field.first} to {field.last}")
    return value


def _check_range(begin: str, end: str, first: int, last: int, field: _Field) -> None:
    if first > last:
        raise CronError(
            f"{field.name}: the range {begin}-{end} runs backwards; write two ranges to wrap around"
        )
    if first == last:
        raise CronError(f"{field.name}: the range {begin}-{end} is one value; write {begin}")


def _parse_step(text: str | None, first: int, last: int, field: _Field) -> int:
    if text is None:
        return 1
    if not _NUMBER.fullmatch(text):
        raise CronError(f"{field.name}: the step {_quote(text)} is not a number")
    step = int(text)
    if step == 0:
        raise CronError(f"{field.name}: a step of 0 is not allowed")
    if step > last - first:
        raise CronError(f"{field.name}: a step of {step} exceeds the range {first} to {last}")
    return step


def _check_date(days: set[int], months: set[int]) -> None:
    """Raise `CronError` if none of `months` has any of `days`."""
    if min(days) > max(_DAYS_IN_MONTHS[month - 1] for month in months):
        months_named = ", ".join(_MONTHS[month - 1].capitalize() for month in sorted(months))
        raise CronError(f"it never fires: there is no day {min(days)} in {months_named}")


def _quote(text: str) -> str:
    return repr(text if len(text) <= _MAX_QUOTED else text[: _MAX_QUOTED - 1] + "…")
