"""The current time and time zone; read only here, so that tests can set them."""

import os
import struct
import time
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from io import BytesIO

_followed: Callable[[], datetime] | None = None
"""Returns the time of a replay."""


def now() -> datetime:
    """Return the current time, aware, in UTC; in a replay, that of the recording."""
    return datetime.now(UTC) if _followed is None else _followed()


def follow(source: Callable[[], datetime] | None) -> None:
    """Set the source of the current time, for a replay; `None` for this machine's clock."""
    global _followed  # noqa: PLW0603 (there is one time of day)
    _followed = source


def monotonic() -> float:
    """Return seconds of a clock that never goes back, for measuring durations."""
    return time.monotonic()


def zone() -> tzinfo:
    """Return this machine's time zone, with its daylight saving rules.

    Reads system settings each time, so call it once and keep the result.
    """
    # imported late, because only forms need it
    from tzlocal import reload_localzone  # noqa: PLC0415

    try:
        return reload_localzone()
    except (LookupError, ValueError, OSError):
        # TZ has rules instead of a name, or settings are inconsistent.
        rules = os.environ.get("TZ")
        return (rules and _zone_of_rules(rules)) or now().astimezone().tzinfo or UTC


def _zone_of_rules(rules: str) -> tzinfo | None:
    """Return the zone of a TZ such as `CET-1CEST,M3.5.0,M10.5.0/3`; `None` if it has no rules.

    `zoneinfo` reads such rules only at the end of a TZif file (RFC 8536, section 3.3), so a minimal
    file is created in memory.
    """
    from zoneinfo import ZoneInfo  # noqa: PLC0415 (late, for the same reason)

    # One local time type with a one-byte name, the minimum in a file.
    header = struct.pack(">4sc15x6l", b"TZif", b"2", 0, 0, 0, 0, 1, 1)
    block = header + struct.pack(">lBB", 0, 0, 0) + b"\0"
    try:
        return ZoneInfo.from_file(BytesIO(block + block + f"\n{rules}\n".encode()), key=rules)
    except (ValueError, IndexError, struct.error):
        return None


def until_multiple(seconds: float) -> float:
    """Return the seconds until the monotonic clock is a multiple of `seconds`; never 0.

    Everything done at multiples is done together. After a wake-up the processor's caches are
    cold, so a single request costs three times as much as one that follows another.
    """
    return seconds - monotonic() % seconds
