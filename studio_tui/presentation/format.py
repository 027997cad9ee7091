"""Short formats of numbers and times."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, tzinfo

UNKNOWN = "–"

SHORT_ID = 8
"""Number of characters of an id that are shown where there is no room for the whole id."""

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_AGES = (
    (_MINUTE, 1, "s"),
    (_HOUR, _MINUTE, "m"),
    (2 * _DAY, _HOUR, "h"),
    (730 * _DAY, _DAY, "d"),
)
"""For each unit: the age below which it is used and its length, both in seconds, and its letter."""

_LONG_ID = re.compile(r"\b([0-9a-f]{8})(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


def seconds_between(start: datetime | None, end: datetime | None) -> float | None:
    """Return the seconds between two times; `None` if either is unknown.

    Clocks of two machines may differ, so a negative duration becomes 0.
    """
    if start is None or end is None:
        return None
    return max(0.0, (end - start).total_seconds())


def duration(seconds: float | None) -> str:
    """Format a duration like a clock: `0:07`, `12:05`, `3:04:09`, `12d 03:04`."""
    if seconds is None:
        return UNKNOWN
    whole = int(seconds)
    hours, minutes, remainder = whole // _HOUR, whole // _MINUTE % _MINUTE, whole % _MINUTE
    if hours >= 100:
        return f"{hours // 24}d {hours % 24:02}:{minutes:02}"
    if hours:
        return f"{hours}:{minutes:02}:{remainder:02}"
    return f"{minutes}:{remainder:02}"


def shorter_durations(seconds: float) -> tuple[str, ...]:
    """Return a duration for narrow cells, rounded down: `10h 05m`, `10h`, or `12d 3h`, `12d`.

    Empty for less than an hour, as the result of `duration` is short enough.
    """
    hours, minutes = int(seconds) // _HOUR, int(seconds) // _MINUTE % _MINUTE
    if hours >= 100:
        return f"{hours // 24}d {hours % 24}h", f"{hours // 24}d"
    return (f"{hours}h {minutes:02}m", f"{hours}h") if hours else ()


def age(seconds: float | None) -> str:
    """Format an age in one unit: `now`, `42s`, `12m`, `5h`, `3d`, `2y`."""
    if seconds is None:
        return UNKNOWN
    if seconds < 1:
        return "now"
    for limit, unit, letter in _AGES:
        if seconds < limit:
            return f"{int(seconds // unit)}{letter}"
    return f"{int(seconds // (365 * _DAY))}y"


def ago(moment: datetime | None, now: datetime) -> str:
    """Format the age of a moment as `5m ago` or `now`."""
    text = age(seconds_between(moment, now))
    return text if text in {"now", UNKNOWN} else f"{text} ago"


def next_try(moment: datetime, now: datetime) -> str:
    """Format the time until a retry as `next try 8s`, rounded up; `trying…` if it is due."""
    left = math.ceil((moment - now).total_seconds())
    if left <= 0:
        return "trying…"
    return f"next try {left}s" if left < 2 * _MINUTE else f"next try {math.ceil(left / _MINUTE)}m"


def in_zone(moment: datetime, zone: tzinfo | None = None) -> datetime:
    """Return a time in a zone, by default the user's; unchanged if its year there is 0 or 10000."""
    try:
        return moment.astimezone(zone)
    except (OverflowError, ValueError):
        return moment


def local_time(moment: datetime | None) -> str:
    """Format a time in the user's time zone, to the second, with the zone's name."""
    return UNKNOWN if moment is None else f"{in_zone(moment):%Y-%m-%d %H:%M:%S %Z}"


def clock_time(moment: datetime, now: datetime, *, seconds: bool = False) -> str:
    """Format a time as `14:05`, or with `seconds` `14:05:30`, in the user's time zone.

    The date is added if the time is not on the same day as `now`.
    """
    local = moment.astimezone()
    date = "" if local.date() == now.astimezone().date() else "%Y-%m-%d "
    return local.strftime(f"{date}%H:%M{':%S' if seconds else ''}")


def size(count: int) -> str:
    """Format a number of bytes in a binary unit: `512 B`, `1.5 KiB`, `2.0 GiB`."""
    amount = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{int(amount)} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


def with_short_ids(text: str) -> str:
    """Shorten all long ids in a text to the length shown in lists."""
    return _LONG_ID.sub(r"\1", text)


def plural(count: int, noun: str) -> str:
    """Format a count with its noun: `1 job`, `2,000 jobs`."""
    return f"{count} {noun}" if count == 1 else f"{count:,} {noun}s"


def join_names(names: Sequence[str], most: int = 3) -> str:
    """Join names as `a, 2 × b, c and 4 more`, with at most `most` different ones."""
    counts = Counter(names)  # in the order of their first occurrences
    first = [f"{count:,} × {name}" if count > 1 else name for name, count in counts.items()][:most]
    shown, more = ", ".join(first), sum([*counts.values()][most:])
    return f"{shown} and {more:,} more" if more > 0 else shown
