"""Reads cron expressions as Studio does, but strictly, and tells when they fire.

An expression is five fields (minute, hour, day of month, month, day of week) or an alias such as
`@daily`. A field is `*` or a list of values and ranges, each with a step if wanted; months and days
of the week have English names too. Refused are what no cron understands, what would never fire, and
what croniter reads differently from what it says (`5-5` would fire every minute).

What passes goes to croniter, which Studio uses too, as it was typed: whether both day fields must
be met or either is enough depends on how they are written, not only on their values.

Local times that a change of the clocks leaves out or has twice follow one rule. With every hour of
the day an expression follows the clock on the wall through both: "every ten minutes" stays true.
With any other hour it names times of a day, and each is meant once: in autumn the first of the two
fires, in spring all that were left out fire as one, at the first moment after the gap.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
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
"""What Studio takes beside five fields (`datachain job run --help`)."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LAST_WEEKDAY = 6
"""Where `3/2` ends in the day of week; 7 is Sunday again, and only a written range reaches it."""
_LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_STEP = timedelta(days=1)
"""Between two looks at the offset from UTC: no zone changes it there and back faster."""

_INSTANT = timedelta(milliseconds=1)
_LONGEST = 1000
_SHOWN = 40


class CronError(ValueError):
    """An expression cannot be used; the text is a clause for a person, without a full stop."""


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
    _Field("month", 1, 12, {name: at for at, name in enumerate(_MONTHS, 1)}),
    _Field("day of week", 0, 7, {name: at for at, name in enumerate(_DAYS)}),
)
_PART = re.compile(r"(?P<first>\*|\w+)(?:-(?P<last>\w+))?(?:/(?P<step>\w+))?", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,9}")
_STRANGE_BLANK = re.compile(r"(?![ \t])\s")
"""Croniter and other crons would each make something else of them."""

_STRANGERS = (
    (re.compile(r"R|R\(.*\)", re.IGNORECASE), "R, a random time, is not supported; name the time"),
    (re.compile(r"H|H\(.*\)", re.IGNORECASE), "H, a hashed time, is not supported; name the time"),
    (re.compile(r"L|[0-9]+L|L-[0-9]+|L[0-9]", re.IGNORECASE), "L, the last one, is not supported"),
    (re.compile(r"[0-9]+W|W|LW", re.IGNORECASE), "W, the nearest weekday, is not supported"),
    (re.compile(r"\w*#\w*"), "#, the n-th weekday of a month, is not supported"),
    (re.compile(r"\?"), "? is not supported; write *"),
)

_WORD = re.compile(r"[a-z]{2,}[,.]?", re.IGNORECASE)
_NO_PROSE = frozenset((*_MONTHS, *_DAYS, "lw"))
_EXAMPLES = (
    (re.compile(r"min", re.IGNORECASE), "*/15 * * * * is every 15 minutes"),
    (re.compile(r"hour", re.IGNORECASE), "0 * * * * is every hour"),
    (re.compile(r"month", re.IGNORECASE), "0 9 1 * * is the first day of every month at 09:00"),
    (re.compile(r"year|annual", re.IGNORECASE), "0 9 1 1 * is 1 January at 09:00"),
    (re.compile(r"weekday", re.IGNORECASE), "0 9 * * 1-5 is every weekday at 09:00"),
    (re.compile(r"week|(mon|tues|wednes|thurs|fri|satur|sun)day", re.IGNORECASE),
     "0 9 * * mon is every Monday at 09:00"),
    (re.compile(r""), "0 9 * * * is every day at 09:00"),
)  # fmt: skip
"""What is nearest to a time that is said in words; the first whose expression is found."""


def check(expression: str) -> None:
    """Accept an expression that can be used.

    Raises:
        CronError: It cannot, and why.
    """
    _parse(expression)


def plain_fields(expression: str) -> tuple[frozenset[int] | None, ...]:
    """Return the values of the five fields, `None` for all there are; 0 is Sunday.

    A day matches if both day fields are `None`, or if one that is not `None` has it.

    Raises:
        CronError: The expression cannot be used.
    """
    return _parse(expression).plain


def typed_fields(expression: str) -> tuple[str, ...]:
    """Return the five fields as they were typed, those of an alias for the alias.

    Raises:
        CronError: The expression cannot be used.
    """
    return _parse(expression).typed


def is_any(field: str) -> bool:
    """Whether croniter takes a day field for one without a condition: it is `*`, or lists it."""
    return "*" in field.split(",")


def next_fire(expression: str, after: datetime, zone: tzinfo = UTC) -> datetime:
    """Return the first fire time later than `after`, aware and in UTC.

    Raises:
        CronError: The expression cannot be used.
    """
    return next(fires(expression, after, zone))


