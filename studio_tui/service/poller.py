"""One question put to Studio again and again: fetch, publish, rest.

A poller never overlaps itself and is never cancelled in order to be restarted. It asks only while
somebody listens, keeps the last answer when a question fails, and never gives up by itself.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from studio_tui import clock
from studio_tui.errors import (
    AuthenticationError,
    PermissionDenied,
    RateLimited,
    ServerError,
    StudioError,
)
from studio_tui.service.snapshot import Snapshot

logger = logging.getLogger(__name__)

T = TypeVar("T")
Listener = Callable[[Snapshot[T]], None]
Wait = Callable[[asyncio.Event, float], Awaitable[None]]

BACKOFF_BASE = 0.5
BACKOFF_CAP = 60.0
BREAKER_AFTER = 5
"""Failures in a row after which an outage is taken for one."""
BREAKER_REST = 5.0
"""Seconds between questions in an outage, at the least."""


async def wait_for(event: asyncio.Event, seconds: float) -> None:
    """Return when `event` is set or after `seconds`, whichever is first."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass


class Poller(Generic[T]):
    """Keeps one `Snapshot` fresh for those who listen to it.

    `fetch` puts the question and raises only `StudioError`; `rest` says from the latest answer how
    many seconds to rest before the next; `refused` hears of a token that Studio does not take.
    `run` is the loop, owned by whoever starts it.
    """

    def __init__(
        self,
        name: str,
        fetch: Callable[[], Awaitable[T]],
        rest: Callable[[T], float],
        *,
        refused: Callable[[AuthenticationError], None] = lambda _: None,
        backoff_cap: float = BACKOFF_CAP,
        now: Callable[[], datetime] = clock.now,
        wait: Wait = wait_for,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self.name = name
        self.snapshot: Snapshot[T] = Snapshot()
        self._fetch = fetch
        self._rest = rest
        self._refused = refused
        self._backoff_cap = backoff_cap
        self._now = now
        self._wait = wait
        self._jitter = jitter
        self._failures = 0
        self._listeners: list[Listener[T]] = []
        self._wanted = asyncio.Event()
        self._poked = asyncio.Event()

    def subscribe(self, listener: Listener[T]) -> Callable[[], None]:
        """Tell `listener` each snapshot from now on; return a function that ends it.

        The first listener wakes the poller; when the last has left it sleeps. A listener that
        comes to an answer already known gets it by reading `snapshot`.
        """
        if not self._listeners:
            self._wanted.set()
            if self.snapshot.error is None:
                # An outage is not asked about more often by going from screen to screen.
                self._poked.set()
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)
            if not self._listeners:
                self._wanted.clear()

        return unsubscribe

    async def first(self) -> T:
        """Return the first good answer, waiting for it as long as it takes."""
        came = asyncio.Event()
        leave = self.subscribe(lambda _: came.set())
        try:
            while self.snapshot.value is None:
                came.clear()
                await came.wait()
            return self.snapshot.value
        finally:
            leave()

    def poke(self) -> None:
        """Ask at once; when a question is under way, ask once more after it.

        What has been stopped stays so: a refused token is not tried again by itself.
        """
        if not self.snapshot.stopped:
            self._poked.set()

    def restart(self) -> None:
        """Ask at once, even if asking had been stopped: the user wants it."""
        if self.snapshot.stopped:
            self._publish(replace(self.snapshot, stopped=False))
        self._poked.set()

    def stop(self, error: StudioError) -> None:
        """Ask no more until restarted, because of `error`; what is under way is not heard."""
        if not self.snapshot.stopped:
            self._publish(
                replace(
                    self.snapshot,
                    error=error,
                    failing_since=self.snapshot.failing_since or self._now(),
                    next_try_at=None,
                    stopped=True,
                )
            )

    async def run(self) -> None:
        """Ask for ever, while somebody listens."""
        while True:
            await self._wanted.wait()
            self._poked.clear()
            if self.snapshot.stopped:
                await self._poked.wait()
                continue
            seconds = await self._ask()
            if not self.snapshot.stopped:
                await self._wait(self._poked, seconds)

    async def _ask(self) -> float:
        """Put the question once, publish what came of it, return the seconds to rest."""
        try:
            value = await self._fetch()
        except (AuthenticationError, PermissionDenied) as error:
            logger.warning("%s stopped: %s", self.name, error)
            self.stop(error)
            if isinstance(error, AuthenticationError):
                self._refused(error)
            return 0.0
        except StudioError as error:
            return 0.0 if self.snapshot.stopped else self._failed(error)
        if self.snapshot.stopped:
            return 0.0
        self._failures = 0
        self._publish(Snapshot(value=value, fetched_at=self._now()))
        return self._rest(value)

    def _failed(self, error: StudioError) -> float:
        self._failures += 1
        seconds = self._backoff(error)
        now = self._now()
        logger.warning("%s failed, next try in %.1f s: %s", self.name, seconds, error)
        self._publish(
            replace(
                self.snapshot,
                error=error,
                failing_since=self.snapshot.failing_since or now,
                next_try_at=now + timedelta(seconds=seconds),
            )
        )
        return seconds

    def _backoff(self, error: StudioError) -> float:
        """Return full jitter over a doubling span, or what Studio asked for if that is longer."""
        span = min(self._backoff_cap, BACKOFF_BASE * 2.0 ** min(self._failures, 10))
        floor = BREAKER_REST if self._failures >= BREAKER_AFTER else 0.0
        seconds = self._jitter(floor, max(span, floor))
        if isinstance(error, RateLimited | ServerError) and error.retry_after is not None:
            seconds = max(seconds, error.retry_after)
        return seconds

    def _publish(self, snapshot: Snapshot[T]) -> None:
        self.snapshot = snapshot
        for listener in tuple(self._listeners):
            listener(snapshot)
