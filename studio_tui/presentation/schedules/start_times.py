"""Parses start times that users type in words, and formats times.

The published client uses `dateparser`, which accepts text that it understands only in part: it
takes `32 March` for a date in 2032. Here, text in a known format has exactly one meaning, and all
other text is rejected.
"""

import re
from calendar import day_name
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

from studio_tui.presentation.form.problems import quoted
from studio_tui.presentation.format import in_zone
from studio_tui.text import safe_line

EXAMPLES = "`tomorrow 15:00`, `in 2 hours`, `monday 9am` or `2030-03-04 15:00`"

_FARTHEST_YEARS = 10
_LEAST_OFFSET = timedelta(hours=-12)
_GREATEST_OFFSET = timedelta(hours=14)
_WEEKDAYS = {
    word: number
    for number, name in enumerate(map(str.lower, day_name))
    for word in (name, name[:3])
}
"""The number of each weekday by its name and its first letters; Monday is 0."""
_NEAR_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}

_LENGTH = re.compile(
    r"(?:in |\+)?(?P<amount>\d{1,6}|an?) ?(?:"
    r"(?P<minutes>m|min|mins|minutes?)|(?P<hours>h|hr|hrs|hours?)|(?P<days>d|days?)"
    r"|(?P<weeks>w|weeks?))",
    re.ASCII,
)
"""`in 2 hours`, `+10m`; the groups of the units have the names of parameters of `timedelta`."""
_ZONE = re.compile(r"(?P<rest>.*?\d(?: ?[ap]m)?) ?(?P<zone>z|utc|[+-]\d\d:\d\d)", re.ASCII)
"""`tomorrow 15:00 utc`."""
_CLOCK = re.compile(r"(\d{1,2})(?::(\d{2})(?::(\d{2})(?:\.\d{1,6})?)?)?( ?[ap]m)?", re.ASCII)
_DAY_AND_CLOCK = re.compile(
    r"(?:on )?(?P<day>(?!at )[a-z]+|\d{4}-\d\d?-\d\d?)?,?(?:(?: at | |^at |^)(?P<clock>\d.*))?",
    re.ASCII,
)


class StartTimeError(ValueError):
    """A text is no valid start time; the message says why, and what to type."""


def parse_start_time(text: str, now: datetime, zone: tzinfo) -> datetime:
    """Return the time that `text` means, in UTC; `zone` applies if the text names no time zone.

    A time of day or a weekday means the next one; a day without a time means 00:00.

    Raises:
        StartTimeError: the text is invalid or ambiguous, or its time has passed.
    """
    # `2026-03-04T15:00` becomes `2026-03-04 15:00`.
    words = re.sub(r"(?<=\d)t(?=\d)", " ", " ".join(text.lower().split()))
    if not words:
        raise StartTimeError(f"It is empty; type {EXAMPLES}.")
    if length := _LENGTH.fullmatch(words):
        moment = _relative_time(length, text, now, zone)
    else:
        typed_zone = zone
        if with_zone := _ZONE.fullmatch(words):
            words, typed_zone = with_zone["rest"], _zone(with_zone["zone"])
        local_now = now.astimezone(typed_zone).replace(tzinfo=None, fold=0)
        moment = _to_utc(_named_time(words, text, local_now), typed_zone)
    if moment <= now:
        raise StartTimeError(_not_in_future(moment, now, zone))
    return moment


