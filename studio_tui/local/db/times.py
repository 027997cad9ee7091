"""Times as the local Studio stores and sends them: UTC, with microseconds and a Z."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo


def stamp(moment: datetime) -> str:
    """Write an aware time; stamps sort as the times do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def stamp_if_any(moment: datetime | None) -> str | None:
    """Write a time that may be missing."""
    return None if moment is None else stamp(moment)


def from_stamp(text: str) -> datetime:
    """Read what `stamp` wrote, aware and in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def time_zone(name: str) -> tzinfo | None:
    """Return the zone of that name (as in `Europe/Berlin`), `None` when this machine has none."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return None
