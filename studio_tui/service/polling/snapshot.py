"""A value from Studio with its age and the failures since, and a base class that publishes it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from studio_tui.errors import StudioError
from studio_tui.service.listeners import Listeners

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Snapshot(Generic[T]):
    """A published value, such as the latest answer to a poll, and the state of polling."""

    value: T | None = None
    """The last good answer, which is kept while later requests fail; `None` until there is one."""
    fetched_at: datetime | None = None
    """When Studio last confirmed the value; `None` if it never did."""
    due_at: datetime | None = None
    """When the value is polled next after a good answer."""
    error: StudioError | None = None
    """Why the latest request failed, or the error of an outage."""
    failing_since: datetime | None = None
    """When the first consecutive failure like `error` happened."""
    next_try_at: datetime | None = None
    stopped: bool = False
    """Whether polling is stopped until restarted, because the token was rejected."""
    is_recalled: bool = False
    """Whether the value is from an earlier run or view, and not confirmed by Studio since."""
    failure_shown_at: datetime | None = field(default=None, compare=False)
    """When the first consecutive failure of any kind was published."""

    def moment(self, now: datetime) -> datetime:
        """Return the time up to which durations are counted.

        It is `now`, unless requests fail or the value is recalled. While requests fail, a running
        job may have ended unnoticed. The time stops when the first failure is published, as it must
        not jump back to the last answer.
        """
        if self.is_recalled and self.fetched_at is not None:
            return self.fetched_at
        if self.error is None:
            return now
        return self.failure_shown_at or self.fetched_at or now


class SnapshotPublisher(Generic[T]):
    def __init__(self, name: str, snapshot: Snapshot[T]) -> None:
        self.name = name
        """Unique among the publishers of a session."""
        self.snapshot = snapshot
        self._listeners = Listeners[[Snapshot[T]]]()
        self._has_subscribers = asyncio.Event()

    def subscribe(self, listener: Callable[[Snapshot[T]], None]) -> Callable[[], None]:
        """Call `listener` with each later snapshot; return a function that unsubscribes it."""
        remove = self._listeners.add(listener)
        self._has_subscribers.set()

        def unsubscribe() -> None:
            remove()
            if not self._listeners:
                self._has_subscribers.clear()

        return unsubscribe

    def _publish(self, snapshot: Snapshot[T]) -> None:
        self.snapshot = snapshot
        self._listeners.notify(snapshot)
