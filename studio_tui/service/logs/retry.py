"""What to do after a connection to a log has ended, and how long to leave Studio alone."""

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
"""Seconds until it is asked again for what the token may not see: permissions change."""


class Next(Enum):
    """What to do after a connection."""

    AGAIN = auto()
    DRAIN = auto()
    POLL = auto()
    STOP = auto()


class Verdict(NamedTuple):
    """What is to be done next, and why."""

    next: Next
    reason: str = ""
    at_least: float = 0.0
    """Seconds to rest before going on; after a stop, 0 is until the reader wants it."""


def refused(error: StudioError) -> Verdict:
    """Say what an error of connecting means."""
    match error:
        case AuthenticationError():
            return Verdict(Next.STOP, str(error))
        case PermissionDenied():
            return Verdict(Next.STOP, str(error), DENIED_REST)
        case NotFound() | InvalidRequest():
            return Verdict(Next.POLL)
        case _:
            return Verdict(Next.AGAIN, str(error), error.asked_rest)
