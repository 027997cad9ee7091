"""One pipeline that is looked at: its jobs' states, and what is known of each job's run.

Studio tells the states of all jobs at once and the times of each job one by one. What the list of
jobs knows is not asked for; the rest is, a few at a time, first what is in sight, and what has
ended is asked for once.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from studio_tui import clock
from studio_tui.api.client import Page
from studio_tui.api.models import Job, JobState, Pipeline, PipelineJob
from studio_tui.errors import (
    AuthenticationError,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    ProtocolError,
    StudioError,
)
from studio_tui.service.logs.retry import DENIED_REST
from studio_tui.service.polling.attempts import all_runs, with_attempts
from studio_tui.service.polling.backoff import Backoff, Jitter
from studio_tui.service.polling.jobs_feed import Jobs
from studio_tui.service.polling.pipelines_feed import is_moving
from studio_tui.service.polling.poller import BACKOFF_CAP, Listener, Poller
from studio_tui.service.polling.reachability import SHORTEST_REST, Reachability
from studio_tui.service.polling.snapshot import Snapshot

AT_ONCE = 3
"""Jobs that are asked about at the same time."""
TELL_REST = 0.25
"""Seconds between two rounds of news about jobs."""

logger = logging.getLogger(__name__)


class ReadsPipelines(Protocol):
    """The two questions that are put to Studio."""

    async def pipeline(self, *, name: str | None = ..., pipeline_id: str | None = ...) -> Pipeline:
        """Return one pipeline."""
        ...

    async def jobs(self, *, limit: int = ..., job_id: str | None = ...) -> Page[Job]:
        """Return one job."""
        ...


@dataclass(frozen=True, slots=True)
class PipelineDetail:
    """A pipeline and what is known of the runs of its jobs."""

    pipeline: Pipeline
    jobs: Mapping[str, Job]
    """By the id of the run (`created_job_id`), as far as they are known by now."""


@dataclass(frozen=True, slots=True)
class RecalledDetail:
    """What an earlier run knew of a pipeline."""

    detail: PipelineDetail
    at: datetime
    """When Studio last confirmed it."""


async def _nothing() -> RecalledDetail | None:
    return None


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between questions."""

    moving: float
    """About a pipeline in which something moves."""
    resting: float
    """About one in which nothing does."""
    job: float
    """After each job that was asked about."""
    backoff_cap: float = BACKOFF_CAP
    paced: Callable[[float], float] = lambda seconds: seconds
    """Makes all of these longer while nobody looks at the terminal."""


