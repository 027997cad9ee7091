"""The current time, which only this module reads, so that tests can set it; and the time zone."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo

_replay_time: Callable[[], datetime] | None = None
"""`None` if there is no replay."""


def now() -> datetime:
    """Return the current time, aware, in UTC; in a replay, the replayed time."""
    return datetime.now(UTC) if _replay_time is None else _replay_time()


def set_time_source(source: Callable[[], datetime] | None) -> None:
    """Set the source of the current time, for a replay; `None` for this machine's clock."""
    global _replay_time  # noqa: PLW0603 (there is one time of day)
    _replay_time = source


def monotonic() -> float:
    """Return seconds of a clock that never goes back, for measuring durations."""
    return time.monotonic()


def zone() -> tzinfo:
    """Return this machine's time zone, from its current settings.

    For a zone without a name, return its present offset, without daylight saving rules.
    """
    # Imported late, as the first screen does not need it.
    from tzlocal import reload_localzone  # noqa: PLC0415

    try:
        return reload_localzone()
    except (LookupError, ValueError, OSError):
        # TZ has rules instead of a name, or the system's settings contradict each other.
        return now().astimezone().tzinfo or UTC


def until_multiple(seconds: float) -> float:
    """Return the seconds until the monotonic clock is a multiple of `seconds`; never 0.

    Tasks that wait for the same multiple run together. After a pause the processor's caches are
    cold, so a single request takes three times as long as one that follows another.
    """
    return seconds - monotonic() % seconds