def fire_times(
    expression: str, after: datetime, zone: tzinfo = UTC, *, count: int
) -> tuple[datetime, ...]:
    """Return the `count` fire times later than `after`, aware and in UTC, earliest first.

    Raises:
        CronError: The expression cannot be used.
    """
    return tuple(islice(fires(expression, after, zone), count))


def fires(expression: str, after: datetime, zone: tzinfo = UTC) -> Iterator[datetime]:
    """Return all fire times later than `after`, aware and in UTC; they end with the calendar.

    `after` is aware; the fields of the expression are the time of day in `zone`.

    Raises:
        CronError: The expression cannot be used.
    """
    fields = _parse(expression)
    times = _wall_clock_times if fields.plain[1] is None else _named_times
    return _to_the_last(times(" ".join(fields.typed), after.astimezone(UTC), zone))


def _to_the_last(moments: Iterator[datetime]) -> Iterator[datetime]:
    with suppress(OverflowError, ValueError):  # there is no year 10000
        yield from moments


def _named_times(fields: str, after: datetime, zone: tzinfo) -> Iterator[datetime]:
    """Fire once for each local time, whether the clocks leave it out or have it twice."""
    next_local = _arithmetic(fields, _shown(after, zone))
    latest = after
    while True:
        local = next_local()
        moment = local.replace(tzinfo=zone).astimezone(UTC)  # the first of two, for `fold` is 0
        if _shown(moment, zone) != local:
            # In a gap the offset is that from before it, so this lands behind the gap.
            moment = _change(moment - _STEP, moment, zone) or moment
        if moment > latest:
            latest = moment
            yield moment


def _wall_clock_times(fields: str, after: datetime, zone: tzinfo) -> Iterator[datetime]:
    """Fire whenever the clock on the wall shows a time, from one change of it to the next."""
    while True:
        local = _shown(after, zone)
        shift = local - after.replace(tzinfo=None)
        next_local = _arithmetic(fields, local)
        while True:
            moment = (next_local() - shift).replace(tzinfo=UTC)
            change = _change(after, moment, zone)
            if change is not None:
                after, shown = change, _shown(change, zone)
                if _arithmetic(fields, shown - timedelta(minutes=1))() == shown:
                    yield change
                break
            yield moment
            after = moment


def _shown(moment: datetime, zone: tzinfo) -> datetime:
    """Return what the clocks of `zone` show."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def _change(after: datetime, until: datetime, zone: tzinfo) -> datetime | None:
    """Return the first moment in (after, until] when the clocks of `zone` differ from `after`."""
    if zone is UTC:
        return None
    before = after.astimezone(zone).utcoffset()
    early = after
    while early < until:
        late = min(early + _STEP, until)
        if late.astimezone(zone).utcoffset() != before:
            break
        early = late
    else:
        return None
    while late - early > _INSTANT:
        middle = early + (late - early) / 2
        if middle.astimezone(zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)


def _arithmetic(fields: str, start: datetime) -> Callable[[], datetime]:
    """Return what tells one local fire time after the other, all later than `start`."""
    # Late, because its import takes a third of the time in which a command line should answer.
    from croniter import croniter  # noqa: PLC0415

    times = croniter(fields, start, ret_type=datetime)
    return lambda: times.get_next(datetime)


class _Fields(NamedTuple):
    """The fields of an expression that can be used."""

    typed: tuple[str, ...]
    plain: tuple[frozenset[int] | None, ...]
    """Their values, see `plain_fields`."""


def _parse(expression: str) -> _Fields:
    if len(expression) > _LONGEST:
        raise CronError(f"a cron expression has at most {_LONGEST} characters")
    if stranger := _STRANGE_BLANK.search(expression):
        raise CronError(
            f"the blank {_quoted(stranger[0])} is not supported; between the fields belong spaces"
        )
    words = expression.split()
    if words and words[0].startswith("@"):
        words = _alias(expression.strip()).split()
    if _is_prose(words):
        example = next(said for pattern, said in _EXAMPLES if pattern.search(expression))
        raise CronError(
            f"{_quoted(expression)} is in words: type five fields instead, minute, hour,"
            f" day of month, month and day of week, for example: {example}"
        )
    if len(words) in {6, 7}:
        raise CronError(
            f"there are {len(words)} fields, not five: seconds and years are not supported;"
            " minute, hour, day of month, month, day of week"
        )
    if len(words) != len(_FIELDS):
        number = "is 1 field" if len(words) == 1 else f"are {len(words)} fields"
        raise CronError(f"there {number}, not five: minute, hour, day of month, month, day of week")
    values = [_values(word, field) for word, field in zip(words, _FIELDS, strict=True)]
    minutes, hours, _, months = (
        None if len(found) == size else frozenset(found)
        for found, size in zip(values, (60, 24, 31, 12), strict=False)
    )
    dates, weekdays = _days(words[2], words[4], values[2], {day % 7 for day in values[4]})
    if dates is not None and weekdays is None:
        _check_date(values[2], values[3])
    return _Fields(tuple(words), (minutes, hours, dates, months, weekdays))


def _is_prose(words: Sequence[str]) -> bool:
    """Whether a time is said in words; five fields with a wrong name in one are none."""
    looked_at = words[:1] if len(words) == len(_FIELDS) else words
    return any(_WORD.fullmatch(word) and word.lower() not in _NO_PROSE for word in looked_at)


def _days(
    date: str, weekday: str, dates: set[int], weekdays: set[int]
) -> tuple[frozenset[int] | None, frozenset[int] | None]:
    """Return the values of the day fields as croniter understands them together.

    It takes a list of all there are for `*` only beside a field with a star; else two fields that
    were both given are alternatives, and one that holds every day makes it fire every day.
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