class PipelineWatch(Poller[PipelineDetail]):
    """Keeps a pipeline fresh for those who listen, and finds out about its jobs meanwhile."""

    def __init__(
        self,
        client: ReadsPipelines,
        jobs: Poller[Jobs],
        pipeline_id: str,
        pace: Pace,
        *,
        name: Callable[[], str | None] = lambda: None,
        recalled: Callable[[], Awaitable[RecalledDetail | None]] = _nothing,
        follows_jobs: bool = False,
        refused: Callable[[AuthenticationError], None] = lambda _: None,
        reachability: Reachability | None = None,
        now: Callable[[], datetime] = clock.now,
        jitter: Jitter = random.uniform,
    ) -> None:
        """Take the list of jobs, which knows many of them, and how to look the name up.

        Not every Studio finds a pipeline by its id. `recalled` is shown until Studio has answered.
        `follows_jobs` asks again whenever jobs have moved, which costs nothing where Studio is of
        this machine.
        """
        super().__init__(
            f"pipeline {pipeline_id}",
            self._look,
            self._rest_after,
            refused=refused,
            reachability=reachability,
            backoff_cap=pace.backoff_cap,
            now=now,
            jitter=jitter,
        )
        self.pipeline_id = pipeline_id
        self._client = client
        self._jobs = jobs
        self._pace = pace
        self._name_of = name
        self._recalled = recalled
        self._follows_jobs = follows_jobs
        self._by_name = False
        self._leave_jobs: Callable[[], None] = lambda: None
        self._jobs_seen: Jobs | None = None
        self._found: dict[str, Job] = {}
        """Runs of this pipeline by id, as they were last seen."""
        self._recorded: Mapping[str, Job] = {}
        """Those that an earlier run knew, which are asked about all the same."""
        self._listed: frozenset[str] = frozenset()
        """Those that the list of jobs knows now, and keeps up to date."""
        self._asked: dict[str, str | None] = {}
        """The status in the plan at which a run was asked about, by its id."""
        self._in_sight: dict[str, int] = {}
        """Runs that the user sees, and their order."""
        self._queue: list[PipelineJob] = []
        """Whom to ask about, the most wanted last."""
        self._asking: set[str] = set()
        self._job_backoff = Backoff(SHORTEST_REST, self._pace.backoff_cap, SHORTEST_REST, jitter)
        self._denied_until = 0.0
        """When jobs may be asked about again after a 403, in the loop's time."""
        self._queued = asyncio.Event()
        self._news = asyncio.Event()

    def subscribe(self, listener: Listener[PipelineDetail]) -> Callable[[], None]:
        """Tell `listener` each snapshot from now on; return a function that ends it."""
        if not self._listeners:
            self._leave_jobs = self._jobs.subscribe(self._hear_jobs)
            self._hear_jobs(self._jobs.snapshot)
            self._queued.set()
        leave = super().subscribe(listener)

        def unsubscribe() -> None:
            was_heard = bool(self._listeners)
            leave()
            if was_heard and not self._listeners:
                self._leave_jobs()

        return unsubscribe

    @property
    def is_heard(self) -> bool:
        """Whether somebody listens."""
        return bool(self._listeners)

    def want(self, run_ids: Iterable[str]) -> None:
        """Find out about these runs first, in this order: the user sees them."""
        in_sight = {run_id: number for number, run_id in enumerate(dict.fromkeys(run_ids))}
        if in_sight != self._in_sight:
            self._in_sight = in_sight
            self._plan_questions()

    def restart(self) -> None:
        """Ask at once, even if asking had been stopped: the user wants it."""
        self._denied_until = 0.0
        self._asked = {
            run_id: status for run_id, status in self._asked.items() if run_id in self._found
        }
        super().restart()

    async def run(self) -> None:
        """Ask for ever, while somebody listens. A bug is raised as it is."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(super().run(), name=f"poll {self.name}")
            tasks.create_task(self._tell(), name=f"tell of the jobs of {self.name}")
            tasks.create_task(self._recall_detail(), name=f"recall {self.name}")
            for _ in range(AT_ONCE):
                tasks.create_task(self._ask_in_turn(), name=f"ask about jobs of {self.name}")

    async def _recall_detail(self) -> None:
        """Begin with what an earlier run knew, unless Studio is quicker than the disk."""
        if self.snapshot.value is None and (found := await self._recalled()) is not None:
            self._recorded = found.detail.jobs
            self._take_listed(found.detail.pipeline)
            self.recall(self._detail(found.detail.pipeline), found.at)

    async def _look(self) -> PipelineDetail:
        """Ask for the pipeline, and return it with the jobs that are known."""
        last = self.snapshot.value
        pipeline = with_attempts(await self._read(), last.pipeline if last else None)
        if last is not None and pipeline == last.pipeline:
            pipeline = last.pipeline
        self._take_listed(pipeline)
        detail = self._detail(pipeline)
        self._plan_questions(pipeline)
        return detail

    async def _read(self) -> Pipeline:
        """Ask by id, and by name from then on if this Studio takes no id."""
        if not self._by_name:
            try:
                return self._checked(await self._client.pipeline(pipeline_id=self.pipeline_id))
            except InvalidRequest:
                if self._name() is None:
                    raise
                self._by_name = True
        return self._checked(await self._client.pipeline(name=self._name()))

    def _name(self) -> str | None:
        last = self.snapshot.value
        return (last.pipeline.name if last is not None else None) or self._name_of()

    def _checked(self, pipeline: Pipeline) -> Pipeline:
        if pipeline.pipeline_id != self.pipeline_id:
            raise ProtocolError("Studio answered with another pipeline than the one requested.")
        return pipeline

    def _rest_after(self, detail: PipelineDetail) -> float:
        moves = is_moving(detail.pipeline)
        return self._pace.paced(self._pace.moving if moves else self._pace.resting)

    def _hear_jobs(self, snapshot: Snapshot[Jobs]) -> None:
        if snapshot.value is self._jobs_seen and snapshot.error is None:
            return
        has_moved = snapshot.value is not self._jobs_seen
        self._jobs_seen = snapshot.value
        if (last := self.snapshot.value) is not None:
            self._take_listed(last.pipeline)
            self._plan_questions()
            self._news.set()
        if has_moved and self._follows_jobs:
            self.hint()

    def _take_listed(self, pipeline: Pipeline) -> None:
        """Learn what the list of jobs knows of the runs of this pipeline."""
        runs = {run.created_job_id for run in all_runs(pipeline)}
        known = self._jobs.snapshot.value
        listed = {job.id: job for job in known.jobs if job.id in runs} if known else {}
        self._found.update(listed)
        self._listed = frozenset(listed)

    def _detail(self, pipeline: Pipeline) -> PipelineDetail:
        """Return what is known; the same object as last time means that nothing changed."""
        known = {**self._recorded, **self._found}
        jobs = {
            run.created_job_id: job
            for run in all_runs(pipeline)
            if run.created_job_id and (job := known.get(run.created_job_id))
        }
        last = self.snapshot.value
        if last is not None and pipeline is last.pipeline and jobs == last.jobs:
            return last
        return PipelineDetail(pipeline, MappingProxyType(jobs))

    async def _tell(self) -> None:
        """Publish what is new of the jobs, however often it changes, only now and then."""
        while True:
            await self._news.wait()
            self._news.clear()
            last = self.snapshot.value
            if last is not None and (detail := self._detail(last.pipeline)) is not last:
                self._publish(replace(self.snapshot, value=detail))
            await asyncio.sleep(TELL_REST)

    def _plan_questions(self, pipeline: Pipeline | None = None) -> None:
        """Put those who are to be asked about in order."""
        if pipeline is None and self.snapshot.value is not None:
            pipeline = self.snapshot.value.pipeline
        if pipeline is not None:
            due = filter(self._is_due, all_runs(pipeline))
            self._queue = sorted(due, key=self._urgency, reverse=True)
            self._queued.set()

    def _is_due(self, run: PipelineJob) -> bool:
        """Whether more can be learned about a run than is known, or about to be."""
        run_id = run.created_job_id
        if run_id is None or run_id in self._listed or run_id in self._asking:
            return False
        if run.state is JobState.PENDING and run_id not in self._in_sight:
            return False
        job = self._found.get(run_id)
        if job is not None and job.status == run.status:
            return False
        return run_id not in self._asked or self._asked[run_id] != run.status

    def _urgency(self, run: PipelineJob) -> tuple[int, int]:
        if (place := self._in_sight.get(run.created_job_id or "")) is not None:
            return 0, place
        return (2 if run.state.is_finished and run.state is not JobState.FAILED else 1), 0

    def _next(self) -> PipelineJob | None:
        """Take the next run to ask about; `None` while there is nothing, or nobody to ask for."""
        jobs = self._jobs.snapshot
        may_be_listed = jobs.value is None and jobs.error is None
        is_denied = asyncio.get_running_loop().time() < self._denied_until
        if not self.is_heard or self.snapshot.stopped or is_denied or may_be_listed:
            return None
        while self._queue:
            if self._is_due(run := self._queue.pop()):
                return run
        return None

    async def _ask_in_turn(self) -> None:
        """Ask about one run after the other."""
        while True:
            await self._reachability.wait()
            run = self._next()
            if run is None or run.created_job_id is None:
                self._queued.clear()
                await self._queued.wait()
                continue
            self._asking.add(run.created_job_id)
            try:
                rest = await self._ask_about(run.created_job_id, run.status)
            finally:
                self._asking.discard(run.created_job_id)
            await asyncio.sleep(max(rest, self._pace.paced(self._pace.job)))

    async def _ask_about(self, run_id: str, status: str | None) -> float:
        """Ask once; return the seconds to rest, if it is more than usual."""
        try:
            with self._reachability.asking(f"jobs of {self.name}"):
                page = await self._client.jobs(limit=1, job_id=run_id)
        except AuthenticationError as error:
            self.stop(error)
            self._refused(error)
            return 0.0
        except PermissionDenied as error:
            logger.warning("jobs of %s are not to be had: %s", self.name, error)
            self._denied_until = asyncio.get_running_loop().time() + DENIED_REST
            return 0.0
        except (InvalidRequest, NotFound) as error:
            logger.info("a job of %s is not to be had: %s", self.name, error)
            self._asked[run_id] = status
            return 0.0
        except StudioError as error:
            # It is queued again when the pipeline is next heard of.
            return max(self._pace.paced(self._job_backoff.failed()), error.asked_rest)
        self._job_backoff.succeeded()
        self._asked[run_id] = status
        for job in page.items:
            if job.id == run_id:
                self._found[run_id] = job
                self._news.set()
        return 0.0
