"""Automatically deletes what exceeds the user's limits on disk space."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from studio_tui import clock
from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.config.disk_limits import DiskLimits
from studio_tui.local.db.job_ends import JobEnds
from studio_tui.local.server import disk_usage

logger = logging.getLogger(__name__)

EVERY = 6 * 3600.0
"""Seconds between checks."""


async def keep_within(
    data: DataDir, limits: DiskLimits, ends: Callable[[], Coroutine[Any, Any, JobEnds]]
) -> None:
    """Check now and then every few hours, until canceled; without limits do nothing.

    `ends` returns which jobs have ended.
    """
    loop = asyncio.get_running_loop()

    def jobs() -> JobEnds:
        return asyncio.run_coroutine_threadsafe(ends(), loop).result()

    while limits.is_set:
        try:
            freed = await asyncio.to_thread(prune, data, limits, jobs, clock.now())
        except Exception:
            # Jobs continue, whatever is in the data directory.
            logger.exception("No disk space could be freed")
        else:
            if freed:
                logger.warning("Made room: %d bytes of old logs and environments", freed)
        await asyncio.sleep(EVERY)


def prune(data: DataDir, limits: DiskLimits, jobs: Callable[[], JobEnds], now: datetime) -> int:
    """Delete what is too old, then the oldest while there is too much; return freed bytes."""
    freed = 0
    if limits.max_age is not None:
        freed += disk_usage.free(
            data, disk_usage.survey(data, jobs()).older_than(now - limits.max_age), jobs
        )
    if limits.max_size is not None:
        freed += disk_usage.free(
            data, disk_usage.survey(data, jobs()).beyond(limits.max_size), jobs
        )
    return freed
