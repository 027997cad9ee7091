"""The states of the connections to Studio and to the logs of jobs."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from studio_tui.errors import StudioError


@dataclass(frozen=True, slots=True)
class Outage:
    """A period in which Studio cannot be reached."""

    error: StudioError
    since: datetime
    """When the first request failed in this way."""
    next_try_at: datetime
    """When the next probe is sent; not later than now while a probe is under way."""


class FollowPhase(StrEnum):
    """The phase of following a log."""

    CONNECTING = "connecting"
    """Nothing has arrived yet, or a log that was refused is requested again."""
    FOLLOWING = "following"
    RECONNECTING = "reconnecting"
    COMPLETE = "complete"
    """The job has ended. What was received is the whole log, unless `TailState.reason` is set."""
    STOPPED = "stopped"
    """Studio refused the log, or writing to the disk failed; some refusals are retried later."""


@dataclass(frozen=True, slots=True)
class TailState:
    """The state of a log, as a header shows it."""

    phase: FollowPhase
    since: datetime
    """When the phase began."""
    next_try: datetime | None = None
    reason: str = ""
    """Why following failed or stopped, or why the log may be incomplete; safe to draw."""
    status: str | None = None
    """The job's latest status, upper-case and safe to draw."""
    lines: int = 0
    size: int = 0
    kept_since: datetime | None = None
    """When the whole log was stored here; `None` if it was not, or is being requested again."""
    received_at: datetime | None = None
    """When Studio last sent anything, even an unchanged log; `None` unless FOLLOWING."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more is received: the log is complete, or following it has stopped."""
        return self.phase in {FollowPhase.COMPLETE, FollowPhase.STOPPED}
