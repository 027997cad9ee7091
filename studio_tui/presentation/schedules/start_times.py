"""Parses start times that users type in words, and formats times.

The published client uses `dateparser`, which accepts text that it understands only in part: it
takes `32 March` for a date in 2032. Here, text in a known format has exactly one meaning, and all
other text is rejected.
"""

import re
from calendar import day_name, month_name, monthrange
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from difflib import get_close_matches

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
_MONTHS = {
    word: number
    for number, name in enumerate(map(str.lower, month_name))
    for word in filter(None, (name, name[:3]))
}
"""The number of each month by its name and its first letters."""
_UNITS = {
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "minute"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "hour"),
    **dict.fromkeys(("d", "day", "days"), "day"),
    **dict.fromkeys(("w", "week", "weeks"), "week"),
    **dict.fromkeys(("month", "months"), "month"),
}
_EXACT_UNITS = frozenset({"minute", "hour"})
"""Units that always have the same length; a day with a change of the clocks does not."""

_NEAR_DAYS = ("today", "tomorrow", "day after tomorrow")
_OTHER_WORDS = (
    *("next", "noon", "midnight", "am", "pm", "in", "at", "on", "of", "and", "a", "an", "after"),
    *("utc", "z", "t", "st", "nd", "rd", "th"),
)
_KNOWN_WORDS = {*_WEEKDAYS, *_MONTHS, *_UNITS, *_OTHER_WORDS, *_NEAR_DAYS}
"""The words of all formats; an error message names the first word that is none of them."""
_PAST_WORDS = frozenset({"ago", "yesterday", "last"})

_AMOUNT = re.compile(r"(\d{1,6}(?:\.\d)?|an?) ?([a-z]+)(?: and |, | |$)?", re.ASCII)
"""One part of `2 hours and 30 minutes`, with the separator after it."""
_LENGTH = re.compile(rf"\d{{1,6}}(?:\.\d)? ?(?:{'|'.join(_UNITS)})", re.ASCII)
"""`2 hours`, without the word `in`."""
_TIME_OF_DAY = r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?: ?[ap]m)?|\d{1,2} ?[ap]m|noon|midnight"
_ZONE = re.compile(
    r"(?P<rest>.*?(?::\d\d(?:\.\d+)?|[ap]m|noon|midnight)) ?(?P<zone>z|utc|[+-]\d\d:\d\d)", re.ASCII
)
"""`tomorrow 15:00 utc`."""
_DAY_THEN_CLOCK = re.compile(rf"(?:(?P<day>.+?),? )??(?:at )?(?P<clock>{_TIME_OF_DAY})", re.ASCII)
_CLOCK_THEN_DAY = re.compile(rf"(?P<clock>{_TIME_OF_DAY}),? (?P<day>.+)", re.ASCII)
_CLOCK = re.compile(r"(\d+)(?::(\d+))?(?::(\d+)(?:\.\d+)?)? ?([ap]m)?", re.ASCII)
_ISO_DATE = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})", re.ASCII)
_DAY_MONTH = re.compile(
    r"(?P<day>\d{1,2})(?:st|nd|rd|th)?(?: of)? (?P<month>[a-z]+),?(?: (?P<year>\d{4}))?", re.ASCII
)
_MONTH_DAY = re.compile(
    r"(?P<month>[a-z]+) (?P<day>\d{1,2})(?:st|nd|rd|th)?,?(?: (?P<year>\d{4}))?", re.ASCII
)
_SLASHED = re.compile(r"(?:^| )\d{1,4}(?:/\d{1,4}|\.\d{1,2}\.)", re.ASCII)
"""`4/5`, `4.5.` or `2026/3/25`."""


class StartTimeError(ValueError):
    """A text is no valid start time; the message says why, and what to type."""


