"""Records the answers that pollers receive, and reads a recorded pipeline."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from sqlite3 import Connection
from typing import NamedTuple

from studio_tui import clock
from studio_tui.api.models import Cluster, Job, Pipeline
from studio_tui.service.attempts import all_runs
from studio_tui.service.commands.history import JobHistory
from studio_tui.service.commands.origins import Origins
from studio_tui.service.polling.jobs_feed import JobList
from studio_tui.service.polling.pipeline_watch import PipelineDetail, RecalledDetail
from studio_tui.service.polling.pipelines_feed import PipelineList
from studio_tui.service.recorder import items
from studio_tui.service.recorder.bodies import JOB, PIPELINE, models_of, unpack
from studio_tui.service.recorder.database import RecorderFile
from studio_tui.service.recorder.recorder import Recorder

CONFIRM_EVERY = timedelta(minutes=10)
"""How often an unchanged answer is recorded again, to update when Studio last confirmed it."""

Write = Callable[[datetime], bool]
"""Records an answer as received at a time; returns whether the whole answer is on disk."""


class _QueuedAnswer(NamedTuple):
    answer: object
    at: datetime
    write: Write


class AnswerRecorder:
    """Queues answers and records them one by one; of each list only the newest answer is queued.

    An answer that is the same object as the one recorded last is recorded again every ten minutes,
    and at the end.
    """

    def __init__(self, recorder: Recorder, history: JobHistory, origins: Origins) -> None:
        self._recorder = recorder
        self._history = history
        self._origins = origins
        self.on_origins_changed: Callable[[], None] = lambda: None
        """Called when submissions of listed jobs have been found."""
        self._queue: dict[str, _QueuedAnswer] = {}
        self._in_progress: object = None
        self._recorded: dict[str, _QueuedAnswer] = {}
        self._newest: dict[str, _QueuedAnswer] = {}
        self._has_queued = asyncio.Event()
        self._has_new_origins = False

    def record_jobs(self, jobs: JobList, back_to: datetime) -> None:
        self._enqueue("jobs", jobs, lambda at: self._write_jobs(jobs, back_to, at))

    def record_pipelines(self, pipelines: PipelineList) -> None:
        self._enqueue(
            "pipelines",
            pipelines,
            lambda at: self._recorder.note_pipelines(
                pipelines.pipelines, at, has_all=pipelines.has_all
            ),
        )

    def record_list(self, name: str, answer: object, listed: Sequence[Job | Cluster]) -> None:
        """Record the items of an answer as a whole: the clusters or the schedules."""
        self._enqueue(name, answer, lambda at: self._recorder.note_list(name, listed, at))

    async def run(self) -> None:
        """Record queued answers until canceled; then record the newest of each list."""
        try:
            while True:
                await self._has_queued.wait()
                self._has_queued.clear()
                while self._queue:
                    name = next(iter(self._queue))
                    await self._record(name, self._queue.pop(name))
        finally:
            self._recorder.database.keep_open()  # closing it takes as long as writing 50 lists
            for newest in reversed(self._newest.values()):
                if not newest.write(newest.at):
                    break  # if the file is locked, each list would take ten seconds
            self._recorder.database.close()

    def _write_jobs(self, jobs: JobList, back_to: datetime, at: datetime) -> bool:
        is_recorded = self._recorder.note_jobs(jobs.jobs, at, has_all=jobs.has_all, back_to=back_to)
        unknown = self._origins.not_looked_up(jobs.jobs)
        submitted = self._history.submissions_if_readable(unknown) if unknown else {}
        if submitted is not None:
            self._origins.note_looked_up(unknown, submitted)
        self._has_new_origins = bool(submitted)
        is_kept = self._history.note_ended(jobs.jobs)
        return is_recorded and is_kept and submitted is not None

    async def _record(self, name: str, queued: _QueuedAnswer) -> None:
        self._in_progress = queued.answer
        writing = asyncio.ensure_future(asyncio.to_thread(queued.write, queued.at))
        try:
            await asyncio.shield(writing)
        finally:
            await asyncio.wait({writing})
            self._in_progress = None
        if writing.result():
            self._recorded[name] = queued
        if self._has_new_origins:
            self._has_new_origins = False
            self.on_origins_changed()

    def _enqueue(self, name: str, answer: object, write: Write) -> None:
        queued = self._newest[name] = _QueuedAnswer(answer, clock.now(), write)
        last = self._recorded.get(name)
        is_new = last is None or last.answer is not answer or queued.at - last.at >= CONFIRM_EVERY
        if is_new and self._in_progress is not answer:
            self._queue[name] = queued
            self._has_queued.set()


async def recall_pipeline(database: RecorderFile, pipeline_id: str) -> RecalledDetail | None:
    """Return a pipeline and its jobs as recorded; `None` if the pipeline is not, or unreadable."""
    return await asyncio.to_thread(
        database.read, lambda connection: _read_pipeline(connection, pipeline_id)
    )


def _read_pipeline(connection: Connection, pipeline_id: str) -> RecalledDetail | None:
    row = connection.execute(
        "SELECT body, seen_at FROM item WHERE kind = ? AND id = ?", (PIPELINE, pipeline_id)
    ).fetchone()
    pipelines = models_of(Pipeline, (row[0],)) if row else ()
    if not pipelines:
        return None
    pipeline = pipelines[0]
    ids = [run.created_job_id for run in all_runs(pipeline) if run.created_job_id]
    jobs = models_of(Job, items.bodies_of(connection, JOB, ids))
    at = max(row[1], _confirmed_at(connection, pipeline_id))
    detail = PipelineDetail(pipeline, {job.id: job for job in jobs})
    return RecalledDetail(detail, datetime.fromtimestamp(at, UTC))


def _confirmed_at(connection: Connection, pipeline_id: str) -> float:
    """Return when Studio last confirmed the pipeline; 0 if the list recorded last lacks it."""
    for body, at in connection.execute("SELECT body, at FROM listing WHERE name = 'pipelines'"):
        with suppress(ValueError, AttributeError):
            return float(at) if pipeline_id in unpack(body).get("ids", ()) else 0.0
    return 0.0
