"""Parsing of the timestamp near the start of a log line, or in a JSON field; results are in UTC.

An ambiguous timestamp is resolved to the time closest to the life of the job that wrote the line.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from studio_tui.presentation.logs.dates import (
    DATE,
    DATE_LENGTH_LIMIT,
    DateShape,
    Order,
    days,
    orders,
    shape_of,
)
from studio_tui.presentation.logs.zones import ZONE_PATTERN, Zones, zones_of

_HEAD = 96
"""Characters from the start of a line that may contain its timestamp."""
_FIELD_HEAD = 4096
"""Characters of a line that may contain a named field."""
_VALUE = 48
"""Characters of a field's value that may contain its timestamp."""

DAY = timedelta(days=1)
LIFE_TOLERANCE = timedelta(minutes=1)
"""Maximum distance of a time of day without a date from the job's life."""
_FEW_DAYS = 2 * DAY
"""Life of a job above which a time of day without a date is ambiguous."""
_LATE = timedelta(hours=1)
"""Maximum time between timestamp and arrival of a line, if the time of day is ambiguous."""

_CLOCK = re.compile(
    r"\d:[0-5]\d(?::[0-6]\d(?![\d:])|(?= ?[AaPp](?:[Mm](?!\w)|\. ?[Mm]\.)))", re.ASCII
)
"""A time of day from the last digit of the hour on, as the search for one digit is faster."""
_UTC = Zones()
_INSIDE = frozenset("0123456789:.")
"""Characters directly before a time of day that rule it out, unless they belong to a date."""
_AFTER = re.compile(
    r"(?:[.,](?P<fraction>\d{1,9})\d*)?"
    r"(?: ?(?P<half>[AaPp])(?:[Mm](?!\w)|\. ?[Mm]\.))?"
    rf"(?: ?(?P<zone>{ZONE_PATTERN})| (?P<hours>[+-]\d\d)(?= ?[\[\])]|$)"
    r"|(?P<attached>[+-]\d\d)(?![\w:.]))?"
    r"(?:[)]? (?P<year>(?:19|20)\d\d)(?=[\]\s]|$))?",
    re.ASCII,
)
"""What may follow a time of day: a fraction, AM or PM, a zone, a year."""
_PLAIN = frozenset({"iso", "compact"})
"""Date formats that are unambiguous."""
_NO_SUFFIX = ("",) * 6
_SPEECH = re.compile(
    r"(?:^|\s)(?!(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) )[A-Z]?[a-z]+ $|(?:^|\s)[A-Za-z]+ [a-z]+ "
)
"""Text before a time of day that shows that the time is within a sentence."""
_EPOCH = re.compile(r"[\[(]?(1\d{9}(?:\d{3}){0,3})(?:[.,](\d{1,9})\d*)?(?=[\s\]):|,]|$)", re.ASCII)
"""Seconds since 1970, or milliseconds, microseconds or nanoseconds, before a delimiter."""
_EPOCH_FIELD = re.compile(r"(1\d{9}(?:\d{3}){0,3})(?:\.(\d{1,9})\d*)?(?=[\s,}\]\"'e]|$)", re.ASCII)
_FIELD = re.compile(
    r"[\"'](?:@timestamp|timestamp|time|ts|asctime|datetime|date|eventTime|@t)[\"']\s*:\s*"
    r"(?:[\"']|(?=1))"
)
"""Name of a JSON field with a time, up to the value."""
_LOGFMT = re.compile(r"(?:^|\s)(?:ts|time|timestamp)=\"?(?=1\d{9})")


class Life(NamedTuple):
    """Period in which a job could write lines: from its start to its end, or now."""

    begin: datetime
    end: datetime

    def distance(self, moment: datetime) -> timedelta:
        """Return the distance of a time from the period; zero within it."""
        return max(self.begin - moment, moment - self.end, timedelta(0))


@dataclass(frozen=True, eq=False)
class TimestampContext:
    """Context for parsing the timestamps of one log; by default, of an unknown log."""

    zones: Zones = _UTC
    life: Life | None = None
    """The job's life; `None` if unknown."""

    def order_of(self, shape: DateShape) -> Order | None:  # noqa: ARG002 (unknown for any shape)
        """Return the order of day, month and year in dates of a shape; `None` if unknown."""
        return None


