"""Times as the local Studio stores and sends them: UTC, with microseconds and a Z."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo


def stamp(moment: datetime) -> str:
    """Return an aware time as text; such stamps sort in the order of the times."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def stamp_if_any(moment: datetime | None) -> str | None:
    """Return the stamp of a time, if there is one."""
    return None if moment is None else stamp(moment)


def from_stamp(text: str) -> datetime:
    """Parse a time written by `stamp`; it is aware and in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def time_zone(name: str) -> tzinfo | None:
    """Return the time zone with a name such as `Europe/Berlin`, if this machine has it."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return None
