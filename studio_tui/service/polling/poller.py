"""Polls Studio in a loop: fetch, publish, rest.

A poller fetches while it has subscribers and Studio is reachable. It keeps the last answer when a
request fails. A rejected token stops it until it is restarted.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from copy import copy
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from studio_tui import clock
from studio_tui.errors import AuthenticationError, PermissionDenied, StudioError
from studio_tui.service.polling.backoff import DENIED_PAUSE, Backoff, wait_for
from studio_tui.service.polling.reachability import (
    LONGEST_PAUSE,
    SHORTEST_PAUSE,
    Reachability,
    is_same_trouble,
)
from studio_tui.service.polling.snapshot import Snapshot, SnapshotPublisher

logger = logging.getLogger(__name__)

T = TypeVar("T")
Listener = Callable[[Snapshot[T]], None]
Wait = Callable[[asyncio.Event, float], Awaitable[None]]
"""Waits for an event, but not longer than some seconds."""

BACKOFF_BASE = 0.5
BACKOFF_CAP = LONGEST_PAUSE


class Poller(SnapshotPublisher[T]):
    """Polls Studio for its subscribers, in a loop `run` that the creator owns."""

    def __init__(
        self,
        name: str,
        fetch: Callable[[], Awaitable[T]],
        rest: Callable[[T], float],
        *,
        reachability: Reachability | None = None,
        backoff_cap: float = BACKOFF_CAP,
        wait: Wait = wait_for,
    ) -> None:
        """Initialize; `fetch` raises only `StudioError`.

        `rest` returns the seconds to rest after an answer.
        """
        super().__init__(name, Snapshot())
        self._fetch = fetch
        self._rest = rest
        self._reachability = reachability or Reachability()
        self._wait = wait
        self._backoff = Backoff(BACKOFF_BASE, backoff_cap, SHORTEST_PAUSE)
        self._poked = asyncio.Event()
        """Ends a rest at once."""

    def subscribe(self, listener: Listener[T]) -> Callable[[], None]:
        """Call `listener` with each snapshot from now on; return a function that unsubscribes it.

        The first listener makes the poller poll at once, unless requests fail.
        """
        # While requests fail, going from screen to screen must not add any.
        if not self._listeners and self.snapshot.error is None:
            self._poked.set()
        return super().subscribe(listener)

    def recall(self, value: T, at: datetime) -> None:
        """Publish a value that an earlier run received at time `at`, unless there is a value."""
        if self.snapshot.value is None:
            recalled = replace(self.snapshot, value=value, fetched_at=at, is_recalled=True)
            self._publish(recalled if recalled.stopped else self._with_outage(recalled))

    async def first_value(self) -> T:
        """Wait for a value, from an earlier run or from Studio."""
        return await self.value_once(lambda: True)

    async def first_answer(self) -> T:
        """Wait for an answer of Studio in this run."""
        return await self.value_once(lambda: not self.snapshot.is_recalled)

    async def value_once(self, suffices: Callable[[], bool]) -> T:
        """Return the latest value, once there is one and `suffices` returns true."""
        published = asyncio.Event()
        leave = self.subscribe(lambda _: published.set())
        try:
            while self.snapshot.value is None or not suffices():
                published.clear()
                await published.wait()
            return self.snapshot.value
        finally:
            leave()

    def poke(self) -> None:
        """Poll at once, if there are subscribers; if a request is under way, poll again after it.

        This does not end a stop, an outage, a rest that Studio asked for, or the rest after a 403.
        """
        if not self.snapshot.stopped and not self._must_rest():
            self._poked.set()

    def _must_rest(self) -> bool:
        error, end = self.snapshot.error, self.snapshot.next_try_at
        is_rest_required = isinstance(error, PermissionDenied) or bool(error and error.retry_after)
        return is_rest_required and end is not None and clock.now() < end

    def poll_soon(self) -> None:
        """Poll at once, like `poke`, unless the last request failed: there may be changes."""
        if self.snapshot.error is None:
            self.poke()

    def restart(self) -> None:
        """Poll at once, even if polling was stopped; called at the user's request."""
        if self.snapshot.stopped:
            self._publish(replace(self.snapshot, stopped=False))
        self._poked.set()

    def stop(self, error: StudioError) -> None:
        """Stop polling until restarted; the answer to a request that is under way is ignored."""
        if not self.snapshot.stopped:
            self._publish(
                replace(
                    self.snapshot,
                    error=error,
                    failing_since=self._failing_since(error, clock.now()),
                    next_try_at=None,
                    stopped=True,
                )
            )

    async def run(self) -> None:
        """Poll while there are subscribers and Studio is reachable, until canceled."""
        leave = self._reachability.subscribe(self._on_outage_change)
        try:
            while True:
                await self._has_subscribers.wait()
                self._poked.clear()
                if self.snapshot.stopped:
                    await self._poked.wait()
                elif not self._reachability.may_request(self.name):
                    await self._reachability.wait()
                else:
                    seconds = await self._request()
                    if not self.snapshot.stopped:
                        await self._wait(self._poked, seconds)
        finally:
            leave()

    async def _request(self) -> float:
        """Send the request once, publish the outcome and return the seconds to rest."""
        try:
            with self._reachability.asking(counts=not self._backoff.failures):
                value = await self._fetch()
        except AuthenticationError as error:
            logger.warning("%s stopped: %s", self.name, error)
            self.stop(error)
            self._reachability.on_refused(error)
            return 0.0
        except StudioError as error:
            return 0.0 if self.snapshot.stopped else self._note_failure(error)
        if self.snapshot.stopped:
            return 0.0
        self._backoff.reset()
        seconds, now = self._rest(value), clock.now()
        due_at = now + timedelta(seconds=seconds)
        self._publish(self._with_outage(Snapshot(value=value, fetched_at=now, due_at=due_at)))
        return seconds

    def _note_failure(self, error: StudioError) -> float:
        """Publish a failure; return the seconds to rest: 0 in an outage, whose end `run` awaits."""
        is_denied = isinstance(error, PermissionDenied)
        seconds = DENIED_PAUSE if is_denied else max(self._backoff.add_failure(), error.retry_after)
        now = clock.now()
        logger.warning("%s failed, next try in %.1f s: %s", self.name, seconds, error)
        failed = replace(
            self.snapshot,
            error=error,
            failing_since=self._failing_since(error, now),
            next_try_at=now + timedelta(seconds=seconds),
        )
        self._publish(self._with_outage(failed))
        return 0.0 if self._reachability.outage is not None else seconds

    def _on_outage_change(self) -> None:
        if self.snapshot.stopped:
            return
        if self._reachability.outage is not None:
            self._publish(self._with_outage(self.snapshot))
            return
        if self.snapshot.error is not None:
            self._publish(replace(self.snapshot, next_try_at=clock.now()))
        self._poked.set()

    def _with_outage(self, snapshot: Snapshot[T]) -> Snapshot[T]:
        outage = self._reachability.outage
        if outage is None:
            return snapshot
        return replace(
            snapshot,
            error=outage.error,
            failing_since=min(outage.since, self._failing_since(outage.error, outage.since)),
            next_try_at=outage.next_try_at,
        )

    def _failing_since(self, error: StudioError, otherwise: datetime) -> datetime:
        """Return since when requests fail like `error`; `otherwise` if the last one did not."""
        last = self.snapshot
        if last.failing_since is not None and is_same_trouble(error, last.error):
            return last.failing_since
        return otherwise

    def publish_again(self) -> None:
        """Publish a copy of the value, so that listeners update what they derive from it."""
        if self.snapshot.value is not None:
            self._publish(replace(self.snapshot, value=copy(self.snapshot.value)))

    def _publish(self, snapshot: Snapshot[T]) -> None:
        failure_shown_at = (
            (self.snapshot.failure_shown_at or clock.now()) if snapshot.error else None
        )
        if failure_shown_at != snapshot.failure_shown_at:
            snapshot = replace(snapshot, failure_shown_at=failure_shown_at)
        super()._publish(snapshot)