class RawTimestamp(NamedTuple):
    """A timestamp as written in a line, without its fraction."""

    date_format: str
    """Format of the date, see `dates.DATE`; empty without a date."""
    date: str
    is_bracketed: bool
    clock: str
    half: str
    """`a` or `p` for a 12-hour clock, or empty."""
    zone: str
    """Zone or offset after the time of day, or empty."""
    year: str
    """Year after the time of day, or empty."""

    @property
    def is_ambiguous(self) -> bool:
        """Whether its meaning depends on context."""
        return self.date_format not in _PLAIN or self.zone[-1:].isalpha()

    @property
    def shape(self) -> DateShape | None:
        """The shape of a date with an ambiguous order; `None` for other dates."""
        return shape_of(self.date_format, self.date, is_bracketed=self.is_bracketed)


def read_time(
    text: str, context: TimestampContext, *, arrived_at: datetime | None = None
) -> datetime | None:
    """Return when a line was written, or `None`; `arrived_at` is when it arrived, if known."""
    if text.startswith("{"):
        for name in _FIELD.finditer(text, 0, _FIELD_HEAD):
            start = name.end()
            timestamp = _moment_of_epoch(text, start, context) or _moment_within(
                text, start, start + _VALUE, context, arrived_at
            )
            if timestamp:
                return timestamp
        return None
    if (timestamp := _moment_within(text, 0, _HEAD, context, arrived_at)) is not None:
        return timestamp
    if text[:1].isdecimal() or text[1:2].isdecimal():
        return _moment_of_epoch(text, 0, context)
    if "=1" in text and (named := _LOGFMT.search(text, 0, _HEAD)):
        return _moment_of_epoch(text, named.end(), context)
    return None


def find_timestamp(text: str, start: int = 0, end: int = _HEAD) -> tuple[RawTimestamp, str] | None:
    """Return the timestamp at the first time of day in a part of a text, and its fraction.

    `None` if there is none, if it is probably not a time of day, or if it is within a sentence.
    """
    clock = _CLOCK.search(text, start, end)
    if not clock:
        return None
    hour = clock.start()
    if hour > start and "0" <= text[hour - 1] <= "9":
        hour -= 1
    day = DATE.search(text, max(start, hour - DATE_LENGTH_LIMIT), hour)
    first = day.start() if day else hour
    if day is None and (first - start > 1 or text[hour - 1 : hour] in _INSIDE):
        return None
    if first > start + 1 and _SPEECH.search(text, start, first):
        return None
    after = _AFTER.match(text, clock.end())
    fraction, half, zone, hours, attached, year = after.groups("") if after else _NO_SUFFIX
    if day is None and not half and clock.start() == hour:
        # `0:00:07` is a duration.
        return None
    date_format = day.lastgroup or "" if day else ""
    written = RawTimestamp(
        date_format,
        day[date_format] if day else "",
        text[first - 1 : first] in {"[", "("},
        text[hour : clock.end()],
        half.lower(),
        zone or hours or attached,
        year,
    )
    return written, fraction


def _moment_within(
    text: str, start: int, end: int, context: TimestampContext, arrived_at: datetime | None
) -> datetime | None:
    timestamp = find_timestamp(text, start, end)
    if timestamp is None:
        return None
    written, fraction = timestamp
    if written.date_format:
        shape = written.shape
        order = context.order_of(shape) if shape is not None else None
        life = context.life if written.is_ambiguous else None
        moment = _moment_with_date(written, context.zones, life, order)
    else:
        moment = _within_life(written, context, arrived_at)
    if moment is None or not fraction:
        return moment
    return moment + timedelta(microseconds=int(fraction[:6].ljust(6, "0")))


@lru_cache(maxsize=4096)
def _moment_with_date(
    written: RawTimestamp, zones: Zones, life: Life | None, order: Order | None
) -> datetime | None:
    readings = readings_of(written, zones, life, order) if order else {}
    readings = readings or readings_of(written, zones, life)
    moments = [moment for each in readings.values() for moment in each]
    if life is None or not moments:
        return moments[0] if moments else None
    closest = min(moments, key=life.distance)
    # A date such as `03/12` can also be a count.
    is_doubtful = written.date_format == "yearless" and life.begin != life.end
    return None if is_doubtful and life.distance(closest) > DAY else closest