def parse_start_time(text: str, now: datetime, zone: tzinfo) -> datetime:
    """Return the time that `text` means, in UTC; `zone` is that of a text that names none.

    A time of day, a weekday, or a date without a year means the next one.

    Raises:
        StartTimeError: the text is invalid or ambiguous, or its time has passed.
    """
    # `2026-03-04T15:00` becomes `2026-03-04 15:00`.
    words = re.sub(r"(?<=\d)t(?=\d)", " ", " ".join(text.lower().split()))
    if not words:
        raise StartTimeError(f"It is empty; type {EXAMPLES}.")
    if words.startswith("in "):
        moment = _relative_time(words, text, now, zone)
    else:
        typed_zone = zone
        if with_zone := _ZONE.fullmatch(words):
            words, typed_zone = with_zone["rest"].rstrip(), _zone(with_zone["zone"])
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


def _relative_time(words: str, typed: str, now: datetime, zone: tzinfo) -> datetime:
    """Parse `in 2 hours`, `in 3 days at 9am`."""
    length, _, clock = words.removeprefix("in ").partition(" at ")
    amounts: list[tuple[float, str]] = []
    position = 0
    while position < len(length):
        match = _AMOUNT.match(length, position)
        unit = _UNITS.get(match[2]) if match else None
        if match is None or unit is None:
            raise StartTimeError(_not_understood(typed))
        amount = 1.0 if match[1].startswith("a") else float(match[1])
        if unit == "month" and not amount.is_integer():
            # Months differ in length.
            raise StartTimeError(_not_understood(typed))
        amounts.append((amount, unit))
        position = match.end()
    units = {unit for _, unit in amounts}
    has_exact_unit = bool(units & _EXACT_UNITS)
    is_repeated = len(units) < len(amounts)
    if is_repeated or (clock and has_exact_unit):
        raise StartTimeError(_not_understood(typed))
    if has_exact_unit:
        start = now.astimezone(UTC).replace(tzinfo=None)
        return _check_year(_add(start, amounts, typed), start).replace(tzinfo=UTC)
    # Days and longer units keep the time of day, also if the clocks change in between.
    start = now.astimezone(zone).replace(tzinfo=None, fold=0)
    local = _check_year(_add(start, amounts, typed), start)
    if clock:
        local = datetime.combine(local.date(), _clock(clock, typed))
    return _to_utc(local, zone)


def _add(start: datetime, amounts: Sequence[tuple[float, str]], typed: str) -> datetime:
    """Return `start` plus the amounts; a day beyond the end of a month becomes its last day."""
    spans = {f"{unit}s": amount for amount, unit in amounts if unit != "month"}
    months = start.month - 1 + sum(int(amount) for amount, unit in amounts if unit == "month")
    try:
        year, month = start.year + months // 12, months % 12 + 1
        day = min(start.day, monthrange(year, month)[1])
        return start.replace(year=year, month=month, day=day) + timedelta(**spans)
    except (OverflowError, ValueError):
        raise StartTimeError(f"{quoted(typed)} is too far away.") from None


def _named_time(words: str, typed: str, now: datetime) -> datetime:
    """Parse a time of day with or without a day; `now` and the result are local and naive."""
    parts = _DAY_THEN_CLOCK.fullmatch(words) or _CLOCK_THEN_DAY.fullmatch(words)
    if parts is None:
        raise StartTimeError(_no_clock(words, typed, now))
    clock = _clock(parts["clock"], typed)
    day = (parts["day"] or "").removeprefix("on ")
    if not day:
        today = datetime.combine(now.date(), clock)
        return today if today > now else today + timedelta(days=1)
    if day in _NEAR_DAYS:
        return datetime.combine(now.date() + timedelta(days=_NEAR_DAYS.index(day)), clock)
    weekday = _WEEKDAYS.get(day.removeprefix("next "))
    if weekday is not None:
        ahead = (weekday - now.weekday() - 1) % 7 + 1
        later = datetime.combine(now.date() + timedelta(days=ahead), clock)
        sooner = later - timedelta(days=7)
        return sooner if sooner > now and not day.startswith("next ") else later
    moment = _calendar_date(day, clock, now)
    if moment is None:
        raise StartTimeError(_not_understood(typed))
    return _check_year(moment, now)


