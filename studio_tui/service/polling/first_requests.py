"""The order of the first requests of a session: one at a time until Studio has answered one.

It sends nothing itself. A Studio that is down, broken or refuses everything does not
get requests for all lists at once; after the refusal of a single list, the next one follows soon.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from itertools import cycle

from studio_tui.api.client import StudioClient

REQUEST_INTERVAL = 5.0
"""Minimum seconds between two requests until Studio has answered one."""
SIGN_REST = 0.25
"""Seconds between two checks for the end of a wait."""


class FirstRequests:
    """Gives turns to pollers; that of the visible list is first."""

    def __init__(self, *, is_over: bool = False) -> None:
        """Initialise; `is_over` for a session in which all may ask from the start."""
        self._over = asyncio.Event()
        if is_over:
            self._over.set()
        self._first: str | None = None
        """Name of the request that is sent first; `None` if it does not matter."""
        self._has_begun = False
        """Whether a request was sent."""
        self._free_at: float | None = None
        """When the next turn begins, in the loop's time; `None` before one was requested."""

    @property
    def is_over(self) -> bool:
        """Whether everything may be requested, as Studio has answered a request."""
        return self._over.is_set()

    def begin_with(self, question: str) -> None:
        """Send this request first, if it comes within `REQUEST_INTERVAL` seconds of the others."""
        self._first = question

    def may_ask(self, question: str) -> bool:
        """Return whether this request may be sent now; if so, that was its turn."""
        if self.is_over:
            return True
        now = asyncio.get_running_loop().time()
        is_first = not self._has_begun and self._first in (None, question)
        if is_first or (self._free_at is not None and now >= self._free_at):
            self.take_turn()
            return True
        if self._free_at is None:
            self._free_at = now + REQUEST_INTERVAL
        return False

    def take_turn(self) -> None:
        """Begin a turn, as a request is sent."""
        self._has_begun = True
        self._free_at = asyncio.get_running_loop().time() + REQUEST_INTERVAL

    async def turn(self) -> None:
        """Return once it is worth calling `may_ask` again."""
        left = (self._free_at or 0.0) - asyncio.get_running_loop().time()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, min(left, SIGN_REST))):
                await self._over.wait()

    def hurry(self) -> None:
        """Begin the next turn at once; the user asked for it."""
        if self._free_at is not None:
            self._free_at = asyncio.get_running_loop().time()

    def end(self) -> None:
        """Let everything be requested from now on."""
        self._over.set()


class Probe:
    """The cheapest request there is; until Studio has answered, of each list in turn.

    A single list may be broken, and the others would never be requested.
    """

    def __init__(self, client: StudioClient, first: FirstRequests) -> None:
        """Initialise; `first` says whether Studio has answered."""
        self._client = client
        self._first = first
        self._lists: Iterator[Callable[[], Awaitable[object]]] = cycle(
            (self._jobs, partial(client.pipelines, limit=1), client.clusters)
        )

    async def send(self) -> None:
        """Send the request.

        Raises:
            StudioError: it failed.
        """
        await (self._jobs if self._first.is_over else next(self._lists))()

    async def _jobs(self) -> None:
        await self._client.jobs(limit=1)
