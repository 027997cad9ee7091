"""Repeats a request whenever other jobs have ended."""

import asyncio
from collections.abc import Awaitable, Callable

from studio_tui.service.polling.jobs_feed import JobList
from studio_tui.service.polling.snapshot import SnapshotPublisher

PAUSE = 5.0
"""Minimum seconds between two requests."""


async def request_on_ends(
    publisher: SnapshotPublisher[JobList],
    request: Callable[[], Awaitable[bool]],
    *,
    rest: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> None:
    """Send a request once there is a job list, and whenever other jobs have ended, until canceled.

    `request` returns whether it succeeded. A failed one is repeated when the list is published
    again.
    """
    published = asyncio.Event()
    unsubscribe = publisher.subscribe(lambda _: published.set())
    requested_for: frozenset[str] | None = None
    try:
        while True:
            published.clear()
            if (answer := publisher.snapshot.value) is not None:
                ended = frozenset(job.id for job in answer.jobs if job.state.is_finished)
                if ended != requested_for:
                    requested_for = ended if await request() else None
                    await rest(PAUSE)
            await published.wait()
    finally:
        unsubscribe()
