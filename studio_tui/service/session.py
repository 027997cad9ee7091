"""The session of one profile: its pollers, logs and commands."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from studio_tui import clock
from studio_tui.api.client import ResultPage, StudioClient
from studio_tui.api.models import Cluster, Job, Pipeline
from studio_tui.errors import AuthenticationError, StudioError
from studio_tui.service.commands.batch import Batches
from studio_tui.service.commands.create_job import JobCreator, UnconfirmedJob
from studio_tui.service.commands.held import HeldCommands
from studio_tui.service.commands.history import JobHistory
from studio_tui.service.commands.jobs import Commands
from studio_tui.service.commands.journal import Journal
from studio_tui.service.commands.origins import Origins
from studio_tui.service.commands.pipelines import PipelineCommands
from studio_tui.service.commands.reruns import OrderedReruns
from studio_tui.service.commands.schedules import ScheduleCommands
from studio_tui.service.commands.submitted import Submitted
from studio_tui.service.commands.trigger_pipeline import PipelineTrigger
from studio_tui.service.logs.cache import LogCache
from studio_tui.service.logs.log_library import LogLibrary
from studio_tui.service.polling.attempts import AttemptIndex, RelatedJobs
from studio_tui.service.polling.closer_look import CloserLook
from studio_tui.service.polling.dataset_names import DatasetNames
from studio_tui.service.polling.endings import Endings
from studio_tui.service.polling.first_requests import FirstRequests
from studio_tui.service.polling.jobs_feed import JobList, JobsFeed
from studio_tui.service.polling.pipeline_watch import AT_ONCE, Pace, PipelineWatch
from studio_tui.service.polling.pipeline_watches import PipelineWatches
from studio_tui.service.polling.pipelines_feed import PipelineList, PipelinesFeed, is_moving
from studio_tui.service.polling.poller import BACKOFF_CAP, Poller
from studio_tui.service.polling.probe import Probe
from studio_tui.service.polling.progress_watch import ProgressWatch
from studio_tui.service.polling.reachability import Reachability, state_of
from studio_tui.service.polling.schedules_feed import Schedules, SchedulesFeed
from studio_tui.service.recorder.activity import Activity
from studio_tui.service.recorder.archive import Archived, archives
from studio_tui.service.recorder.closer import recall_pipeline
from studio_tui.service.recorder.database import RecorderFile
from studio_tui.service.recorder.holds import Holds
from studio_tui.service.recorder.pruning import Limits
from studio_tui.service.recorder.recorder import Recorder
from studio_tui.service.recorder.recording import Recording, recall
from studio_tui.service.recorder.replay import ReplayTime

T = TypeVar("T")

BUSY_REST = 1.5
"""Seconds between polls of a list with active items."""
IDLE_REST = 10.0
"""Seconds between polls of a list without active items, on a server shared with others."""
CLUSTERS_REST = 30.0
NEAR_CLUSTERS_REST = 3.0
"""Seconds between polls of the clusters on this machine, whose file may be edited."""
SCHEDULES_REST = 30.0
PIPELINES_REST = 5.0
"""Seconds between polls of the list of pipelines, which is long, while one of them is active."""
RUNS_A_SECOND = 2000
"""Jobs of pipelines read per second at most, on average; the rest between polls follows from it."""
JOB_REST = 0.3
NEAR_JOB_REST = 0.05
"""Seconds to rest after a request about one job of a pipeline: remote Studio, local Studio.

