"""The order of the first requests of a session: spaced out until one of them has succeeded.

A Studio that is down, broken or refuses everything does not get requests for all lists at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from itertools import cycle

from studio_tui.api.client import StudioClient
from studio_tui.service.polling.backoff import wait_for

REQUEST_INTERVAL = 5.0
"""Minimum seconds between two requests until `is_over`, unless the user asks for haste."""
TURN_CHECK_INTERVAL = 0.25


class FirstRequests:
    """Decides when each poller may send its request; the poller of the visible list is first."""

    def __init__(self, *, is_over: bool = False) -> None:
        self._over = asyncio.Event()
        if is_over:
            self._over.set()
        self._first: str | None = None
        """`None` if any may be first."""
        self._has_begun = False
        self._next_turn_at: float | None = None
        """In the loop's time; `None` until a request was sent or had to wait."""

    @property
    def is_over(self) -> bool:
        """Whether all requests may be sent.

        That is so once one has succeeded, or if there was neither a success nor an outage for
        `reachability.FIRST_PATIENCE` seconds.
        """
        return self._over.is_set()

    def begin_with(self, name: str) -> None:
        """Let the request with this name be first; others wait for it for `REQUEST_INTERVAL`."""
        self._first = name

    def try_to_begin(self, name: str) -> bool:
        """Return whether the request with this name may be sent now; if so, the caller sends it."""
        if self.is_over:
            return True
        now = asyncio.get_running_loop().time()
        is_first = not self._has_begun and self._first in (None, name)
        if is_first or (self._next_turn_at is not None and now >= self._next_turn_at):
            self.take_turn()
            return True
        if self._next_turn_at is None:
            self._next_turn_at = now + REQUEST_INTERVAL
        return False

    def take_turn(self) -> None:
        """Note that a request is sent now; the next turn is `REQUEST_INTERVAL` seconds later."""
        self._has_begun = True
        self._next_turn_at = asyncio.get_running_loop().time() + REQUEST_INTERVAL

    async def wait_for_turn(self) -> None:
        """Wait for the next turn, for at most `TURN_CHECK_INTERVAL` seconds."""
        seconds = (self._next_turn_at or 0.0) - asyncio.get_running_loop().time()
        await wait_for(self._over, max(0.0, min(seconds, TURN_CHECK_INTERVAL)))

    def hurry(self) -> None:
        """Allow the next request at once, as the user asked for it."""
        if self._next_turn_at is not None:
            self._next_turn_at = asyncio.get_running_loop().time()

    def end(self) -> None:
        """Let everything be requested from now on."""
        self._over.set()


def probe_of(client: StudioClient, first: FirstRequests) -> Callable[[], Awaitable[object]]:
    """Return a function that sends one request to test whether Studio is reachable.

    At first it requests three lists in turn, since perhaps just one of them is broken, and later
    the newest job, which is cheapest.
    """
    newest_job = partial(client.jobs, limit=1)
    lists: Iterator[Callable[[], Awaitable[object]]] = cycle(
        (newest_job, partial(client.pipelines, limit=1), client.clusters)
    )

    async def probe() -> None:
        await (newest_job if first.is_over else next(lists))()

    return probe