def readings_of(
    written: RawTimestamp, zones: Zones, life: Life | None, known_order: Order | None = None
) -> Mapping[Order, tuple[datetime, ...]]:
    """Return the moments that a timestamp may denote, by the possible orders of its date."""
    shape = written.shape
    years = _possible_years(life) if life is not None else ()
    readings = {}
    possible = orders(shape) if shape is not None else (Order.YEAR_FIRST,)
    for order in possible if known_order is None else (known_order,):
        moments = [
            moment
            for day in days(written.date_format, written.date, written.year, years, order)
            for moment in _moments_on(written, day, zones)
        ]
        if moments:
            readings[order] = tuple(moments)
    return readings


def _possible_years(life: Life) -> tuple[int, ...]:
    """Return the possible years of a date without one, most likely first."""
    end = life.end.year
    return tuple(year for year in (end, *range(life.begin.year - 1, end), end + 1) if year > 0)


def _moments_on(
    written: RawTimestamp, day: tuple[int, int, int], zones: Zones
) -> Iterator[datetime]:
    hour, minute, second = map(int, f"{written.clock}:0".split(":")[:3])
    if written.half:
        is_later = written.half == "p"
        if (hour > 12 and not is_later) or (hour == 0 and is_later):
            return
        hour = hour if hour > 12 else hour % 12 + 12 * is_later
    try:
        local = datetime(*day, hour, minute, min(second, 59))  # noqa: DTZ001 (each zone follows)
        known = zones_of(written.zone, zones.local, local.year) if written.zone else ()
    except ValueError:
        # The day does not exist, such as 30 February, or the zone is unknown.
        return
    for each in known or (zones.lines,):
        try:
            yield local.replace(tzinfo=each).astimezone(UTC)
        except (ValueError, OverflowError):
            # The time is out of range in UTC.
            continue


@lru_cache(maxsize=4096)
def _moments_near(written: RawTimestamp, zones: Zones, life: Life) -> tuple[datetime, ...]:
    first = max(1, life.begin.toordinal() - 1)
    last = min(life.end.toordinal() + 1, date.max.toordinal())
    moments: list[datetime] = []
    for number in range(first, last + 1):
        day = date.fromordinal(number)
        moments += _moments_on(written, (day.year, day.month, day.day), zones)
    return tuple(sorted(moments))


def _within_life(
    written: RawTimestamp, context: TimestampContext, arrived_at: datetime | None
) -> datetime | None:
    """Return the moment that a time of day denotes in a job's life; `None` if none or unclear.

    A line arrives after it was written. If there are several such moments, or the life has several
    days, the moment is the last before the arrival. It is unclear if the arrival is unknown or much
    later: the line was not received live, or what looks like a time of day is a time since the
    job's start.
    """
    if (life := context.life) is None:
        return None
    if arrived_at is not None:
        life = Life(life.begin, max(life.begin, min(life.end, arrived_at)))
    is_short = life.end - life.begin <= _FEW_DAYS
    if not is_short and arrived_at is None:
        return None
    period = life if is_short else Life(life.end, life.end)
    possible = [
        moment
        for moment in _moments_near(written, context.zones, period)
        if life.distance(moment) <= LIFE_TOLERANCE
    ]
    if len(possible) == 1 and is_short:
        return possible[0]
    is_fresh = possible and arrived_at is not None and arrived_at - possible[-1] <= _LATE
    return possible[-1] if is_fresh else None


def _moment_of_epoch(text: str, start: int, context: TimestampContext) -> datetime | None:
    """Return the moment of a Unix timestamp; `None` without one, or if it is probably a count.

    It is probably a count if it is more than a day from the job's life.
    """
    number = _EPOCH.match(text, start) or _EPOCH_FIELD.match(text, start)
    if not number:
        return None
    digits = number[1]
    seconds, fraction = int(digits[:10]), digits[10:] + (number[2] or "")
    moment = datetime.fromtimestamp(seconds, UTC)
    if (life := context.life) is not None and life.distance(moment) > DAY:
        return None
    return moment + timedelta(microseconds=int(fraction[:6].ljust(6, "0")))
