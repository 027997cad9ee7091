"""One connection to a log: its deadlines, the end of its replay, and what to do after it.

A new connection first repeats what was printed before: its replay.
"""

import asyncio
from collections.abc import Iterable
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

SILENCE = 45.0
"""Seconds without a frame after which a connection counts as dead."""
LINGER = 5.0
"""Seconds without new log text after which an ended job's connection is closed."""
STEADY_AFTER = 5.0
"""Seconds after which a connection that receives frames resets the delay of retries.

New log text resets it at once.
"""

PAUSE = 0.2
"""Seconds without a frame after which the replay of a connection is over."""
LONG = 256 * 1024
"""Characters from which a replay is long: a slow server or network can pause it for longer."""
LONG_PAUSE = 2.0
TRICKLE = 32 * 1024
"""A replay brings more characters than this in `TRICKLE_SECONDS`; fewer come live."""
TRICKLE_SECONDS = 2.0
"""Total seconds of waiting for frames."""
SILENT = 5.0
"""Seconds without a frame, before the first piece, after which there is no replay."""

_FINAL_CODES = frozenset({1008, 4401, 4403, 4404})
"""Close codes that mean a refusal: a violated policy, or 4000 plus an HTTP status."""
_TOO_LARGE = 1009
"""A message was too large for this client."""


class LogConnection:
    """The state of one connection; create it when the connection opens.

    Times are those of the event loop.
    """

    def __init__(self, *, is_all_replay: bool) -> None:
        """Initialize; with `is_all_replay` the job has ended, so that everything is replay."""
        self.server_message = ""
        self.is_replay_over = False
        """Whether bytes that arrive now come live: after a pause of the replay, or a trickle."""
        self._is_all_replay = is_all_replay
        self._steady_at = self.now + STEADY_AFTER
        self._deadline: float | None = None
        """When to close if no log text is received; `None` until the job has ended."""
        self._length: int | None = None
        """Characters received; `None` before any piece."""
        self._waited = 0.0
        self._since_waiting = 0
        """Characters received while `_waited` seconds were spent waiting, up to `TRICKLE`."""

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    @property
    def is_steady(self) -> bool:
        return self.now >= self._steady_at

    @property
    def is_lingering(self) -> bool:
        """Whether this connection has received the status of an ended job."""
        return self._deadline is not None

    @property
    def patience(self) -> float:
        """Seconds to wait for the next frame."""
        return SILENCE if self._deadline is None else max(0.0, self._deadline - self.now)

    def linger(self) -> None:
        """Set the deadline: for `LINGER` seconds, text may follow the status of an ended job."""
        self._deadline = self.now + LINGER

    def note_pause(self, seconds: float) -> None:
        """Note how many seconds passed before a frame arrived."""
        if self._length is not None:
            self._waited += seconds
        is_trickle = self._waited >= TRICKLE_SECONDS
        if (seconds > self._longest_pause or is_trickle) and not self._is_all_replay:
            self.is_replay_over = True

    @property
    def _longest_pause(self) -> float:
        if self._length is None:
            return SILENT
        return LONG_PAUSE if self._length > LONG else PAUSE

    def note_pieces(self, texts: Iterable[str]) -> None:
        if self.is_replay_over:
            return
        length = sum(map(len, texts))
        self._length = (self._length or 0) + length
        self._since_waiting += length
        if self._since_waiting > TRICKLE:
            self._waited, self._since_waiting = 0.0, 0

    def note_end(self) -> None:
        """Note that the job has ended.

        If no piece has arrived yet and the replay is not over, everything is replay.
        """
        self._is_all_replay |= self._length is None and not self.is_replay_over
        self.linger()


class AfterConnection(Enum):
    """The step after a connection has ended."""

    AGAIN = auto()
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
            return Verdict(AfterConnection.AGAIN, str(error), error.retry_after)


def verdict_of_close_code(code: int, reason: str, message: str) -> Verdict | None:
    """Return the verdict on a closed websocket; `None` if it depends on whether the job has ended.

    `message` is what Studio said before, or empty.
    """
    if message or code in _FINAL_CODES:
        return Verdict(
            AfterConnection.STOP, message or reason or f"Studio refused the connection ({code})."
        )
    return Verdict(AfterConnection.POLL) if code == _TOO_LARGE else None
