"""Repeats a request whenever jobs have ended, with a rest in between."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from studio_tui.api.models import Job

REST = 5.0
"""Seconds between two requests."""


class EndedJobs:
    """Tracks which jobs have ended, and calls back when more have."""

    def __init__(
        self,
        jobs: Callable[[], Sequence[Job] | None],
        ask: Callable[[Sequence[Job]], Awaitable[bool]],
        *,
        rest: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Initialise; `jobs` returns the known jobs, `ask` sends the request, returns success."""
        self._jobs = jobs
        self._ask = ask
        self._rest = rest
        self._came = asyncio.Event()

    def news(self) -> None:
        """Check the jobs again, as some may be new or have changed."""
        self._came.set()

    async def follow(self) -> None:
        """Call `ask` now, and then whenever further jobs have ended; never return.

        A failed request is repeated at the next call of `news`.
        """
        asked: frozenset[str] | None = None
        while True:
            self._came.clear()
            jobs = self._jobs()
            ended = None if jobs is None else frozenset(j.id for j in jobs if j.state.is_finished)
            if jobs is not None and ended != asked:
                asked = ended if await self._ask(jobs) else None
                await self._rest(REST)
            await self._came.wait()
