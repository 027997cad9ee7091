"""A local Studio with many jobs, for measuring the installed dashboard."""

import asyncio
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.db.database import Database
from studio_tui.local.db.times import stamp
from tests.studios import ProcessStudio

_INSERT = """
    INSERT INTO jobs (
        id, state, priority, workers, cluster, created_at, started_at, finished_at, exit_code,
        created_by, name, query_type, run_group, ignore_checkpoints, request_digest, environment,
        query
    ) VALUES (?, 'COMPLETE', 5, 1, 'local', ?, ?, ?, 0, 'ann', ?, 'PYTHON', ?, 0, '', '{}',
        'print(1)')
"""


@contextmanager
def studio_with(jobs: int, data_dir: Path) -> Iterator[ProcessStudio]:
    """Run a local Studio that has `jobs` finished jobs."""
    fill(data_dir, jobs)
    studio = ProcessStudio(data_dir)
    try:
        yield studio
    finally:
        studio.cancel_all()
        studio.stop()


def create_to_running(studio: ProcessStudio) -> float:
    """Return the ms from creating a plain job until Studio reports it as running."""
    begin = time.perf_counter()
    job_id = str(studio.submit("import time; time.sleep(30)")["id"])
    studio.wait_for_state(job_id, "RUNNING")
    milliseconds = (time.perf_counter() - begin) * 1000
    studio.cancel(job_id)
    studio.wait_for_end(job_id)
    return milliseconds


def fill(data_dir: Path, jobs: int | Sequence[str]) -> list[str]:
    """Add finished jobs to a local Studio that has not been started; return their ids.

    `jobs` are their names, oldest first, or how many there are.
    """
    data = DataDir(data_dir)
    data.prepare()
    names = [f"embed_{number}.py" for number in range(jobs)] if isinstance(jobs, int) else jobs
    return asyncio.run(_fill(data.database, names))


async def _fill(path: Path, names: Sequence[str]) -> list[str]:
    database = await Database.open(path)
    await database.close()
    now = datetime.now(UTC)
    ids = [f"{number:08x}-6276-4993-bfeb-53cbbbba6f08" for number in range(len(names))]
    with closing(sqlite3.connect(path)) as connection, connection:
        for number, (job_id, name) in enumerate(zip(ids, names, strict=True)):
            created = now - timedelta(minutes=len(names) - number)
            times = (created + timedelta(seconds=seconds) for seconds in (0, 1, 61))
            connection.execute(_INSERT, (job_id, *map(stamp, times), name, job_id))
    return ids
