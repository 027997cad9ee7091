"""A value from Studio with its age and the failures since, and a base class that publishes it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from studio_tui.errors import StudioError
from studio_tui.service.listeners import Listeners

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Snapshot(Generic[T]):
    """A published value, such as the latest answer to a poll, and the state of polling.

    Values that are not from Studio, such as the progress of batches, have no times and no errors.
    """

    value: T | None = None
    """The last good answer, which is kept while later requests fail; `None` until there is one."""
    fetched_at: datetime | None = None
    """When Studio last confirmed the value; `None` if it never did."""
    due_at: datetime | None = None
    """When the value is polled next after the last good answer; `None` if unknown."""
    error: StudioError | None = None
    """Why the latest request failed, or the error of an outage; `None` if there is neither."""
    failing_since: datetime | None = None
    """When the first consecutive failure like `error` happened; `None` while requests succeed."""
    next_try_at: datetime | None = None
    """Time of the next attempt after a failure; `None` if nothing failed or there is none."""
    stopped: bool = False
    """Whether polling is stopped until restarted, because the token was rejected."""
    is_recalled: bool = False
    """Whether the value is from an earlier run, not confirmed by Studio in this one."""
    failure_shown_at: datetime | None = field(default=None, compare=False)
    """When the first consecutive failure of any kind was published; `None` without a failure."""

    def moment(self, now: datetime) -> datetime:
        """Return the time up to which durations are shown: the present, unless requests fail.

        While requests fail, a running job may have ended unnoticed. The duration shown stops when
        the first failure is published; it does not jump back to the time of the last answer. For a
        value from an earlier run, it is the time of its last answer.
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
        """The last published snapshot; before any is published, the one passed to `__init__`."""
        self._listeners = Listeners[[Snapshot[T]]]()

    def subscribe(self, listener: Callable[[Snapshot[T]], None]) -> Callable[[], None]:
        """Call `listener` with each later snapshot; return a function that unsubscribes it."""
        return self._listeners.add(listener)

    def _publish(self, snapshot: Snapshot[T]) -> None:
        self.snapshot = snapshot
        self._listeners.notify(snapshot)
