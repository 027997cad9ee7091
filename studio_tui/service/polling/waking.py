"""Notices that the machine has slept: no timer counts that time, so data would stay old."""

import asyncio
from collections.abc import Awaitable, Callable

from studio_tui import clock

CHECK_INTERVAL = 5.0
SHORTEST_SLEEP = 30.0
"""Seconds; the time of day may jump by less when it is corrected."""


async def watch_for_waking(on_waking: Callable[[], Awaitable[object]]) -> None:
    """Call `on_waking` after each sleep of the machine, until canceled."""
    while True:
        began_at, began = clock.now(), clock.monotonic()
        await asyncio.sleep(CHECK_INTERVAL)
        slept = (clock.now() - began_at).total_seconds() - (clock.monotonic() - began)
        if slept > SHORTEST_SLEEP:
            await on_waking()
