"""Asks again what only the end of a job can change, and leaves Studio a rest in between."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from studio_tui.api.models import Job

REST = 5.0
"""Seconds between two questions."""


class EndedJobs:
    """Notes which jobs have ended, and has something asked when others have."""

    def __init__(
        self,
        jobs: Callable[[], Sequence[Job] | None],
        ask: Callable[[Sequence[Job]], Awaitable[bool]],
        *,
        rest: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Take what gives the jobs that are known, and what asks and returns whether it could."""
        self._jobs = jobs
        self._ask = ask
        self._rest = rest
        self._came = asyncio.Event()

    def news(self) -> None:
        """Look at the jobs again, as there may be others, or other states."""
        self._came.set()

    async def follow(self) -> None:
        """Ask at once, and then whenever jobs have ended that had not; never return.

        What could not be asked is asked again with the next news.
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
