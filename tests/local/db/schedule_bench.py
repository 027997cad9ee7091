"""Drives the scheduler on a real database; the test passes it the time of each step."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from studio_tui.api.states import JobState
from studio_tui.local.db import jobs
from studio_tui.local.db.database import Database
from studio_tui.local.db.jobs import JobEnd
from studio_tui.local.dispatch.scheduler import Scheduler
from studio_tui.local.run.local_runner import LocalRunner
from studio_tui.local.run.metastore import Metastore
from tests.local.db.job_bench import JobBench

BEGIN = datetime(2026, 10, 21, 12, 0, 30, tzinfo=UTC)
"""A Wednesday; on the following Sunday clocks are set back in Berlin."""

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


class NoDatachain(LocalRunner):
    """A runner whose jobs did not use DataChain."""

    def __init__(self) -> None:
        pass

    async def read_metastore(self) -> Metastore:
        return Metastore()


class Bench(JobBench):
    """A scheduler on a real database."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.made_runs = 0
        self.scheduler = Scheduler(database, NoDatachain(), self._count)

    def _count(self) -> None:
        self.made_runs += 1

    async def submit(self, now: datetime = BEGIN, **fields: Any) -> str:
        return await self.create(now, **fields)

    async def task(self, job_id: str) -> sqlite3.Row:
        """Return the job that is the schedule."""
        (row,) = await self.database.read(jobs.list_jobs, None, job_id, 1)
        return row

    async def runs(self, job_id: str) -> list[sqlite3.Row]:
        """Return the runs of a schedule, oldest fire time first."""
        rows = await self.database.read(jobs.list_jobs, None, None, 1_000_000)
        runs = [row for row in rows if row["scheduled_by"] == job_id]
        return sorted(runs, key=lambda row: str(row["scheduled_for"]))

    async def end_runs(self, now: datetime) -> None:
        """End all active runs of all schedules as failed."""
        for row in await self.database.read(jobs.list_jobs, [JobState.CREATED], None, 1000):
            ending = JobEnd(JobState.FAILED, now)
            await self.database.write(jobs.end, row["id"], [JobState.CREATED], ending)


async def open_bench(folder: Path) -> Bench:
    return Bench(await Database.open(folder / "studio.db"))
