"""Timestamps in the gutter of a log, and parsing of times typed by the user."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from studio_tui.presentation.format import duration, in_zone

WIDTH = 12
"""Width of a timestamp in cells, including a blank after it."""
DATED_WIDTH = 16
"""Width of a timestamp with its date in cells, including a blank after it."""

_DAY = timedelta(days=1)
_SPAN = re.compile(r"([+-]?)\s*(\d{1,6})\s*(s|sec|m|min|h|d)")
"""A span of time. With a sign, it is counted from the current line, else back from the end."""
_UNITS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?")


class StampForm(StrEnum):
    OFF = "off"
    LOCAL = "local time"
    UTC = "UTC"
    ELAPSED = "since the start"


class GutterTimeError(Exception):
    """The typed text is not a time; the message gives examples."""


def stamp(
    moment: datetime | None,
    form: StampForm,
    *,
    zero_time: datetime | None,
    is_own: bool = True,
    dated: bool = False,
) -> str:
    """Format a time in at most `WIDTH - 1` cells, or `DATED_WIDTH - 1` if `dated`.

    Empty if the time is unknown. Elapsed time is counted from `zero_time`, has no date, and is
    empty without a `zero_time`. A time that is not the line's own (`is_own`) is that of its
    arrival, and is marked by `~`. The form must not be `OFF`.
    """
    if moment is None:
        return ""
    about = "" if is_own else "~"
    if form is StampForm.ELAPSED:
        if zero_time is None:
            return ""
        span = moment - zero_time
        sign, span = ("-" if span < timedelta(0) else "+"), abs(span)
        # With hours, more days may not fit.
        words = f"{span.days}d" if span >= 100 * _DAY else duration(span.total_seconds())
        return f"{about}{sign}{words}"
    local = in_zone(moment, UTC if form is StampForm.UTC else None)
    return f"{about}{local:%m-%d %H:%M:%S}" if dated else f"{about}{local:%H:%M:%S}"


def read_moment(
    typed: str, *, now: datetime, here: datetime | None, end: datetime | None
) -> datetime:
    """Parse a typed time, which is in the user's time zone unless it has an offset.

    `here` is the time of the current line, by default `end`; `end` is that of the last line, by
    default `now`. `14:05` is the last such time up to `end`. `10m` is ten minutes before `end`;
    `-10m` and `+10m` are ten minutes before and after `here`.

    Raises:
        GutterTimeError: not a time.
    """
    end = end or now
    if span := _SPAN.fullmatch(typed.strip().lower()):
        distance = timedelta(seconds=int(span[2]) * _UNITS[span[3]])
        reference = here or end if span[1] else end
        with suppress(OverflowError):
            return reference + distance if span[1] == "+" else reference - distance
    if clock := _CLOCK.fullmatch(typed.strip()):
        hour, minute, second = (int(part or 0) for part in clock.groups())
        if hour < 24 and minute < 60 and second < 60:
            local = end.astimezone()
            moment = local.replace(hour=hour, minute=minute, second=second, microsecond=0)
            return (moment if moment <= local else moment - _DAY).astimezone(UTC)
    try:
        moment = datetime.fromisoformat(typed.strip())
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise GutterTimeError(f"{typed} is not a time; type 14:05, 2026-11-25 14:05 or -10m.")