def _alias(expression: str) -> str:
    name = expression.lower()
    if name == "@reboot":
        raise CronError("@reboot is not supported: Studio has no such moment")
    if name not in ALIASES:
        known = ", ".join(ALIASES)
        raise CronError(f"{_quoted(expression)} is none of {known}")
    return ALIASES[name]


def _values(word: str, field: _Field) -> set[int]:
    values: set[int] = set()
    for part in word.split(","):
        values |= _part(part, field)
    return values


def _part(part: str, field: _Field) -> set[int]:
    for stranger, why in _STRANGERS:
        if stranger.fullmatch(part.partition("/")[0]):
            raise CronError(f"{field.name}: {why}")
    match = _PART.fullmatch(part)
    if match is None or (match["first"] == "*" and match["last"]):
        raise CronError(
            f"{field.name}: {_quoted(part)} is not *, a value or a range such as"
            f" {field.first}-{field.first + 4}, nor one of them with a step such as */5"
        )
    first, last = field.first, field.last
    if match["first"] != "*":
        first = _value(match["first"], field)
        if match["last"]:
            last = _value(match["last"], field)
            if match["last"].lower() == "sun" and first:
                last = 7  # a week may end with Sunday: fri-sun
            _check_range(match["first"], match["last"], first, last, field)
        elif not match["step"]:
            last = first
    step = _step(match["step"], first, last, field)
    if field.last == 7 and match["step"] and not match["last"]:
        last = _LAST_WEEKDAY
        if first == last:
            raise CronError(f"{field.name}: {_quoted(part)} is one value; write {first}")
    return set(range(first, last + 1, step))


def _value(text: str, field: _Field) -> int:
    value = field.names.get(text.lower())
    if value is None:
        if not _NUMBER.fullmatch(text):
            names = f" or {', '.join(field.names)}" if field.names else ""
            span = f"{field.first} to {field.last}{names}"
            raise CronError(f"{field.name}: {_quoted(text)} is not {span}")
        value = int(text)
    if not field.first <= value <= field.last:
        raise CronError(f"{field.name}: {value} is not {field.first} to {field.last}")
    return value


def _check_range(begin: str, end: str, first: int, last: int, field: _Field) -> None:
    if first > last:
        raise CronError(
            f"{field.name}: the range {begin}-{end} runs backwards; write two ranges if it is"
            " meant to go round"
        )
    if first == last:
        raise CronError(f"{field.name}: the range {begin}-{end} is one value; write {begin}")


def _step(text: str | None, first: int, last: int, field: _Field) -> int:
    if text is None:
        return 1
    if not _NUMBER.fullmatch(text):
        raise CronError(f"{field.name}: the step {_quoted(text)} is not a number")
    step = int(text)
    if step == 0:
        raise CronError(f"{field.name}: a step of 0 goes nowhere")
    if step > last - first:
        raise CronError(f"{field.name}: a step of {step} leads out of {first} to {last} at once")
    return step


def _check_date(days: set[int], months: set[int]) -> None:
    """Refuse days that none of the months has; a day of the week would fire all the same."""
    if min(days) > max(_LONGEST_MONTHS[month - 1] for month in months):
        months_named = ", ".join(_MONTHS[month - 1].capitalize() for month in sorted(months))
        raise CronError(f"it never fires: there is no day {min(days)} in {months_named}")


def _quoted(text: str) -> str:
    """Quote foreign text so that it can be shown: what does not print is escaped."""
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")
