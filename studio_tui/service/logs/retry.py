"""The step after a connection to a log has ended, and the time to wait before it."""

from enum import Enum, auto
from typing import NamedTuple

from studio_tui.errors import (
    AuthenticationError,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    StudioError,
)

DENIED_REST = 300.0
"""Seconds until something that the token may not read is requested again: permissions change."""


_FINAL_CODES = frozenset({1008, 4401, 4403, 4404})
_TOO_LARGE = 1009


class Next(Enum):
    """A step after a connection."""

    AGAIN = auto()
    DRAIN = auto()
    POLL = auto()
    STOP = auto()


class Verdict(NamedTuple):
    """The next step, and the reason for it."""

    next: Next
    reason: str = ""
    at_least: float = 0.0
    """Seconds to rest before continuing; for STOP, 0 means until the user retries."""


def refused(error: StudioError) -> Verdict:
    """Return the verdict for an error of connecting."""
    match error:
        case AuthenticationError():
            return Verdict(Next.STOP, str(error))
        case PermissionDenied():
            return Verdict(Next.STOP, str(error), DENIED_REST)
        case NotFound() | InvalidRequest():
            return Verdict(Next.POLL)
        case _:
            return Verdict(Next.AGAIN, str(error), error.asked_rest)


def closed(code: int, reason: str, message: str) -> Verdict | None:
    """Return the verdict for a code with which Studio closed a connection, after a `message`.

    `None` if it depends on whether the job has ended.
    """
    if message or code in _FINAL_CODES:
        return Verdict(Next.STOP, message or reason or f"Studio refused the connection ({code}).")
    return Verdict(Next.POLL) if code == _TOO_LARGE else None
