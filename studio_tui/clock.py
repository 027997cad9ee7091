"""The current time, which only this module reads, so that tests can set it; and the time zone."""

import os
import struct
import time
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from io import BytesIO

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

    It has daylight saving rules if they can be found.
    """
    # Imported late, as the first screen does not need it.
    from tzlocal import reload_localzone  # noqa: PLC0415

    try:
        return reload_localzone()
    except (LookupError, ValueError, OSError):
        # TZ has rules instead of a name, or the system's settings contradict each other.
        rules = os.environ.get("TZ")
        return (rules and _zone_of_rules(rules)) or now().astimezone().tzinfo or UTC


def _zone_of_rules(rules: str) -> tzinfo | None:
    """Return the zone of a TZ such as `CET-1CEST,M3.5.0,M10.5.0/3`; `None` in any other form.

    `zoneinfo` reads such rules only at the end of a TZif file (RFC 8536, section 3.3), so a minimal
    file is created in memory.
    """
    from zoneinfo import ZoneInfo  # noqa: PLC0415 (see `zone`)

    # A file has at least one local time type, which has a name of at least one byte.
    header = struct.pack(">4sc15x6l", b"TZif", b"2", 0, 0, 0, 0, 1, 1)
    block = header + struct.pack(">lBB", 0, 0, 0) + b"\0"
    try:
        return ZoneInfo.from_file(BytesIO(block + block + f"\n{rules}\n".encode()), key=rules)
    except (ValueError, IndexError, struct.error):
        return None


def until_multiple(seconds: float) -> float:
    """Return the seconds until the monotonic clock is a multiple of `seconds`; never 0.

    Tasks that wait for the same multiple run together. After a pause the processor's caches are
    cold, so a single request takes three times as long as one that follows another.
    """
    return seconds - monotonic() % seconds
