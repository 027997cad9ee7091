"""The time of day and of this machine's zone: read here alone, so that tests can set them."""

import os
import struct
import time
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from io import BytesIO

_followed: Callable[[], datetime] | None = None
"""Gives the time of a replay."""


def now() -> datetime:
    """Return the current time, aware, in UTC; in a replay that of the recording."""
    return datetime.now(UTC) if _followed is None else _followed()


def follow(source: Callable[[], datetime] | None) -> None:
    """Let the time of day be what `source` says, as in a replay; `None` for this machine's."""
    global _followed  # noqa: PLW0603 (there is one time of day)
    _followed = source


def monotonic() -> float:
    """Return seconds of a clock that never goes back, for measuring spans."""
    return time.monotonic()


def zone() -> tzinfo:
    """Return this machine's time zone, with its rules for daylight saving.

    Reads the machine's settings each time, so ask once and keep it.
    """
    # Late, because only forms need it.
    from tzlocal import reload_localzone  # noqa: PLC0415

    try:
        return reload_localzone()
    except (LookupError, ValueError, OSError):
        # A TZ of rules instead of a name, or settings that contradict each other.
        rules = os.environ.get("TZ")
        return (rules and _zone_of_rules(rules)) or now().astimezone().tzinfo or UTC


def _zone_of_rules(rules: str) -> tzinfo | None:
    """Return the zone of a TZ such as `CET-1CEST,M3.5.0,M10.5.0/3`; `None` if it is no rules.

    `zoneinfo` reads such rules only at the end of a TZif file (RFC 8536, section 3.3), so one is
    made that has nothing else.
    """
    from zoneinfo import ZoneInfo  # noqa: PLC0415 (late, for the same reason)

    # One type of local time, with a name of one byte, as a file must have at least one.
    header = struct.pack(">4sc15x6l", b"TZif", b"2", 0, 0, 0, 0, 1, 1)
    block = header + struct.pack(">lBB", 0, 0, 0) + b"\0"
    try:
        return ZoneInfo.from_file(BytesIO(block + block + f"\n{rules}\n".encode()), key=rules)
    except (ValueError, IndexError, struct.error):
        return None
