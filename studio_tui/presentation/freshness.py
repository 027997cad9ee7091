"""The age of the data on screen, and why it is not updated; and the time bar of a replay."""

from datetime import datetime, timedelta
from typing import Protocol

from studio_tui.errors import (
    AuthenticationError,
    PermissionDenied,
    ProtocolError,
    RateLimited,
    RequestTimedOut,
    ServerError,
    StatusError,
    StudioError,
    TransportError,
)
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.format import age, clock_time, next_try

LIVE_WITHIN = timedelta(seconds=3)
"""An answer overdue by less than this still counts as live."""


class HasAge(Protocol):
    """The part of a snapshot that the indicator needs."""

    @property
    def fetched_at(self) -> datetime | None:
        """When Studio last confirmed the data."""

    @property
    def due_at(self) -> datetime | None:
        """When the next poll is due; `None` if unknown."""

    @property
    def is_recalled(self) -> bool:
        """Whether the data was loaded from disk and Studio has not answered in this session."""

    @property
    def error(self) -> StudioError | None:
        """The error of the latest poll; `None` if it succeeded."""

    @property
    def failing_since(self) -> datetime | None:
        """When the first of the consecutive failures happened; `None` without failures."""

    @property
    def next_try_at(self) -> datetime | None:
        """When the next retry after a failure is due; `None` without one."""


def freshness(snapshot: HasAge, now: datetime, remedy: str = "") -> Cell:
    """Return the freshness indicator of a snapshot.

    Data is live until the next answer is overdue, however long the interval between polls is. After
    a failure, the indicator shows the kind of outage and the next try, or instead of them the
    `remedy`: what the user has to do.
    """
    data_age = age((now - snapshot.fetched_at).total_seconds()) if snapshot.fetched_at else ""
    if snapshot.error is None:
        if snapshot.fetched_at is None:
            return Cell("loading…", Tone.DIM)
        if snapshot.is_recalled:
            recorded = "just now" if data_age == "now" else f"{data_age} old"
            return Cell(f"{recorded}, updating…", Tone.WARN)
        if now - (snapshot.due_at or snapshot.fetched_at) < LIVE_WITHIN:
            return Cell("● live", Tone.GOOD)
        return Cell(f"{data_age} old", Tone.DIM)
    stale = f"stale {data_age}, " if data_age not in {"", "now"} else ""
    if remedy:
        return Cell(f"✗ {stale}{remedy}", Tone.BAD)
    trouble = f"✗ {stale}{outage_words(snapshot.error)}"
    since = f" since {clock_time(snapshot.failing_since, now)}" if snapshot.failing_since else ""
    trying = f", {next_try(snapshot.next_try_at, now)}" if snapshot.next_try_at else ""
    return Cell(f"{trouble}{since}{trying}", Tone.BAD)


def outage_words(error: StudioError) -> str:
    """Describe an error in a few words, different for each kind of outage."""
    match error:
        case AuthenticationError():
            return "token refused"
        case PermissionDenied():
            return "not allowed"
        case RateLimited():
            return "too many requests"
        case ServerError():
            return f"server error {error.status}"
        case StatusError():
            return f"refused with {error.status}"
        case ProtocolError():
            return "unreadable answer"
        case RequestTimedOut():
            return "no answer"
        case TransportError() if error.brief:
            return error.brief
        case _:
            return "offline"


_BAR_WIDTH = 12
"""Cells of the time bar."""


def time_bar(now: datetime, share: float, speed: float, *, runs: bool) -> Cell:
    """Return the time bar of a replay, whose time is `now`.

    `share` of the recording has been played, from 0 to 1; `speed` is in recorded seconds per
    second.
    """
    played = round(max(0.0, min(1.0, share)) * _BAR_WIDTH)
    sign = ("■" if share >= 1 else "▶") if runs else "‖"
    bar = "█" * played + "░" * (_BAR_WIDTH - played)
    time = now.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return Cell(f"{sign} replay {time} ▕{bar}▏ {speed:g}x", Tone.WARN)
