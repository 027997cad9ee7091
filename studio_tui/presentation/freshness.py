"""How old what is shown is, in words: never older than it says."""

from datetime import datetime, timedelta
from typing import Protocol

from studio_tui.errors import AuthenticationError, PermissionDenied, StudioError
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.format import age, clock_time

LIVE_WITHIN = timedelta(seconds=3)
"""Younger than this counts as live; the eye cannot tell."""


class Aged(Protocol):
    """What a snapshot tells of its age."""

    @property
    def fetched_at(self) -> datetime | None:
        """When Studio last confirmed what is shown."""

    @property
    def error(self) -> StudioError | None:
        """Why the latest question failed."""

    @property
    def failing_since(self) -> datetime | None:
        """When the failures in a row began."""

    @property
    def next_try_at(self) -> datetime | None:
        """When it is asked again after a failure."""


def freshness(snapshot: Aged, now: datetime) -> Cell:
    """Return the words of the freshness chip for one snapshot."""
    known = snapshot.fetched_at is not None
    old = age((now - snapshot.fetched_at).total_seconds()) if snapshot.fetched_at else ""
    if snapshot.error is None:
        if not known:
            return Cell("asking…", Tone.DIM)
        if snapshot.fetched_at and now - snapshot.fetched_at < LIVE_WITHIN:
            return Cell("● live", Tone.GOOD)
        return Cell(f"{old} old", Tone.DIM)
    if isinstance(snapshot.error, AuthenticationError):
        return Cell("✗ token refused", Tone.BAD)
    if isinstance(snapshot.error, PermissionDenied):
        return Cell("✗ not allowed", Tone.BAD)
    since = clock_time(snapshot.failing_since, now) if snapshot.failing_since else ""
    stale = f"stale {old}, " if known and old != "now" else ""
    if snapshot.next_try_at is None:
        return Cell(f"✗ {stale}offline since {since}", Tone.BAD)
    left = max(0, round((snapshot.next_try_at - now).total_seconds()))
    trying = f"next try {left}s" if left else "trying…"
    return Cell(f"✗ {stale}offline since {since}, {trying}", Tone.BAD)
