"""Fires schedules when they are due; without schedules it is idle.

The clock is read again after every rest, because a user can set it, and because timers stop while a
machine sleeps.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial

from studio_tui import clock
from studio_tui.api.states import JobState
from studio_tui.local.db import jobs, schedules
from studio_tui.local.db.database import RETRY_SECONDS, Database, StorageFull
from studio_tui.local.db.jobs import JobEnd
from studio_tui.local.db.schedule_pipelines import make_pipeline
from studio_tui.local.db.schedule_runs import make_run
from studio_tui.local.db.schedules import DueSchedule, MakeRun, decide
from studio_tui.local.run.local_runner import LocalRunner
from studio_tui.local.shim.message_limit import cut_message

logger = logging.getLogger(__name__)

LONGEST_PAUSE = 30.0
"""Maximum seconds between two looks at the clock while there is a schedule."""


class Scheduler:
    """Creates the runs of schedules."""

    def __init__(self, database: Database, runner: LocalRunner, on_run: Callable[[], None]) -> None:
        """`on_run` is called after a run was created."""
        self._database = database
        self._runner = runner
        self._on_run = on_run
        self._changed = asyncio.Event()

    def wake(self) -> None:
        """Check the next fire time again, as a schedule was added or changed."""
        self._changed.set()

    async def run(self) -> None:
        """Run until canceled."""
        while True:
            self._changed.clear()
            try:
                await self.settle(clock.now())
                rest_seconds = await self._seconds_to_rest()
            except StorageFull:
                logger.warning("The disk is full: no schedule fires until there is room.")
                rest_seconds = RETRY_SECONDS
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), rest_seconds)

    async def settle(self, now: datetime) -> None:
        """Create the runs of all fire times up to `now`, or count them as missed or skipped.

        If `StorageFull` is raised, some fire times are left.
        """
        while due := await self._database.read(schedules.select_due, now):
            for schedule in due:
                await self._settle(schedule, now)

    async def _settle(self, schedule: DueSchedule, now: datetime) -> None:
        try:
            # In a thread, as counting the fire times of a long absence takes a while.
            decision = await asyncio.to_thread(decide, schedule, now)
            make: MakeRun = make_run
            if schedule.triggers_pipeline:
                make = partial(make_pipeline, metastore=await self._runner.read_metastore())
            if await self._database.write(schedules.settle, schedule, decision, now, make):
                self._on_run()
        except StorageFull:
            raise
        except Exception as error:  # a bug or bad data in one schedule must not stop the others
            logger.exception("The runs of schedule %s cannot be created", schedule.job_id)
            why = cut_message(f"{type(error).__name__}: {error}")
            message = f"lost: the local Studio cannot follow this schedule ({why})"
            end = JobEnd(JobState.FAILED, now, error_message=message)
            await self._database.write_or_defer(jobs.end, schedule.job_id, (JobState.TASK,), end)

    async def _seconds_to_rest(self) -> float | None:
        next_fire_at = await self._database.read(schedules.next_fire_at)
        if next_fire_at is None:
            return None
        return min(max((next_fire_at - clock.now()).total_seconds(), 0), LONGEST_PAUSE)
