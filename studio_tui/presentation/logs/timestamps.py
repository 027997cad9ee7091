"""When a log line was written, by the time that stands near its start, always aware, in UTC."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

HEAD = 96
"""Characters from the line's start in which its time can stand."""
_FIELDS = 4096
"""Characters in which a named field can stand."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CLOCK = re.compile(r"\d\d:\d\d:\d\d(?![\d:])", re.ASCII)
_INSIDE = frozenset("0123456789:.")
"""Before two digits, these say that the digits are no hours."""
_YEAR = re.compile(r"/\d{4}:")
"""But for that of web servers."""
_DATE = re.compile(
    r"(?<!\d)(?:(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d\d)(?P=mark)(?P<day>\d\d)(?:T|,? )"
    rf"|(?P<d>\d\d)[/ -](?P<b>{'|'.join(_MONTHS)})[/ -](?P<y>\d{{4}})[: ]"
    rf"|(?P<b2>{'|'.join(_MONTHS)}) {{1,2}}(?P<d2>\d\d?) "
    r"|(?P<y2>\d\d)(?P<mark2>[/]?)(?P<m2>\d\d)(?P=mark2)(?P<d3>\d\d) "
    r"|(?<![^\s\[(])(?P<m3>\d\d)-(?P<d4>\d\d) |(?<=[IWEFDC])(?P<m4>\d\d)(?P<d5>\d\d) )$",
    re.ASCII,
)
_DATE_LENGTH = 13
"""Characters of the longest date with what parts it from the clock, and one before it."""
_AFTER = re.compile(
    r"(?:[.,](?P<fraction>\d{1,9})\d*)?"
    r"(?: ?(?P<utc>Z|UTC|GMT)(?!\w)| ?(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d)(?!\d)"
    r"| (?P<year>(?:19|20)\d\d)(?=[\]\s]|$))?",
    re.ASCII,
)
_SPEECH = re.compile(
    r"(?:^|\s)(?!(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) )[A-Z]?[a-z]+ $|(?:^|\s)[A-Za-z]+ [a-z]+ "
)
"""Stands before a time that a sentence speaks of."""
_EPOCH = re.compile(r"[\[(]?(1\d{9}(?:\d{3}){0,3})(?:[.,](\d{1,9})\d*)?(?=[\s\]):|,]|$)", re.ASCII)
_EPOCH_FIELD = re.compile(r"(1\d{9}(?:\d{3}){0,3})(?:\.(\d{1,9})\d*)?(?=[\s,}\]\"'e]|$)", re.ASCII)
_FIELD = re.compile(
    r"[\"'](?:@timestamp|timestamp|time|ts|asctime|datetime|date|eventTime|@t)[\"']\s*:\s*"
    r"(?:[\"']|(?=1))"
)
_LOGFMT = re.compile(r"(?:^|\s)(?:ts|time|timestamp)=\"?(?=1\d{9})")


def time_of(text: str, zone: tzinfo, near: datetime | None = None) -> datetime | None:
    """Return when the line was written, `None` when it does not say.

    A time without an offset is read in `zone`. One without a year or a day is the one closest to
    `near`, and unknown without `near`.
    """
    if text.startswith("{"):
        for name in _FIELD.finditer(text, 0, _FIELDS):
            start = name.end()
            found = _epoch_at(text, start) or _time_within(text, start, start + 40, zone, near)
            if found:
                return found
        return None
    if (found := _time_within(text, 0, HEAD, zone, near)) is not None:
        return found
    if text[:1].isdecimal() or text[1:2].isdecimal():
        return _epoch_at(text, 0)
    if "=1" in text and (field := _LOGFMT.search(text, 0, HEAD)):
        return _epoch_at(text, field.end())
    return None


def _time_within(
    text: str, start: int, end: int, zone: tzinfo, near: datetime | None
) -> datetime | None:
    """Return the first time of day between two places, with the date before it."""
    clock = _CLOCK.search(text, start, end)
    if not clock:
        return None
    at = clock.start()
    if text[at - 1 : at] in _INSIDE and not _YEAR.match(text, max(start, at - 6), at):
        return None
    date = _DATE.search(text, max(start, at - _DATE_LENGTH), at)
    begins = date.start() if date else at
    if date is None and (begins - start > 1 or near is None):
        return None
    if begins > start + 1 and _SPEECH.search(text, start, begins):
        return None
    after = _AFTER.match(text, at + 8)
    fraction = after["fraction"] if after else None
    rest = text[at + 8 : after.end()] if after else ""
    moment = _second(text[begins : at + 8], rest.lstrip(".,0123456789"), zone, near)
    if moment is None or not fraction:
        return moment
    return moment + timedelta(microseconds=int(fraction[:6].ljust(6, "0")))


@lru_cache(maxsize=4096)
def _second(stamp: str, offset: str, zone: tzinfo, near: datetime | None) -> datetime | None:
    """Return the moment of a date, if there is one, and a time of day, without its fraction."""
    hour, minute, second = int(stamp[-8:-6]), int(stamp[-5:-3]), min(int(stamp[-2:]), 59)
    after = _AFTER.match(offset)
    if after and after["utc"]:
        zone = UTC
    elif after and after["sign"]:
        ahead = timedelta(hours=int(after["hours"]), minutes=int(after["minutes"]))
        if ahead >= timedelta(days=1):
            return None
        zone = timezone(ahead if after["sign"] == "+" else -ahead)
    moments: list[datetime] = []
    for year, month, day in _days(stamp, after["year"] if after else None, zone, near):
        try:
            local = datetime(year, month, day, hour, minute, second, tzinfo=zone)
            moments.append(local.astimezone(UTC))
        except (ValueError, OverflowError):  # the 30th of February, a year without a place in UTC
            continue
    if near is None or len(moments) < 2:
        return moments[0] if moments else None
    return min(moments, key=lambda moment: abs(moment - near))


def _days(
    stamp: str, year: str | None, zone: tzinfo, near: datetime | None
) -> Iterator[tuple[int, int, int]]:
    """Yield the days that a stamp can mean."""
    date = _DATE.match(stamp, 0, len(stamp) - 8)
    if date is None:
        if near is not None:
            for days in (0, -1, 1):
                try:
                    day = near.astimezone(zone) + timedelta(days=days)
                except OverflowError:
                    continue
                yield day.year, day.month, day.day
        return
    groups = date.groupdict()
    month = groups["month"] or groups["m2"] or groups["m3"] or groups["m4"]
    name = groups["b"] or groups["b2"]
    numbers = (
        _MONTHS.index(name) + 1 if name else int(month or 0),
        int(next(groups[key] for key in ("day", "d", "d2", "d3", "d4", "d5") if groups[key])),
    )
    if known := groups["year"] or groups["y"] or year:
        yield int(known), *numbers
    elif groups["y2"]:
        yield 2000 + int(groups["y2"]), *numbers
    elif near is not None:
        for difference in (0, -1, 1):
            yield near.year + difference, *numbers


def _epoch_at(text: str, at: int) -> datetime | None:
    """Return the moment of the seconds, or their thousandths and so on, since 1970 at a place."""
    number = _EPOCH.match(text, at) or _EPOCH_FIELD.match(text, at)
    if not number:
        return None
    digits = number[1]
    seconds, fraction = int(digits[:10]), digits[10:] + (number[2] or "")
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment + timedelta(microseconds=int(fraction[:6].ljust(6, "0")))
