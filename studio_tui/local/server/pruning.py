"""Lets go by itself of what the user's limits say that it may."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from studio_tui import clock
from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.config.room_limits import RoomLimits
from studio_tui.local.db.job_ends import JobEnds
from studio_tui.local.server import room

logger = logging.getLogger(__name__)

EVERY = 6 * 3600.0
"""Seconds between looks."""


async def keep_within(
    data: DataDir, limits: RoomLimits, ends: Callable[[], Coroutine[Any, Any, JobEnds]]
) -> None:
    """Look at once and then every few hours, until cancelled; without limits do nothing.

    `ends` says which jobs have ended.
    """
    loop = asyncio.get_running_loop()

    def jobs() -> JobEnds:
        return asyncio.run_coroutine_threadsafe(ends(), loop).result()

    while limits.is_set:
        try:
            freed = await asyncio.to_thread(prune, data, limits, jobs, clock.now())
        except Exception:
            # The jobs go on, whatever lies about in the data directory.
            logger.exception("No room was made")
        else:
            if freed:
                logger.warning("Made room: %d bytes of old logs and environments", freed)
        await asyncio.sleep(EVERY)


def prune(data: DataDir, limits: RoomLimits, jobs: Callable[[], JobEnds], now: datetime) -> int:
    """Let go of what is too old, and then of the oldest while there is too much; return bytes."""
    freed = 0
    if limits.older is not None:
        freed += room.free(data, room.survey(data, jobs()).older_than(now - limits.older), jobs)
    if limits.most is not None:
        freed += room.free(data, room.survey(data, jobs()).beyond(limits.most), jobs)
    return freed