Three such requests run concurrently.
"""
NEAR_BACKOFF_CAP = 5.0
"""Maximum seconds between attempts while a Studio on this machine does not answer."""
AWAY_FACTOR = 5.0
"""Factor by which polling slows down while the terminal has no focus."""


class StudioSession:
    """The pollers, logs and commands of one profile; `run` owns their tasks."""

    def __init__(
        self,
        client: StudioClient,
        team: str,
        logs: Path,
        *,
        place: str = "",
        host: str = "",
        near: bool = False,
        state_file: Path | None = None,
        intents: Path | None = None,
        histories: Path | None = None,
        labels: bool = True,
        limits: Limits | None = None,
        undo_seconds: float = 0.0,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        """Initialise; `logs` is the folder of logs, `place` identifies the Studio and team.

        `near`: Studio is on this machine; it is polled more often, and counts as up again once it
        has written its `state_file`. Intents and histories have their own folders, by default
        beside the logs. `labels`: whether new jobs carry labels; `limits` are the recorder's. Batch
        commands wait `undo_seconds` before they are sent.
        """
        self.database = RecorderFile(histories or logs / "ledgers", place)
        self.team = team
        self.is_near = near
        """Whether Studio is on this machine."""
        self._idle_rest = BUSY_REST if near else IDLE_REST
        self._backoff_cap = NEAR_BACKOFF_CAP if near else BACKOFF_CAP
        self._now = now
        self.client = client
        first = FirstRequests()
        self.reachability = Reachability(
            Probe(client, first).send,
            refused=self._stop_all,
            first=first,
            longest_rest=self._backoff_cap,
            sign=lambda: state_of(state_file) if state_file is not None else None,
            now=now,
        )
        self.jobs_feed = JobsFeed(client)
        self.pipelines_feed = PipelinesFeed(client)
        self._schedules_feed = SchedulesFeed(client)
        self.jobs: Poller[JobList] = self._poller("jobs", self._fetch_jobs, self._jobs_rest)
        self.clusters: Poller[ResultPage[Cluster]] = self._poller(
            "clusters",
            self._fetch_clusters,
            lambda _: self._paced(NEAR_CLUSTERS_REST if near else CLUSTERS_REST),
        )
        self.schedules: Poller[Schedules] = self._poller(
            "schedules", self._fetch_schedules, lambda _: self._paced(SCHEDULES_REST)
        )
        self.pipelines: Poller[PipelineList] = self._poller(
            "pipelines", self._fetch_pipelines, self._pipelines_rest
        )
        self._watches = PipelineWatches(self._watch_of)
        self._watch_pace = Pace(
            moving=BUSY_REST,
            resting=self._idle_rest,
            job=NEAR_JOB_REST if near else JOB_REST,
            backoff_cap=self._backoff_cap,
            paced=self._paced,
        )
        self.progress = ProgressWatch(
            client, self.reachability, paced=self._paced, refused=self._stop_all
        )
        self.endings = Endings()
        self.origins = Origins()
        self.recalled = asyncio.Event()
        """Set once the lists on disk have been read."""
        self._attempts = AttemptIndex()
        self.batches = Batches()
        """Running batch commands."""
        self.holds = Holds(self.database)
        self.held = HeldCommands(self.holds, undo_seconds, now=now)
        """Commands that wait to be sent, and can be undone."""
        self.commands = Commands(client, self._changed)
        self.pipeline_commands = PipelineCommands(client, self.commands.cancel, self._changed)
        self.schedule_commands = ScheduleCommands(client, self._changed)
        self.pipeline_trigger = PipelineTrigger(client, self._changed)
        self.datasets = DatasetNames(client, self.reachability)
        journal = Journal(intents or logs / "intents", place)
        self.history = JobHistory(self.database)
        self.job_creator = JobCreator(
            client, journal, self.history, self._changed, made=self._made, labels=labels
        )
        self.reruns = OrderedReruns(client, self.history, self._changed, made=self._reran)
        self.recorder = Recorder(self.database, limits, now=now)
        client.ended = self.recorder.note_call
        self.archive, self.pipeline_archive = archives(self.recorder)
        self.activity = Activity(self.recorder, self.holds, now=now)
        self.recording = Recording(
            self.recorder, self.history, self.origins, learnt=self._publish_jobs_again, now=now
        )
        self.logs = LogLibrary(
            client, LogCache(logs, place), {host}, reachability=self.reachability, now=now
        )
        self.closer_look = CloserLook(
            client,
            self.logs,
            self._submitted,
            self.reachability,
            past=self.recorder.past_runs,
            paced=self._paced,
            refused=self._stop_all,
        )
        self._focused = True
        self.replay: ReplayTime | None = None
        """The playback time, if a recording is replayed instead of polling Studio."""

    @property
    def pollers(self) -> tuple[Poller[Any], ...]:
        """The pollers of all lists."""
        return (self.jobs, self.clusters, self.schedules, self.pipelines)

    @property
    def knows_anything(self) -> bool:
        """Whether any list has been received."""
        return any(poller.snapshot.value is not None for poller in self.pollers)

    async def run(self, tab: str = "jobs") -> None:
        """Poll and follow logs until cancelled; a bug in any task propagates.

        The list of `tab` is requested first; the jobs if it has none.
        """
        lists = {poller.name for poller in self.pollers}
        self.reachability.first.begin_with(tab if tab in lists else self.jobs.name)
        try:
            async with asyncio.TaskGroup() as tasks:
                for poller in self.pollers:
                    tasks.create_task(poller.run(), name=f"poll {poller.name}")
                tasks.create_task(self.reachability.run(), name="probe Studio")
                tasks.create_task(self.logs.run(), name="follow logs")
                tasks.create_task(self.progress.run(), name="watch progress")
                tasks.create_task(self.closer_look.run(), name="look closer")
                tasks.create_task(self._watches.run(), name="watch pipelines")
                tasks.create_task(self.recorder.run(), name="record calls")
                tasks.create_task(self.recording.run(), name="record lists")
                tasks.create_task(self.activity.run(), name="read activity")
                tasks.create_task(self.archive.run(), name="read recorded jobs")
                tasks.create_task(self.pipeline_archive.run(), name="read recorded pipelines")
                if self.replay is not None:
                    tasks.create_task(self.replay.run(self._changed), name="replay")
                tasks.create_task(self._recall(), name="recall what was known")
        finally:
            # Others may have written since the recorder ended, which began its thread again.
            self.database.close()

    def pipeline(self, pipeline_id: str) -> PipelineWatch:
        """Return the watch that polls one pipeline and its jobs while it has subscribers."""
        return self._watches.get(pipeline_id)

    async def unsettled(self) -> tuple[UnconfirmedJob, ...]:
        """Settle open intents of ended runs after the first job list; return those still open."""
        await self.jobs.first()
        return await self.job_creator.settle()

    def known_jobs(self, job_ids: Collection[str]) -> dict[str, Job]:
        """Return the known jobs among these: listed, in watched pipelines, or recorded."""
        wanted = frozenset(job_ids)
        listed = self.jobs.snapshot.value
        jobs = {job.id: job for job in listed.jobs if job.id in wanted} if listed else {}
        recorded = self.archive.snapshot.value or Archived()
        ever_seen = {job_id: recorded.things[job_id] for job_id in wanted & recorded.things.keys()}
        return ever_seen | self._watches.jobs(wanted) | jobs

    def known_pipelines(self) -> PipelineList:
        """Return the known pipelines: those in the list, and those watched."""
        listed = self.pipelines.snapshot.value or PipelineList()
        known = {each.pipeline_id: each for each in listed.pipelines}
        return replace(listed, pipelines=tuple((known | self._watches.pipelines()).values()))

    async def find_jobs(self, job_ids: Sequence[str]) -> tuple[Job, ...]:
        """Return these jobs, requesting unknown ones concurrently, a few at a time.

        Jobs that cannot be read are left out.
        """
        known = self.known_jobs(job_ids)
        turns = asyncio.Semaphore(AT_ONCE)

        async def one(job_id: str) -> Job | None:
            if job_id in known:
                return known[job_id]
            async with turns:
                try:
                    page = await self.client.jobs(limit=1, job_id=job_id)
                except StudioError:
                    return None
            return next((job for job in page.items if job.id == job_id), None)

        found = await asyncio.gather(*map(one, job_ids))
        return tuple(job for job in found if job is not None)

    def kin_of(self, job_id: str) -> RelatedJobs:
        """Return the job that this one resumes, those that resumed it, and its other attempts."""
        origin, successors = self.origins.origin(job_id), self.origins.successors(job_id)
        before, after = self._attempts.around(job_id, self.known_pipelines().pipelines)
        kin = (*((origin,) if origin else ()), *successors, *before, *after)
        return RelatedJobs(origin, successors, self.known_jobs(kin) if kin else {}, before, after)

    def refresh(self) -> None:
        """Poll everything that has subscribers now, including stopped pollers.

        During an outage that is a single probe.
        """
        self.reachability.hurry()
        for poller in (*self.pollers, *self._watches.all()):
            poller.restart()
        self.progress.restart()

    def more_jobs(self) -> None:
        """Request older jobs than those known."""
        self.jobs_feed.want_more()
        self.jobs.poke()

    def more_pipelines(self) -> None:
        """Request older pipelines than those known."""
        self.pipelines_feed.want_more()
        self.pipelines.poke()

    def focus(self, *, focused: bool) -> None:
        """Poll less often while the terminal has no focus, and at once when it regains it."""
        returned = focused and not self._focused
        self._focused = focused
        if returned:
            for poller in (*self.pollers, *self._watches.all()):
                poller.poke()

    def _poller(
        self, name: str, fetch: Callable[[], Awaitable[T]], rest: Callable[[T], float]
    ) -> Poller[T]:
        return Poller(
            name,
            fetch,
            rest,
            refused=self._stop_all,
            reachability=self.reachability,
            backoff_cap=self._backoff_cap,
            now=self._now,
        )

    async def _fetch_jobs(self) -> JobList:
        jobs = await self.jobs_feed.fetch()
        self.endings.check_jobs(jobs.jobs)
        self.recording.take_jobs(jobs, self.jobs_feed.back_to)
        if jobs is self.jobs.snapshot.value:
            return jobs
        if self.is_near:
            # When jobs have changed, so have free workers and most other lists.
            self.clusters.hint()
            self.schedules.hint()
            self.pipelines.hint()
        return jobs

    async def _fetch_pipelines(self) -> PipelineList:
        pipelines = await self.pipelines_feed.fetch()
        self.endings.check_pipelines(pipelines.pipelines)
        self.recording.take_pipelines(pipelines)
        return pipelines

    async def _fetch_clusters(self) -> ResultPage[Cluster]:
        page = await self.client.clusters()
        self.recording.take_list("clusters", page, page.items)
        return page

    async def _fetch_schedules(self) -> Schedules:
        schedules = await self._schedules_feed.fetch()
        self.recording.take_list("schedules", schedules, schedules)
        return schedules

    def _watch_of(self, pipeline_id: str) -> PipelineWatch:
        def name() -> str | None:
            known = self.pipelines.snapshot.value
            pipeline = known.get(pipeline_id) if known is not None else None
            return pipeline.name if pipeline is not None else None

        return PipelineWatch(
            self.client,
            self.jobs,
            pipeline_id,
            self._watch_pace,
            name=name,
            recalled=partial(recall_pipeline, self.database, pipeline_id),
            follows_jobs=self.is_near,
            refused=self._stop_all,
            reachability=self.reachability,
            now=self._now,
        )

    async def _submitted(self, job: Job) -> Submitted | None:
        known = await asyncio.to_thread(self.history.of_jobs, (job,))
        return known.get(job.id)

    async def _recall(self) -> None:
        lists = self.jobs, self.pipelines, self.schedules, self.clusters
        try:
            await recall(self.recorder, *lists)
        finally:
            self.recalled.set()

    def _made(self, job: Job, submitted: Submitted) -> None:
        """Watch a job created here for its end, and record what it resumes."""
        self.endings.watch((job,))
        self.origins.note(job.id, submitted)

    def _reran(self, pipeline: Pipeline, submitted: Mapping[str, Submitted]) -> None:
        """Watch a pipeline of repeated jobs for its end, and record what they resume."""
        self.endings.watch_pipelines((pipeline,))
        for job_id, known in submitted.items():
            self.origins.note(job_id, known)

    def _publish_jobs_again(self) -> None:
        """Publish the jobs again, as the disk has shown what some of them resume or are runs of."""
        self.jobs.publish_again()

    def _changed(self) -> None:
        """Poll again what a command may have changed."""
        self.jobs.poke()
        self.schedules.poke()
        self.pipelines.poke()
        for watch in self._watches.all():
            watch.poke()

    def _pipelines_rest(self, pipelines: PipelineList) -> float:
        moving = any(map(is_moving, pipelines.pipelines))
        rest = min(PIPELINES_REST, self._idle_rest) if moving else self._idle_rest
        runs = sum(len(pipeline.job_runs) for pipeline in pipelines.pipelines)
        return self._paced(max(rest, runs / RUNS_A_SECOND))

    def _jobs_rest(self, jobs: JobList) -> float:
        moving = any(not job.state.is_finished for job in jobs.jobs)
        return self._paced(BUSY_REST if moving else self._idle_rest)

    def _paced(self, seconds: float) -> float:
        return seconds if self._focused else seconds * AWAY_FACTOR

    def _stop_all(self, error: AuthenticationError) -> None:
        """Stop all polling: a rejected token is rejected everywhere and must not be retried."""
        for poller in (*self.pollers, *self._watches.all()):
            poller.stop(error)
        self.progress.stop()
        self.reachability.refuse(error)
