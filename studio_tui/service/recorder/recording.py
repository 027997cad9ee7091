"""Has what pollers fetch recorded, beside them: they need not wait for a disk."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from studio_tui import clock
from studio_tui.api.models import Cluster, Job
from studio_tui.api.pages import Page
from studio_tui.service.commands.history import JobHistory
from studio_tui.service.commands.origins import Origins
from studio_tui.service.polling.jobs_feed import FURTHEST, Jobs
from studio_tui.service.polling.pipelines_feed import Pipelines
from studio_tui.service.polling.poller import Poller
from studio_tui.service.recorder.recorder import Recorder

Note = Callable[[], "Noted"]
"""Records something; run in a thread."""


class Noted(NamedTuple):
    """What came of recording an answer."""

    is_whole: bool
    """Whether all of it is on the disk; else it is tried again with the next answer."""
    has_learnt: bool = False
    """Whether the disk has told more of what is listed."""


class _Waiting(NamedTuple):
    answer: object
    note: Note


class Recording:
    """Takes answers as they come and has them recorded in turn, of each list the newest."""

    def __init__(
        self,
        recorder: Recorder,
        history: JobHistory,
        origins: Origins,
        *,
        learnt: Callable[[], None] = lambda: None,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        """Take also what else learns of each list of jobs; `learnt` is called when origins have."""
        self._recorder = recorder
        self._history = history
        self._origins = origins
        self._learnt = learnt
        self._now = now
        self._waiting: dict[str, _Waiting] = {}
        """Answers that are not recorded yet, by the names of lists."""
        self._under_way: object = None
        """The answer that is being recorded."""
        self._noted: dict[str, object] = {}
        """The answers recorded last, by the names of lists."""
        self._came = asyncio.Event()

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits to be recorded."""
        return not self._waiting and self._under_way is None

    def take_jobs(self, jobs: Jobs, back_to: datetime) -> None:
        """Have a list of jobs recorded if it is another than before."""
        at, recorder = self._now(), self._recorder

        def note() -> Noted:
            is_noted = recorder.note_jobs(jobs.jobs, at, has_all=jobs.has_all, back_to=back_to)
            unknown = self._origins.unknown(jobs.jobs)
            submitted = self._history.look_up(unknown) if unknown else {}
            if submitted is not None:
                self._origins.learn(unknown, submitted)
            is_kept = self._history.note_ended(jobs.jobs)
            return Noted(is_noted and is_kept and submitted is not None, bool(submitted))

        self._take("jobs", jobs, at, note)

    def take_pipelines(self, pipelines: Pipelines) -> None:
        """Have a list of pipelines recorded if it is another than before."""
        at, recorder = self._now(), self._recorder
        listed, has_all = pipelines.pipelines, pipelines.has_all

        def note() -> Noted:
            return Noted(recorder.note_pipelines(listed, at, has_all=has_all))

        self._take("pipelines", pipelines, at, note)

    def take_list(self, name: str, answer: object, things: Sequence[Job | Cluster]) -> None:
        """Have a short list recorded as a whole if it is another than before."""
        at, recorder = self._now(), self._recorder

        def note() -> Noted:
            return Noted(recorder.note_list(name, things, at))

        self._take(name, answer, at, note)

    async def run(self) -> None:
        """Record what is taken until cancelled, and what was taken until then."""
        try:
            while True:
                await self._came.wait()
                self._came.clear()
                while self._waiting:
                    name = next(iter(self._waiting))
                    await self._record(name, self._waiting.pop(name))
        finally:
            while self._waiting:
                self._waiting.popitem()[1].note()

    async def _record(self, name: str, waiting: _Waiting) -> None:
        """Have something recorded; who cancels meanwhile waits for its end."""
        self._under_way = waiting.answer
        under_way = asyncio.ensure_future(asyncio.to_thread(waiting.note))
        try:
            await asyncio.shield(under_way)
        finally:
            await asyncio.wait({under_way})
            self._under_way = None
        noted = under_way.result()
        if noted.is_whole:
            self._noted[name] = waiting.answer
        if noted.has_learnt:
            self._learnt()

    def _take(self, name: str, answer: object, at: datetime, note: Note) -> None:
        if self._noted.get(name) is answer and self._recorder.confirm(name, at):
            return
        if self._under_way is not answer:
            self._waiting[name] = _Waiting(answer, note)
            self._came.set()


async def recall(
    recorder: Recorder,
    jobs: Poller[Jobs],
    pipelines: Poller[Pipelines],
    schedules: Poller[tuple[Job, ...]],
    clusters: Poller[Page[Cluster]],
) -> None:
    """Let pollers begin with what was last known, where Studio has not answered by then."""
    if found := await asyncio.to_thread(recorder.recall_jobs, FURTHEST):
        jobs.recall(Jobs(found.items, found.has_all), found.at)
    if found := await asyncio.to_thread(recorder.recall_pipelines):
        pipelines.recall(Pipelines(found.items, found.has_all), found.at)
    if found := await asyncio.to_thread(recorder.recall_list, schedules.name, Job):
        schedules.recall(found.items, found.at)
    if found := await asyncio.to_thread(recorder.recall_list, clusters.name, Cluster):
        clusters.recall(Page(found.items), found.at)
