"""The order of the first requests of a session: spaced out until Studio has answered one of them.

A Studio that is down, broken or refuses everything does not get requests for all lists at once. If
only one list is refused, the next list is requested `REQUEST_INTERVAL` seconds later.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from itertools import cycle

from studio_tui.api.client import StudioClient

REQUEST_INTERVAL = 5.0
"""Minimum seconds between two requests until `is_over`, unless the user asks for haste."""
TURN_CHECK_INTERVAL = 0.25
"""Maximum seconds between two checks whether it is the turn of a request."""


class FirstRequests:
    """Decides when each poller may send its request; the poller of the visible list is first."""

    def __init__(self, *, is_over: bool = False) -> None:
        """Initialise; with `is_over`, all requests may be sent from the start."""
        self._over = asyncio.Event()
        if is_over:
            self._over.set()
        self._first: str | None = None
        """Name of the request that is sent first; `None` if any may be first."""
        self._has_begun = False
        """Whether a request was sent."""
        self._next_turn_at: float | None = None
        """When the next request may be sent, in the loop's time.

        `None` until a request was sent or had to wait.
        """

    @property
    def is_over(self) -> bool:
        """Whether all requests may be sent at any time.

        This is so once Studio has answered a request, or has not answered for a long time.
        """
        return self._over.is_set()

    def begin_with(self, name: str) -> None:
        """Send the request with this name first.

        Other requests wait for it for at most `REQUEST_INTERVAL` seconds.
        """
        self._first = name

    def try_to_begin(self, name: str) -> bool:
        """Return whether the request with this name may be sent now.

        If so, the caller sends it. Until `is_over`, the next request must then wait for
        `REQUEST_INTERVAL` seconds.
        """
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
        """Note that a request is sent, for which the next one must wait."""
        self._has_begun = True
        self._next_turn_at = asyncio.get_running_loop().time() + REQUEST_INTERVAL

    async def wait_for_turn(self) -> None:
        """Wait for the next turn or until all requests may be sent.

        Return after `TURN_CHECK_INTERVAL` seconds at the latest.
        """
        seconds = (self._next_turn_at or 0.0) - asyncio.get_running_loop().time()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, min(seconds, TURN_CHECK_INTERVAL))):
                await self._over.wait()

    def hurry(self) -> None:
        """Allow the next request at once, as the user asked for it."""
        if self._next_turn_at is not None:
            self._next_turn_at = asyncio.get_running_loop().time()

    def end(self) -> None:
        """Let everything be requested from now on."""
        self._over.set()


class Probe:
    """Tests whether Studio is reachable.

    Before `FirstRequests.is_over`, the probes request three lists in turn, since perhaps just one
    of these lists is broken. Later probes request the newest job, which is cheapest.
    """

    def __init__(self, client: StudioClient, first: FirstRequests) -> None:
        """Initialise; `first.is_over` decides which list a probe requests."""
        self._client = client
        self._first = first
        self._lists: Iterator[Callable[[], Awaitable[object]]] = cycle(
            (self._jobs, partial(client.pipelines, limit=1), client.clusters)
        )

    async def send(self) -> None:
        """Send one request.

        Raises:
            StudioError: the request failed.
        """
        await (self._jobs if self._first.is_over else next(self._lists))()

    async def _jobs(self) -> None:
        await self._client.jobs(limit=1)
