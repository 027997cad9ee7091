"""One viewed pipeline: the states of its jobs, and details of each job's run.

Studio returns the states of all jobs of a pipeline at once, but the times of a job only with that
job. Jobs in the job list are not requested. The others are, visible ones first, whenever their
status in the pipeline has changed; pending ones only while they are visible.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from studio_tui import clock
from studio_tui.api.client import StudioClient
from studio_tui.api.models import Job, Pipeline, PipelineJob
from studio_tui.api.states import JobState
from studio_tui.errors import (
    AuthenticationError,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    ProtocolError,
    StudioError,
)
from studio_tui.service.attempts import all_runs, with_attempts
from studio_tui.service.pacing import Pacing
from studio_tui.service.polling.backoff import DENIED_PAUSE, Backoff
from studio_tui.service.polling.jobs_feed import JobList
from studio_tui.service.polling.poller import Listener, Poller
from studio_tui.service.polling.reachability import SHORTEST_PAUSE, Reachability
from studio_tui.service.polling.snapshot import Snapshot

AT_ONCE = 3
NOTIFY_INTERVAL = 0.25

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PipelineDetail:
    """A pipeline and the known runs of its jobs.

    A job of the pipeline, a node, is a `PipelineJob`; what runs for it is a `Job`.
    """

    pipeline: Pipeline
    jobs: Mapping[str, Job]
    """The known runs, by the `created_job_id` of a node."""


@dataclass(frozen=True, slots=True)
class RecalledDetail:
    """Recorded data of a pipeline, which was not received in this session."""

    detail: PipelineDetail
    at: datetime


class PipelineWatch(Poller[PipelineDetail]):
    """Polls a pipeline while it has subscribers, and requests details of its jobs meanwhile."""

    def __init__(
        self,
        client: StudioClient,
        jobs: Poller[JobList],
        pipeline_id: str,
        pacing: Pacing,
        *,
        read_name: Callable[[], str | None],
        recall: Callable[[], Awaitable[RecalledDetail | None]],
        follows_jobs: bool,
        reachability: Reachability,
    ) -> None:
        """Initialize; `jobs` polls the job list, which contains many jobs of the pipeline.

        `read_name` returns the pipeline's name, if known, as not every Studio finds a pipeline by
        its id. `recall` returns its recorded data. With `follows_jobs`, the pipeline is requested
        whenever the job list has changed.
        """
        super().__init__(
            f"pipeline {pipeline_id}",
            self._fetch_detail,
            lambda detail: pacing.pipeline(detail.pipeline),
            reachability=reachability,
            backoff_cap=pacing.backoff_cap,
        )
        self.pipeline_id = pipeline_id
        self._client = client
        self._jobs = jobs
        self._pacing = pacing
        self._read_name = read_name
        self._recall_recorded = recall
        self._follows_jobs = follows_jobs
        self._must_use_name = False
        self._unsubscribe_from_jobs: Callable[[], None] = lambda: None
        self._last_jobs: JobList | None = None
        self._received: dict[str, Job] = {}
        self._recorded: Mapping[str, Job] = {}
        """Runs that the recorder has stored, by id; each is shown until Studio has sent it."""
        self._listed: frozenset[str] = frozenset()
        """Ids of the runs that are in the job list, so they need no requests."""
        self._requested: dict[str, str | None] = {}
        """The status that the pipeline had for a run when it was requested, by the run's id."""
        self._visible: dict[str, int] = {}
        """The position of each visible run, by id, in the order in which to request them."""
        self._queue: list[PipelineJob] = []
        """The nodes whose runs are to be requested, the most urgent last."""
        self._in_progress: set[str] = set()
        self._job_backoff = Backoff(SHORTEST_PAUSE, pacing.backoff_cap, SHORTEST_PAUSE)
        self._denied_until = 0.0
        """In the loop's time."""
        self._may_request = asyncio.Event()
        self._jobs_changed = asyncio.Event()

    def subscribe(self, listener: Listener[PipelineDetail]) -> Callable[[], None]:
        """Call `listener` with each snapshot from now on; return a function to unsubscribe it.

        If nobody listened, and the next answer is overdue, the value counts as recalled.
        """
        if not self._listeners:
            due_at = self.snapshot.due_at
            if due_at is not None and due_at < clock.now() and self.snapshot.error is None:
                self.snapshot = replace(self.snapshot, is_recalled=True)
            self._unsubscribe_from_jobs = self._jobs.subscribe(self._on_jobs)
            self._on_jobs(self._jobs.snapshot)
            self._may_request.set()
        leave = super().subscribe(listener)

        def unsubscribe() -> None:
            had_listeners = bool(self._listeners)
            leave()
            if had_listeners and not self._listeners:
                self._unsubscribe_from_jobs()

        return unsubscribe

    @property
    def is_viewed(self) -> bool:
        """Whether this watch has subscribers."""
        return bool(self._listeners)

    def request_first(self, run_ids: Iterable[str]) -> None:
        """Request these visible runs first, in this order."""
        visible = {run_id: position for position, run_id in enumerate(dict.fromkeys(run_ids))}
        if visible != self._visible:
            self._visible = visible
            self._plan_requests()

    def restart(self) -> None:
        """Poll at once; jobs that could not be read are requested again."""
        self._denied_until = 0.0
        self._requested = {
            run_id: status for run_id, status in self._requested.items() if run_id in self._received
        }
        super().restart()

    async def run(self) -> None:
        """Poll while there are subscribers, until canceled; an unexpected exception propagates."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(super().run(), name=f"poll {self.name}")
            tasks.create_task(self._publish_changes(), name=f"publish jobs of {self.name}")
            tasks.create_task(self._recall_detail(), name=f"recall {self.name}")
            for _ in range(AT_ONCE):
                tasks.create_task(self._request_in_turn(), name=f"request jobs of {self.name}")

    async def _recall_detail(self) -> None:
        if self.snapshot.value is None and (recalled := await self._recall_recorded()) is not None:
            self._recorded = recalled.detail.jobs
            self._copy_listed(recalled.detail.pipeline)
            self.recall(self._detail(recalled.detail.pipeline), recalled.at)

    async def _fetch_detail(self) -> PipelineDetail:
        last = self.snapshot.value
        pipeline = with_attempts(await self._read(), last.pipeline if last else None)
        if last is not None and pipeline == last.pipeline:
            pipeline = last.pipeline
        self._copy_listed(pipeline)
        detail = self._detail(pipeline)
        self._plan_requests(pipeline)
        return detail

    async def _read(self) -> Pipeline:
        """Request the pipeline by id; if this Studio does not support that, always by name."""
        if not self._must_use_name:
            try:
                return self._check(await self._client.pipeline(pipeline_id=self.pipeline_id))
            except InvalidRequest:
                if self._name() is None:
                    raise
        # If the request by name succeeds, the id was the reason for the error.
        pipeline = self._check(await self._client.pipeline(name=self._name()))
        self._must_use_name = True
        return pipeline

    def _name(self) -> str | None:
        last = self.snapshot.value
        return (last.pipeline.name if last is not None else None) or self._read_name()

    def _check(self, pipeline: Pipeline) -> Pipeline:
        if pipeline.pipeline_id != self.pipeline_id:
            raise ProtocolError("Studio returned a different pipeline than the requested one.")
        return pipeline

    def _on_jobs(self, snapshot: Snapshot[JobList]) -> None:
        # An error counts as a change, as `_next_node` waits for a job list or an error.
        if snapshot.value is self._last_jobs and snapshot.error is None:
            return
        is_changed = snapshot.value is not self._last_jobs
        self._last_jobs = snapshot.value
        if (last := self.snapshot.value) is not None:
            self._copy_listed(last.pipeline)
            self._plan_requests()
            self._jobs_changed.set()
        if is_changed and self._follows_jobs:
            self.poll_soon()

    def _copy_listed(self, pipeline: Pipeline) -> None:
        run_ids = {node.created_job_id for node in all_runs(pipeline)}
        jobs = self._jobs.snapshot.value
        listed = {job.id: job for job in jobs.jobs if job.id in run_ids} if jobs else {}
        self._received.update(listed)
        self._listed = frozenset(listed)

    def _detail(self, pipeline: Pipeline) -> PipelineDetail:
        """Return the pipeline with its known runs; the last object if nothing has changed."""
        known = {**self._recorded, **self._received}
        jobs = {
            node.created_job_id: job
            for node in all_runs(pipeline)
            if node.created_job_id and (job := known.get(node.created_job_id))
        }
        last = self.snapshot.value
        if last is not None and pipeline is last.pipeline and jobs == last.jobs:
            return last
        return PipelineDetail(pipeline, MappingProxyType(jobs))

    async def _publish_changes(self) -> None:
        while True:
            await self._jobs_changed.wait()
            self._jobs_changed.clear()
            last = self.snapshot.value
            if last is not None and (detail := self._detail(last.pipeline)) is not last:
                self._publish(replace(self.snapshot, value=detail))
            await asyncio.sleep(NOTIFY_INTERVAL)

    def _plan_requests(self, pipeline: Pipeline | None = None) -> None:
        if pipeline is None and self.snapshot.value is not None:
            pipeline = self.snapshot.value.pipeline
        if pipeline is not None:
            nodes = filter(self._needs_request, all_runs(pipeline))
            self._queue = sorted(nodes, key=self._urgency, reverse=True)
            self._may_request.set()

    def _needs_request(self, node: PipelineJob) -> bool:
        run_id = node.created_job_id
        if run_id is None or run_id in self._listed or run_id in self._in_progress:
            return False
        if node.state is JobState.PENDING and run_id not in self._visible:
            return False
        job = self._received.get(run_id)
        if job is not None and job.status == node.status:
            return False
        return run_id not in self._requested or self._requested[run_id] != node.status

    def _urgency(self, node: PipelineJob) -> tuple[int, int]:
        """Return a sort key: visible runs, then unfinished and failed ones, then all others."""
        if (position := self._visible.get(node.created_job_id or "")) is not None:
            return 0, position
        return (2 if node.state.is_finished and node.state is not JobState.FAILED else 1), 0

    def _next_node(self) -> PipelineJob | None:
        jobs = self._jobs.snapshot
        # Wait for the job list: the jobs in it need no requests.
        list_is_missing = jobs.value is None and jobs.error is None
        is_denied = asyncio.get_running_loop().time() < self._denied_until
        if not self.is_viewed or self.snapshot.stopped or is_denied or list_is_missing:
            return None
        while self._queue:
            if self._needs_request(node := self._queue.pop()):
                return node
        return None

    async def _request_in_turn(self) -> None:
        while True:
            await self._reachability.wait()
            node = self._next_node()
            if node is None or (run_id := node.created_job_id) is None:
                self._may_request.clear()
                await self._may_request.wait()
                continue
            self._in_progress.add(run_id)
            try:
                rest = await self._request_run(run_id, node.status)
            finally:
                self._in_progress.discard(run_id)
            await asyncio.sleep(max(rest, self._pacing.job()))

    async def _request_run(self, run_id: str, status: str | None) -> float:
        """Request a run once; return the minimum seconds to rest after it."""
        try:
            with self._reachability.asking():
                job = await self._client.job(run_id)
        except AuthenticationError as error:
            self.stop(error)
            self._reachability.on_refused(error)
            return 0.0
        except PermissionDenied as error:
            logger.warning("jobs of %s cannot be read: %s", self.name, error)
            self._denied_until = asyncio.get_running_loop().time() + DENIED_PAUSE
            return 0.0
        except (InvalidRequest, NotFound) as error:
            logger.info("a job of %s cannot be read: %s", self.name, error)
            self._requested[run_id] = status
            return 0.0
        except StudioError as error:
            # The next poll of the pipeline queues the run again.
            return max(self._pacing.stretch(self._job_backoff.add_failure()), error.retry_after)
        self._job_backoff.reset()
        self._requested[run_id] = status
        if job is not None:
            self._received[run_id] = job
            self._jobs_changed.set()
        return 0.0
