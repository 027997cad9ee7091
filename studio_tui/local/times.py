"""Times as the local Studio stores and sends them: UTC, with microseconds and a Z."""

from datetime import UTC, datetime


def stamp(moment: datetime) -> str:
    """Write an aware time; stamps sort as the times do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def stamp_if_any(moment: datetime | None) -> str | None:
    """Write a time that may be missing."""
    return None if moment is None else stamp(moment)
