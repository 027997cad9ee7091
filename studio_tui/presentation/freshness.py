"""How old what is shown is, in words: never older than it says."""

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
"""An answer that is not later than this counts as in time; the eye cannot tell."""


class Aged(Protocol):
    """What a snapshot tells of its age."""

    def moment(self, now: datetime) -> datetime:
        """Return the moment of which it is shown: the present, unless questions fail."""

    @property
    def fetched_at(self) -> datetime | None:
        """When Studio last confirmed what is shown."""

    @property
    def due_at(self) -> datetime | None:
        """When it is asked next, however often that is; `None` where nobody has said."""

    @property
    def is_recalled(self) -> bool:
        """Whether an earlier run knew it, and Studio has not answered in this one."""

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
    """Return the words of the freshness chip for one snapshot.

    It is live as long as the last answer that was due has come, whether that is each second or
    each half minute.
    """
    known = snapshot.fetched_at is not None
    old = age((now - snapshot.fetched_at).total_seconds()) if snapshot.fetched_at else ""
    if snapshot.error is None:
        if not known:
            return Cell("asking…", Tone.DIM)
        if snapshot.is_recalled:
            return Cell(f"{'just now' if old == 'now' else f'{old} old'}, asking…", Tone.WARN)
        due_at = snapshot.due_at or snapshot.fetched_at
        if due_at and now - due_at < LIVE_WITHIN:
            return Cell("● live", Tone.GOOD)
        return Cell(f"{old} old", Tone.DIM)
    stale = f"stale {old}, " if known and old != "now" else ""
    trouble = f"✗ {stale}{_trouble(snapshot.error)}"
    since = f" since {clock_time(snapshot.failing_since, now)}" if snapshot.failing_since else ""
    trying = f", {next_try(snapshot.next_try_at, now)}" if snapshot.next_try_at else ""
    return Cell(f"{trouble}{since}{trying}", Tone.BAD)


def _trouble(error: StudioError) -> str:
    """Return in few words what an error means, so that each kind of outage is told from others."""
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