def _calendar_date(day: str, clock: time, now: datetime) -> datetime | None:
    """Return the time on a date, the next one if `day` has no year; `None` if it is no date."""
    parts = _ISO_DATE.fullmatch(day) or _DAY_MONTH.fullmatch(day) or _MONTH_DAY.fullmatch(day)
    if parts is None:
        return None
    month = int(parts["month"]) if parts["month"].isdigit() else _MONTHS.get(parts["month"])
    if month is None:
        return None
    number = int(parts["day"])
    # There may be no 29 February for eight years, as 1900 and 2100 are no leap years.
    years = [int(parts["year"])] if parts["year"] else range(now.year, now.year + 9)
    for year in years:
        try:
            moment = datetime.combine(date(year, month, number), clock)
        except ValueError:
            continue
        if moment > now or parts["year"]:
            return moment
    if not 1 <= month <= 12:
        raise StartTimeError(f"There is no month {month}; they go from 1 to 12.")
    date_text = f"{number} {month_name[month]} {parts['year'] or ''}".rstrip()
    raise StartTimeError(f"There is no {date_text}; check the day.")


def _clock(text: str, typed: str) -> time:
    if text in {"noon", "midnight"}:
        return time(12 if text == "noon" else 0)
    parts = _CLOCK.fullmatch(text)
    if parts is None:
        raise StartTimeError(_not_understood(typed))
    hour, minute, second = int(parts[1]), int(parts[2] or 0), int(parts[3] or 0)
    if parts[4]:
        if not 1 <= hour <= 12:
            raise StartTimeError(f"There is no {text}; am and pm go with 1 to 12.")
        hour = hour % 12 + (12 if parts[4] == "pm" else 0)
    try:
        return time(hour, minute, second)
    except ValueError:
        sentence = f"There is no {text}; the clock goes from 00:00 to 23:59."
        raise StartTimeError(sentence) from None


def _check_year(local: datetime, now: datetime) -> datetime:
    """Return the time; raise `StartTimeError` if its year is likely a typing error."""
    if local.year > now.year + _FARTHEST_YEARS:
        raise StartTimeError(
            f"{local.year} is more than {_FARTHEST_YEARS} years away; check the year."
        )
    return local


def _to_utc(local: datetime, zone: tzinfo) -> datetime:
    """Return the only time in UTC at which clocks in `zone` show `local`."""
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


def _no_clock(words: str, typed: str, now: datetime) -> str:
    day = words.removeprefix("on ")
    is_day = day in _NEAR_DAYS or day.removeprefix("next ") in _WEEKDAYS
    if is_day or _calendar_date(day, time(9), now):
        return f"{quoted(typed)} has no time of day; type `{safe_line(words)} 09:00`."
    return _not_understood(typed)


def _not_understood(typed: str) -> str:
    words = " ".join(typed.lower().split())
    if words in {"now", "at once", "immediately"}:
        return f"That is now; type {EXAMPLES}."
    if _SLASHED.search(words) and not words.startswith("in "):
        sentence = "is not how a date is typed here; type the date as `2030-03-04 15:00`."
        return f"{quoted(typed)} {sentence}"
    length = words.removesuffix(" from now")
    if _LENGTH.fullmatch(length):
        return f"{quoted(typed)} is a time span; did you mean `in {length}`?"
    for word in re.findall(r"[^\W\d_]+", words):
        if word in _PAST_WORDS:
            return f"{quoted(typed)} is past; type {EXAMPLES}."
        if word not in _KNOWN_WORDS:
            long_words = sorted(known for known in _KNOWN_WORDS if len(known) > 4)
            similar = get_close_matches(word, long_words, 1, 0.75)
            if similar:
                corrected = safe_line(words.replace(word, similar[0], 1))
                return f"{quoted(word)} is not understood; did you mean `{corrected}`?"
            return f"{quoted(word)} is not understood; type {EXAMPLES}."
    return f"{quoted(typed)} is understood only in part; type {EXAMPLES}."