def describe_time(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """Format a time as `Wed 4 Mar 2026 15:00 CET · 14:00 UTC · in 1 d 4 h`."""
    return f"{in_both_zones(moment, zone)} · in {span(moment - now)}"


def in_both_zones(moment: datetime, zone: tzinfo) -> str:
    """Format a time as `Wed 4 Mar 2026 15:00 CET · 14:00 UTC`.

    If `zone` is UTC, or the time is out of range in `zone`, it is shown in UTC only.
    """
    in_utc = moment.astimezone(UTC)
    local = in_zone(in_utc, zone)
    if _format(local) == _format(in_utc):
        return _format(local)
    is_same_day = local.date() == in_utc.date()
    return f"{_format(local)} · {f'{in_utc:%H:%M} UTC' if is_same_day else _format(in_utc)}"


def _format(local: datetime) -> str:
    name = safe_line(local.tzname() or "")
    return f"{local:%a} {local.day} {local:%b %Y %H:%M} {name}"


def span(length: timedelta) -> str:
    """Format a duration in its largest one or two units: `3 d 2 h`, `2 h 13 min`, `5 min`."""
    seconds = max(0, int(length.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes = seconds // 60
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    first = next(index for index, (amount, _) in enumerate(parts) if amount)
    return " ".join(f"{amount} {unit}" for amount, unit in parts[first : first + 2] if amount)


def _relative_time(length: re.Match[str], typed: str, now: datetime, zone: tzinfo) -> datetime:
    """Add a span to `now`; days and weeks keep the time of day, also if the clocks change."""
    amount = int(length["amount"]) if length["amount"].isdigit() else 1
    unit = str(length.lastgroup)
    try:
        if unit in {"minutes", "hours"}:
            return _check_year(now.astimezone(UTC) + timedelta(**{unit: amount}), now)
        local = now.astimezone(zone).replace(tzinfo=None, fold=0)
        later = local + timedelta(**{unit: amount})
    except OverflowError:
        raise StartTimeError(f"{quoted(typed)} is too far away.") from None
    return _to_utc(_check_year(later, now), zone)


def _named_time(words: str, typed: str, now: datetime) -> datetime:
    """Parse a day, a time of day, or both; `now` and the result are local and naive."""
    parts = _DAY_AND_CLOCK.fullmatch(words)
    if parts is None:
        raise StartTimeError(_not_understood(typed))
    clock = _clock(parts["clock"], typed) if parts["clock"] else time()
    day = parts["day"]
    if day is None:
        today = datetime.combine(now.date(), clock)
        return today if today > now else today + timedelta(days=1)
    if day in _NEAR_DAYS:
        return datetime.combine(now.date() + timedelta(days=_NEAR_DAYS[day]), clock)
    if day in _WEEKDAYS:
        ahead = (_WEEKDAYS[day] - now.weekday()) % 7
        sooner = datetime.combine(now.date() + timedelta(days=ahead), clock)
        return sooner if sooner > now else sooner + timedelta(days=7)
    if not day[0].isdigit():
        raise StartTimeError(_not_understood(typed))
    try:
        moment = datetime.combine(date(*map(int, day.split("-"))), clock)
    except ValueError:
        raise StartTimeError(f"There is no {day}; type the date as `2030-03-04`.") from None
    return _check_year(moment, now)


def _clock(text: str, typed: str) -> time:
    parts = _CLOCK.fullmatch(text)
    if parts is None or not (parts[2] or parts[4]):
        raise StartTimeError(_not_understood(typed))
    hour, minute, second = int(parts[1]), int(parts[2] or 0), int(parts[3] or 0)
    if parts[4]:
        if not 1 <= hour <= 12:
            raise StartTimeError(f"There is no {text}; am and pm go with 1 to 12.")
        hour = hour % 12 + (12 if parts[4].endswith("pm") else 0)
    try:
        return time(hour, minute, second)
    except ValueError:
        sentence = f"There is no {text}; the clock goes from 00:00 to 23:59."
        raise StartTimeError(sentence) from None


def _check_year(local: datetime, now: datetime) -> datetime:
    """Return the time; raise `StartTimeError` if its year is likely a typing error."""
    if not 1 < local.year <= now.year + _FARTHEST_YEARS:
        raise StartTimeError(
            f"{local.year} is more than {_FARTHEST_YEARS} years away; check the year."
        )
    return local


def _to_utc(local: datetime, zone: tzinfo) -> datetime:
    """Return the time in UTC at which clocks in `zone` show `local`.

    Raises:
        StartTimeError: there is no such time, or there are two.
    """
    moment = local.replace(tzinfo=zone)
    second_time = moment.replace(fold=1)
    utc_moment = moment.astimezone(UTC)
    on_clocks = utc_moment.astimezone(zone).replace(tzinfo=None, fold=0)
    words = f"{local:%H:%M} on {local:%Y-%m-%d} in {safe_line(str(zone))}"
    if on_clocks != local:
        raise StartTimeError(
            f"There is no {words}, because the clocks go forward then;"
            f" type `{on_clocks:%Y-%m-%d %H:%M}`."
        )
    if moment.utcoffset() != second_time.utcoffset():
        first = moment.isoformat(sep=" ", timespec="minutes")
        second = second_time.isoformat(sep=" ", timespec="minutes")
        raise StartTimeError(
            f"There are two times {words}, because the clocks go back then; type `{first}` or"
            f" `{second}`."
        )
    return utc_moment


def _zone(text: str) -> tzinfo:
    if text in {"z", "utc"}:
        return UTC
    hours, minutes = int(text[1:3]), int(text[4:6])
    offset = timedelta(hours=hours, minutes=minutes) * (-1 if text[0] == "-" else 1)
    if minutes > 59 or not _LEAST_OFFSET <= offset <= _GREATEST_OFFSET:
        raise StartTimeError(f"There is no offset {text}; they go from -12:00 to +14:00.")
    return timezone(offset)


def _not_in_future(moment: datetime, now: datetime, zone: tzinfo) -> str:
    if moment == now:
        return f"That is now; type {EXAMPLES}."
    clock = moment.astimezone(zone)
    return f"That was {span(now - moment)} ago; type `tomorrow {clock:%H:%M}`."


def _not_understood(typed: str) -> str:
    return f"{quoted(typed)} is not understood; type {EXAMPLES}."
