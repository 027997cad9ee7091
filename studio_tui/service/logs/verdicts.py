"""What to do after a connection to a log has ended."""

from enum import Enum, auto
from typing import NamedTuple

from studio_tui.errors import (
    AuthenticationError,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    StudioError,
)
from studio_tui.service.polling.backoff import DENIED_PAUSE

_FINAL_CODES = frozenset({1008, 4401, 4403, 4404})
"""Codes of closed websockets that mean a refusal: a violated policy, or 4000 plus a status."""
_TOO_LARGE = 1009
"""A message was too large for this client."""


class AfterConnection(Enum):
    """The step after a connection has ended."""

    AGAIN = auto()
    """Connect again."""
    DRAIN = auto()
    """The job has ended: read the remaining log by REST."""
    POLL = auto()
    """Read the log by REST until the job has ended, without another connection."""
    STOP = auto()
    """Request nothing until the user retries, or until the time in the verdict."""


class Verdict(NamedTuple):
    """The next step, and the reason for it."""

    next: AfterConnection
    reason: str = ""
    """A sentence for the user; may be empty."""
    at_least: float = 0.0
    """Minimum seconds to rest before the next step; for STOP, 0 means until the user retries."""


def verdict_of_error(error: StudioError) -> Verdict:
    """Return the verdict for an error while connecting or receiving."""
    match error:
        case AuthenticationError():
            return Verdict(AfterConnection.STOP, str(error))
        case PermissionDenied():
            return Verdict(AfterConnection.STOP, str(error), DENIED_PAUSE)
        case NotFound() | InvalidRequest():
            return Verdict(AfterConnection.POLL)
        case _:
            return Verdict(AfterConnection.AGAIN, str(error), error.requested_delay)


def verdict_of_close_code(code: int, reason: str, message: str) -> Verdict | None:
    """Return the verdict on a closed websocket; `None` if it depends on whether the job has ended.

    `message` is what Studio said before, or empty.
    """
    if message or code in _FINAL_CODES:
        return Verdict(
            AfterConnection.STOP, message or reason or f"Studio refused the connection ({code})."
        )
    return Verdict(AfterConnection.POLL) if code == _TOO_LARGE else None
