"""Records what pollers fetch, and gives them what earlier runs recorded to begin with.

It works in the background: pollers need not wait for the disk.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from sqlite3 import Connection
from typing import NamedTuple

from studio_tui import clock
from studio_tui.api.models import Cluster, Job, Pipeline
from studio_tui.api.pages import ResultPage
from studio_tui.service.commands.history import JobHistory
from studio_tui.service.commands.origins import Origins
from studio_tui.service.polling.attempts import all_runs
from studio_tui.service.polling.jobs_feed import FURTHEST, JobList
from studio_tui.service.polling.pipeline_watch import PipelineDetail, RecalledDetail
from studio_tui.service.polling.pipelines_feed import PipelineList
from studio_tui.service.polling.poller import Poller
from studio_tui.service.recorder import items
from studio_tui.service.recorder.bodies import JOB, PIPELINE, models_of, unpack
from studio_tui.service.recorder.database import RecorderFile
from studio_tui.service.recorder.recorder import Recorder

Write = Callable[[], "RecordedAnswer"]
"""Records something; called in a thread."""


class RecordedAnswer(NamedTuple):
    """The result of recording an answer."""

    is_whole: bool
    """Whether all of it is on disk; otherwise it is retried with the next answer."""
    has_added: bool = False
    """Whether origins have changed."""


class _Waiting(NamedTuple):
    answer: object
    write: Write


class Recording:
    """Queues answers and records them one by one; of each list only the newest waits."""

    def __init__(
        self,
        recorder: Recorder,
        history: JobHistory,
        origins: Origins,
        *,
        added: Callable[[], None] = lambda: None,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        """Initialise; `added` is called when a job list has brought new origins."""
        self._recorder = recorder
        self._history = history
        self._origins = origins
        self._added = added
        self._now = now
        self._waiting: dict[str, _Waiting] = {}
        """Answers that are not recorded yet, by list name."""
        self._in_progress: object = None
        """The answer that is being recorded."""
        self._recorded: dict[str, object] = {}
        """The answers recorded last, by list name."""
        self._arrived = asyncio.Event()

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits to be recorded."""
        return not self._waiting and self._in_progress is None

    def take_jobs(self, jobs: JobList, back_to: datetime) -> None:
        """Record a list of jobs, unless it is the same object as before."""
        at, recorder = self._now(), self._recorder

        def write() -> RecordedAnswer:
            is_recorded = recorder.note_jobs(jobs.jobs, at, has_all=jobs.has_all, back_to=back_to)
            unknown = self._origins.unknown(jobs.jobs)
            submitted = self._history.look_up(unknown) if unknown else {}
            if submitted is not None:
                self._origins.learn(unknown, submitted)
            is_kept = self._history.note_ended(jobs.jobs)
            return RecordedAnswer(
                is_recorded and is_kept and submitted is not None, bool(submitted)
            )

        self._enqueue("jobs", jobs, at, write)

    def take_pipelines(self, pipelines: PipelineList) -> None:
        """Record a list of pipelines, unless it is the same object as before."""
        at, recorder = self._now(), self._recorder
        listed, has_all = pipelines.pipelines, pipelines.has_all

        def write() -> RecordedAnswer:
            return RecordedAnswer(recorder.note_pipelines(listed, at, has_all=has_all))

        self._enqueue("pipelines", pipelines, at, write)

    def take_list(self, name: str, answer: object, things: Sequence[Job | Cluster]) -> None:
        """Record a short list as a whole, unless it is the same object as before."""
        at, recorder = self._now(), self._recorder

        def write() -> RecordedAnswer:
            return RecordedAnswer(recorder.note_list(name, things, at))

        self._enqueue(name, answer, at, write)

    async def run(self) -> None:
        """Record queued answers until canceled, and the remaining ones then."""
        try:
            while True:
                await self._arrived.wait()
                self._arrived.clear()
                while self._waiting:
                    name = next(iter(self._waiting))
                    await self._record(name, self._waiting.pop(name))
        finally:
            while self._waiting:
                self._waiting.popitem()[1].write()

    async def _record(self, name: str, waiting: _Waiting) -> None:
        """Record something in a thread; cancellation waits for its end."""
        self._in_progress = waiting.answer
        writing = asyncio.ensure_future(asyncio.to_thread(waiting.write))
        try:
            await asyncio.shield(writing)
        finally:
            await asyncio.wait({writing})
            self._in_progress = None
        recorded = writing.result()
        if recorded.is_whole:
            self._recorded[name] = waiting.answer
        if recorded.has_added:
            self._added()

    def _enqueue(self, name: str, answer: object, at: datetime, write: Write) -> None:
        if self._recorded.get(name) is answer and self._recorder.confirm(name, at):
            return
        if self._in_progress is not answer:
            self._waiting[name] = _Waiting(answer, write)
            self._arrived.set()


async def recall(
    recorder: Recorder,
    jobs: Poller[JobList],
    pipelines: Poller[PipelineList],
    schedules: Poller[tuple[Job, ...]],
    clusters: Poller[ResultPage[Cluster]],
) -> None:
    """Give pollers the last known lists to start with, unless Studio has answered by then."""
    if recalled := await asyncio.to_thread(recorder.recall_jobs, FURTHEST):
        jobs.recall(JobList(recalled.items, recalled.has_all), recalled.at)
    if recalled := await asyncio.to_thread(recorder.recall_pipelines):
        pipelines.recall(PipelineList(recalled.items, recalled.has_all), recalled.at)
    if recalled := await asyncio.to_thread(recorder.recall_list, schedules.name, Job):
        schedules.recall(recalled.items, recalled.at)
    if recalled := await asyncio.to_thread(recorder.recall_list, clusters.name, Cluster):
        clusters.recall(ResultPage(recalled.items), recalled.at)


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
