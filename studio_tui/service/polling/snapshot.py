"""A value from Studio, its age, and what went wrong since: an immutable state for screens.

Whatever publishes such states is a `SnapshotPublisher`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from studio_tui.errors import StudioError
from studio_tui.service.listeners import Listeners

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Snapshot(Generic[T]):
    """The latest answer to one request, and the state of polling for it."""

    value: T | None = None
    """The last good answer; `None` until there is one. Kept while later requests fail."""
    fetched_at: datetime | None = None
    """When Studio last confirmed the value; `None` until it has."""
    due_at: datetime | None = None
    """When it is polled next after a good answer; `None` if unknown."""
    error: StudioError | None = None
    """Why the latest request failed; `None` if it did not."""
    failing_since: datetime | None = None
    """When the first of the consecutive failures happened."""
    next_try_at: datetime | None = None
    """Time of the next attempt after a failure; `None` if nothing failed or there is none."""
    stopped: bool = False
    """Whether polling is stopped until restarted, because the token was rejected."""
    is_recalled: bool = False
    """Whether the value is from an earlier run, not confirmed by Studio in this one."""
    failure_shown_at: datetime | None = field(default=None, compare=False)
    """When failure was first published; `None` while requests do not fail."""

    def moment(self, now: datetime) -> datetime:
        """Return the time for which the value is shown: the present, unless requests fail.

        A job that ran when last seen may have ended since, so its duration stops at the first
        failure; it does not jump back to the last answer. A value from an earlier run is shown as
        of then.
        """
        if self.is_recalled and self.fetched_at is not None:
            return self.fetched_at
        if self.error is None:
            return now
        return self.failure_shown_at or self.fetched_at or now


class SnapshotPublisher(Generic[T]):
    """Publishes snapshots of a value to its subscribers."""

    def __init__(self, name: str, snapshot: Snapshot[T]) -> None:
        self.name = name
        """Unique among the publishers of a session."""
        self.snapshot = snapshot
        """The last published snapshot, at first the given one."""
        self._listeners = Listeners[[Snapshot[T]]]()

    def subscribe(self, listener: Callable[[Snapshot[T]], None]) -> Callable[[], None]:
        """Call `listener` with each later snapshot; return a function that unsubscribes it."""
        return self._listeners.add(listener)

    def _publish(self, snapshot: Snapshot[T]) -> None:
        self.snapshot = snapshot
        self._listeners.notify(snapshot)
