"""Records what pollers fetch, in the background: pollers need not wait for the disk."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from studio_tui import clock
from studio_tui.api.models import Cluster, Job
from studio_tui.api.pages import Page
from studio_tui.service.commands.history import JobHistory
from studio_tui.service.commands.origins import Origins
from studio_tui.service.polling.jobs_feed import FURTHEST, Jobs
from studio_tui.service.polling.pipelines_feed import Pipelines
from studio_tui.service.polling.poller import Poller
from studio_tui.service.recorder.recorder import Recorder

Note = Callable[[], bool | None]
"""Records something; called in a thread. Returns whether origins have changed."""


class Recording:
    """Queues answers and records them one by one; of each list only the newest waits."""

    def __init__(
        self,
        recorder: Recorder,
        history: JobHistory,
        origins: Origins,
        *,
        learnt: Callable[[], None] = lambda: None,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        """Initialise; `learnt` is called when a job list has brought new origins."""
        self._recorder = recorder
        self._history = history
        self._origins = origins
        self._learnt = learnt
        self._now = now
        self._waiting: dict[str, Note] = {}
        self._known: dict[str, object] = {}
        """The last answer taken, by the name of the list."""
        self._came = asyncio.Event()

    def take_jobs(self, jobs: Jobs, back_to: datetime) -> None:
        """Record a list of jobs, unless it is the same object as before."""
        at, recorder = self._now(), self._recorder

        def note() -> bool:
            recorder.note_jobs(jobs.jobs, at, has_all=jobs.has_all, back_to=back_to)
            unknown = self._origins.unknown(jobs.jobs)
            submitted = self._history.submitted(unknown) if unknown else {}
            self._origins.learn(submitted)
            self._history.note_ended(jobs.jobs)
            return bool(submitted)

        self._take("jobs", jobs, at, note)

    def take_pipelines(self, pipelines: Pipelines) -> None:
        """Record a list of pipelines, unless it is the same object as before."""
        at, recorder = self._now(), self._recorder
        listed, has_all = pipelines.pipelines, pipelines.has_all

        def note() -> None:
            recorder.note_pipelines(listed, at, has_all=has_all)

        self._take("pipelines", pipelines, at, note)

    def take_list(self, name: str, answer: object, things: Sequence[Job | Cluster]) -> None:
        """Record a short list as a whole, unless it is the same object as before."""
        at, recorder = self._now(), self._recorder

        def note() -> None:
            recorder.note_list(name, things, at)

        self._take(name, answer, at, note)

    async def run(self) -> None:
        """Record queued answers until cancelled, and the remaining ones then."""
        try:
            while True:
                await self._came.wait()
                self._came.clear()
                while self._waiting:
                    await self._done(self._waiting.pop(next(iter(self._waiting))))
        finally:
            while self._waiting:
                self._waiting.popitem()[1]()

    async def _done(self, note: Note) -> None:
        """Record something in a thread; cancellation waits for its end."""
        under_way = asyncio.ensure_future(asyncio.to_thread(note))
        try:
            await asyncio.shield(under_way)
        finally:
            await asyncio.wait({under_way})
        if under_way.result():
            self._learnt()

    def _take(self, name: str, answer: object, at: datetime, note: Note) -> None:
        if self._known.get(name) is answer:
            self._recorder.confirm(name, at)
            return
        self._known[name] = answer
        self._waiting[name] = note
        self._came.set()


async def recall(
    recorder: Recorder,
    jobs: Poller[Jobs],
    pipelines: Poller[Pipelines],
    schedules: Poller[tuple[Job, ...]],
    clusters: Poller[Page[Cluster]],
) -> None:
    """Give pollers the last known lists to start with, unless Studio has answered by then."""
    if found := await asyncio.to_thread(recorder.recall_jobs, FURTHEST):
        jobs.recall(Jobs(found.items, found.has_all), found.at)
    if found := await asyncio.to_thread(recorder.recall_pipelines):
        pipelines.recall(Pipelines(found.items, found.has_all), found.at)
    if found := await asyncio.to_thread(recorder.recall_list, schedules.name, Job):
        schedules.recall(found.items, found.at)
    if found := await asyncio.to_thread(recorder.recall_list, clusters.name, Cluster):
        clusters.recall(Page(found.items), found.at)
