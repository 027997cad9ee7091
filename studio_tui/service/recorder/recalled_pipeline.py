"""A pipeline and its jobs as recorded, for a page that opens before Studio answers."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from sqlite3 import Connection

from studio_tui.api.models import Job, Pipeline
from studio_tui.service.polling.attempts import all_runs
from studio_tui.service.polling.pipeline_watch import PipelineDetail, RecalledDetail
from studio_tui.service.recorder import items
from studio_tui.service.recorder.bodies import JOB, PIPELINE, models_of, unpack
from studio_tui.service.recorder.database import RecorderFile


async def recall_pipeline(database: RecorderFile, pipeline_id: str) -> RecalledDetail | None:
    """Return a pipeline that was ever listed, read in a thread; `None` for one that was not."""
    return await asyncio.to_thread(
        database.read, lambda connection: _pipeline(connection, pipeline_id)
    )


def _pipeline(connection: Connection, pipeline_id: str) -> RecalledDetail | None:
    row = connection.execute(
        "SELECT body, seen_at FROM item WHERE kind = ? AND id = ?", (PIPELINE, pipeline_id)
    ).fetchone()
    found = models_of(Pipeline, (row[0],)) if row else ()
    if not found:
        return None
    pipeline = found[0]
    ids = [run.created_job_id for run in all_runs(pipeline) if run.created_job_id]
    jobs = models_of(Job, items.of_ids(connection, JOB, ids))
    at = max((row[1], *_confirmed(connection, pipeline_id)))
    detail = PipelineDetail(pipeline, {job.id: job for job in jobs})
    return RecalledDetail(detail, datetime.fromtimestamp(at, UTC))


def _confirmed(connection: Connection, pipeline_id: str) -> Iterator[float]:
    """Yield when Studio last confirmed this state of the pipeline, if it still lists it."""
    for body, at in connection.execute("SELECT body, at FROM listing WHERE name = 'pipelines'"):
        try:
            listed = unpack(body).get("ids", ())
        except (ValueError, AttributeError):
            continue
        if pipeline_id in listed:
            yield at
