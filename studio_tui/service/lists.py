"""The lists of one Studio: polls them, reports what has ended, and records each list."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from studio_tui.api.client import StudioClient
from studio_tui.api.models import Cluster, Job, Pipeline
from studio_tui.api.pages import ResultPage
from studio_tui.service.pacing import Pacing
from studio_tui.service.polling.endings import Endings
from studio_tui.service.polling.jobs_feed import READ_LIMIT, JobList, JobsFeed
from studio_tui.service.polling.pipelines_feed import PipelineList, PipelinesFeed
from studio_tui.service.polling.poller import Poller
from studio_tui.service.polling.reachability import Reachability
from studio_tui.service.polling.schedules_feed import Schedules, SchedulesFeed
from studio_tui.service.recorder.answer_recorder import AnswerRecorder
from studio_tui.service.recorder.recorder import Recorder

T = TypeVar("T")


class Lists:
    """The pollers of all lists."""

    def __init__(
        self,
        client: StudioClient,
        pacing: Pacing,
        reachability: Reachability,
        endings: Endings,
        answer_recorder: AnswerRecorder,
        *,
        is_local: bool,
    ) -> None:
        self.jobs_feed = JobsFeed(client)
        self.pipelines_feed = PipelinesFeed(client)
        self._schedules_feed = SchedulesFeed(client)
        self._client = client
        self._endings = endings
        self._answer_recorder = answer_recorder
        self._is_local = is_local

        def make_poller(
            name: str, fetch: Callable[[], Awaitable[T]], rest: Callable[[T], float]
        ) -> Poller[T]:
            cap = pacing.backoff_cap
            return Poller(name, fetch, rest, reachability=reachability, backoff_cap=cap)

        self.jobs = make_poller("jobs", self._fetch_jobs, pacing.jobs)
        self.clusters = make_poller("clusters", self._fetch_clusters, pacing.clusters)
        self.schedules = make_poller("schedules", self._fetch_schedules, pacing.schedules)
        self.pipelines = make_poller("pipelines", self._fetch_pipelines, pacing.pipelines)
        answer_recorder.on_origins_changed = self.jobs.publish_again

    @property
    def all(self) -> tuple[Poller[Any], ...]:
        """The pollers of all lists."""
        return (self.jobs, self.clusters, self.schedules, self.pipelines)

    def poke(self) -> None:
        """Poll the lists that a command may have changed: all but the clusters."""
        self.jobs.poke()
        self.schedules.poke()
        self.pipelines.poke()

    async def recall(self, recorder: Recorder) -> None:
        """Let the pollers start with the recorded lists, unless Studio has answered before."""
        if recalled := await asyncio.to_thread(recorder.recall, "jobs", Job, READ_LIMIT):
            self.jobs.recall(JobList(recalled.items, recalled.has_all), recalled.at)
        if recalled := await asyncio.to_thread(recorder.recall, "pipelines", Pipeline):
            self.pipelines.recall(PipelineList(recalled.items, recalled.has_all), recalled.at)
        if recalled := await asyncio.to_thread(recorder.recall, "schedules", Job):
            self.schedules.recall(recalled.items, recalled.at)
        if recalled := await asyncio.to_thread(recorder.recall, "clusters", Cluster):
            self.clusters.recall(ResultPage(recalled.items), recalled.at)

    async def _fetch_jobs(self) -> JobList:
        jobs = await self.jobs_feed.fetch()
        self._endings.check_jobs(jobs.jobs)
        self._answer_recorder.record_jobs(jobs, self.jobs_feed.complete_since)
        if self._is_local and jobs is not self.jobs.snapshot.value:
            # A change of the jobs often changes the free workers and the other lists too.
            self.clusters.poll_soon()
            self.schedules.poll_soon()
            self.pipelines.poll_soon()
        return jobs

    async def _fetch_pipelines(self) -> PipelineList:
        pipelines = await self.pipelines_feed.fetch()
        self._endings.check_pipelines(pipelines.pipelines)
        self._answer_recorder.record_pipelines(pipelines)
        return pipelines

    async def _fetch_clusters(self) -> ResultPage[Cluster]:
        page = await self._client.clusters()
        self._answer_recorder.record_list("clusters", page, page.items)
        return page

    async def _fetch_schedules(self) -> Schedules:
        schedules = await self._schedules_feed.fetch()
        self._answer_recorder.record_list("schedules", schedules, schedules)
        return schedules
