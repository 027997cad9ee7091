"""The only place that reads the clock, so that everything else can be told the time."""

import time
from datetime import UTC, datetime, tzinfo


def now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Return seconds of a clock that never goes back, for measuring spans."""
    return time.monotonic()


def zone() -> tzinfo:
    """Return this machine's time zone, by its name where it has one: that knows its changes.

    Reads the machine's settings each time, so ask once and keep it.
    """
    # Late, because only forms need it.
    from tzlocal import reload_localzone  # noqa: PLC0415

    try:
        return reload_localzone()
    except (LookupError, ValueError, OSError):
        # A TZ of rules instead of a name, or settings that contradict each other.
        return now().astimezone().tzinfo or UTC
