"""Numbers and times in words as short as they can be and still be true."""

import math
import re
from datetime import datetime, timedelta

UNKNOWN = "–"
"""Stands where Studio did not say."""

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR

_LONG_ID = re.compile(r"\b([0-9a-f]{8})(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


def seconds_between(start: datetime | None, end: datetime | None) -> float | None:
    """Return the seconds from `start` to `end`, never negative; `None` when either is unknown.

    Clocks of two machines may differ, so a span that seems negative is shown as none at all.
    """
    if start is None or end is None:
        return None
    return max(0.0, (end - start).total_seconds())


def duration(seconds: float | None) -> str:
    """Return a span as a clock would show it: `0:07`, `12:05`, `3:04:09`, `2d 03:04`."""
    if seconds is None:
        return UNKNOWN
    whole = int(seconds)
    hours, minutes, rest = whole // _HOUR, whole // _MINUTE % _MINUTE, whole % _MINUTE
    if hours >= 100:
        return f"{hours // 24}d {hours % 24:02}:{minutes:02}"
    if hours:
        return f"{hours}:{minutes:02}:{rest:02}"
    return f"{minutes}:{rest:02}"


def age(seconds: float | None) -> str:
    """Return how long ago, in one unit: `now`, `42s`, `12m`, `5h`, `3d`, `2y`."""
    if seconds is None:
        return UNKNOWN
    if seconds < 1:
        return "now"
    for limit, unit, letter in (
        (_MINUTE, 1, "s"),
        (_HOUR, _MINUTE, "m"),
        (2 * _DAY, _HOUR, "h"),
        (730 * _DAY, _DAY, "d"),
    ):
        if seconds < limit:
            return f"{int(seconds // unit)}{letter}"
    return f"{int(seconds // (365 * _DAY))}y"


def next_try(moment: datetime, now: datetime) -> str:
    """Return `next try 8s`, rounded up so that nothing is tried before it says so; `trying…`."""
    left = math.ceil((moment - now).total_seconds())
    if left <= 0:
        return "trying…"
    return f"next try {left}s" if left < 2 * _MINUTE else f"next try {math.ceil(left / _MINUTE)}m"


def local_time(moment: datetime | None) -> str:
    """Return a moment in the reader's own zone, to the second, with the zone's name."""
    if moment is None:
        return UNKNOWN
    try:
        return f"{moment.astimezone():%Y-%m-%d %H:%M:%S %Z}"
    except (OverflowError, ValueError):
        # Year 1 and 9999 have no local time in every zone.
        return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def clock_time(moment: datetime, now: datetime) -> str:
    """Return `14:05`, with the date before it when it is not today in the reader's zone."""
    local = moment.astimezone()
    form = "%H:%M" if local.date() == now.astimezone().date() else "%Y-%m-%d %H:%M"
    return local.strftime(form)


def size(count: int) -> str:
    """Return bytes in the largest binary unit that gives a number of at least one."""
    amount = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{int(amount)} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


def with_short_ids(text: str) -> str:
    """Return text in which long ids are cut to what lists show of them."""
    return _LONG_ID.sub(r"\1", text)


def plural(count: int, noun: str) -> str:
    """Return `1 job`, `2,000 jobs`."""
    return f"{count} {noun}" if count == 1 else f"{count:,} {noun}s"


def ago(delta: timedelta) -> str:
    """Return `3s ago`; `now` for less than a second."""
    words = age(delta.total_seconds())
    return words if words == "now" else f"{words} ago"
