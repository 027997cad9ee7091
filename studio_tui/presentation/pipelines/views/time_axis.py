"""Time axis with labels at round steps in the user's time zone."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

_DAY = 86400
_STEPS = (
    *(1, 2, 5, 10, 15, 30),
    *(60 * minutes for minutes in (1, 2, 5, 10, 15, 30)),
    *(3600 * hours for hours in (1, 2, 3, 6, 12)),
    *(_DAY * days for days in (1, 2, 7, 14, 28)),
)
_GAP = 3
"""Minimum number of blank cells between labels."""


def axis(start: datetime, seconds: float, width: int, zone: tzinfo) -> str:
    """Return labels for `width` cells from `start` on; each starts in the cell of its time.

    Empty for times out of range, such as year 1, and for a period of many years.
    """
    step = next((s for s in _STEPS if s * width >= seconds * (_size(s) + _GAP)), None)
    line = ""
    if step is None:
        return line
    try:
        begin = start.astimezone(zone).replace(tzinfo=None)
        tick = _rounded(begin, step)
        while True:
            moment = tick.replace(tzinfo=zone).astimezone(UTC)
            is_on_clocks = moment.astimezone(zone).replace(tzinfo=None) == tick
            cell = int((moment - start).total_seconds() * width // seconds)
            label = _label(tick, step)
            if cell + len(label) > width:
                return line
            if is_on_clocks and cell >= 0 and (not line or cell > len(line)):
                line = line.ljust(cell) + label
            tick += timedelta(seconds=step)
    except (OverflowError, ValueError):
        return line


def _size(step: int) -> int:
    return len(_label(datetime.combine(date.min, time.min), step))


def _rounded(begin: datetime, step: int) -> datetime:
    """Return the last round time up to `begin`; weeks start on Monday."""
    midnight = datetime.combine(begin.date(), time.min)
    if step < _DAY:
        return midnight + (begin - midnight) // timedelta(seconds=step) * timedelta(seconds=step)
    return midnight - timedelta(days=(begin.toordinal() - 1) % (step // _DAY))


def _label(tick: datetime, step: int) -> str:
    if step < 60:
        return f"{tick:%H:%M:%S}"
    # Midnight is labelled with the date, which has five cells like a time.
    return f"{tick:%H:%M}" if step < _DAY and tick.time() != time.min else f"{tick:%m-%d}"
