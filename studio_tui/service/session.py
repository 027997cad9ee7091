"""The session of one profile: its pollers, logs and commands."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

from studio_tui.api.calls import Call
from studio_tui.api.client import StudioClient
from studio_tui.api.models import Job, Pipeline
from studio_tui.errors import AuthenticationError
from studio_tui.files import file_version
from studio_tui.service.commands.batch import Batches
from studio_tui.service.commands.create_job import JobCreator, UnconfirmedJob
from studio_tui.service.commands.held import HeldCommands
from studio_tui.service.commands.jobs import cancel_job
from studio_tui.service.commands.journal import Journal
from studio_tui.service.commands.pipelines import PipelineCommands
from studio_tui.service.commands.reruns import OrderedReruns
from studio_tui.service.commands.schedules import ScheduleCommands
from studio_tui.service.commands.submitted import Submitted
from studio_tui.service.commands.trigger_pipeline import PipelineTrigger
from studio_tui.service.known_items import KnownItems
from studio_tui.service.lists import Lists
from studio_tui.service.logs.cache import LogCache
from studio_tui.service.logs.log_library import LogLibrary
from studio_tui.service.pacing import Pacing
from studio_tui.service.polling.dataset_catalog import DatasetCatalog
from studio_tui.service.polling.endings import Endings
from studio_tui.service.polling.job_details import JobDetailsReader
from studio_tui.service.polling.log_ends import LogEnds
from studio_tui.service.polling.pipeline_watch import PipelineWatch
from studio_tui.service.polling.pipeline_watches import PipelineWatches
from studio_tui.service.polling.reachability import Reachability
from studio_tui.service.polling.waking import watch_for_waking
from studio_tui.service.recorder.answer_recorder import recall_pipeline
from studio_tui.service.recorder.database import RecorderFile
from studio_tui.service.recorder.records import Records

if TYPE_CHECKING:
    from studio_tui.service.recorder.replay import ReplayTime


# The folders have the names that the journal and the recorder had at first: other names would make
# files of earlier versions unreachable.
RECORDER_FOLDER = "ledgers"
_JOURNAL_FOLDER = "intents"


class StudioCommands:
    """The commands of one session; jobs and reruns that they create are watched until they end."""

    def __init__(
        self,
        client: StudioClient,
        journal: Journal,
        records: Records,
        endings: Endings,
        on_changed: Callable[[], None],
        *,
        labels: bool,
    ) -> None:
        """Initialize; `on_changed` is called after a job was created or a pipeline stopped."""
        self._client = client
        self._on_changed = on_changed
        self._origins = records.origins
        self._endings = endings
        self.pipelines = PipelineCommands(client, self.cancel_job, on_changed)
        self.schedules = ScheduleCommands(client)
        self.pipeline_trigger = PipelineTrigger(client)
        self.job_creator = JobCreator(
            client, journal, records.history, on_created=self._watch_job, labels=labels
        )
        self.reruns = OrderedReruns(client, records.history, on_created=self._watch_reruns)

    async def cancel_job(self, job_id: str) -> None:
        """Cancel a job, whose end is then not reported; see `jobs.cancel_job`."""
        with self._endings.canceling(job_id):
            await cancel_job(self._client, job_id)

    def _watch_job(self, job: Job, submitted: Submitted) -> None:
        self._endings.watch((job,))
        self._origins.note(job.id, submitted)
        self._on_changed()

    def _watch_reruns(self, pipeline: Pipeline, submitted: Mapping[str, Submitted]) -> None:
        self._endings.watch_pipelines((pipeline,))
        for job_id, submission in submitted.items():
            self._origins.note(job_id, submission)


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """Where a session runs and keeps its files, and how it behaves."""

    profile: str = ""
    host: str = ""
    """The host from which archived logs may be fetched without asking the user."""
    is_local: bool = False
    can_restart: bool = False
    state_file: Path | None = None
    """The file that the server of a local Studio writes when it starts.

    When the file changes in an outage, Studio is probed at once.
    """
    state_folder: Path | None = None
    """The folder of the journal and of the recorder; `None` for the folder of logs."""
    labels: bool = True
    """Whether new jobs get a label by which they can be found."""
    undo_seconds: float = 0.0
    """Seconds during which a bulk command can be undone; 0 sends it at once."""


class StudioSession:
    """The pollers, logs and commands of one profile; `run` owns their tasks."""

    def __init__(
        self,
        client: StudioClient,
        team: str,
        logs: Path,
        options: SessionOptions | None = None,
    ) -> None:
        options = options or SessionOptions()
        self.team = team
        self.client = client
        self.is_local = options.is_local
        self.can_restart = options.can_restart
        """Whether the dashboard can start Studio again; if a user stopped it, only after ctrl+r."""
        self.is_restarting = options.can_restart
        """Whether Studio is restarted if it is not running; false while only ctrl+r starts it."""
        self.recalled = asyncio.Event()
        """Set once the recorder's lists, from earlier runs of the program, have been loaded."""
        self.replay: ReplayTime | None = None
        """The playback time, if a recording is replayed instead of polling Studio."""
        self._pacing = Pacing(is_local=options.is_local)
        self.reachability = self._make_reachability(options.state_file)
        state_folder = options.state_folder or logs
        database = RecorderFile(state_folder / RECORDER_FOLDER, options.profile)
        self.records = Records(database)
        client.on_request_end = self._note_call
        self.endings = Endings()
        self.lists = self._make_lists()
        self.pollers = self.lists.all
        self.jobs, self.clusters = self.lists.jobs, self.lists.clusters
        self.schedules, self.pipelines = self.lists.schedules, self.lists.pipelines
        self._watches = PipelineWatches(self._create_watch)
        self.known_items = KnownItems(
            client, self.lists, self._watches, self.records.jobs, self.records.origins
        )
        self.log_ends = LogEnds(client, self.reachability, stretch=self._pacing.stretch)
        cache = LogCache(logs, options.profile)
        self.logs = LogLibrary(client, cache, {options.host}, reachability=self.reachability)
        self.job_details = JobDetailsReader(
            self.log_ends, self.logs, self.records.submitted, self.records.recorder.past_runs
        )
        self.datasets = DatasetCatalog(client, self.reachability)
        self.batches = Batches()
        self.held = HeldCommands(self.records.holds, options.undo_seconds)
        self.commands = StudioCommands(
            client,
            Journal(state_folder / _JOURNAL_FOLDER, options.profile),
            self.records,
            self.endings,
            self._poll_changes,
            labels=options.labels,
        )

    async def run(self, tab: str = "jobs") -> None:
        """Poll and follow logs until canceled; request the list of `tab`, else the jobs, first."""
        lists = {poller.name for poller in self.pollers}
        self.reachability.begin_with(tab if tab in lists else self.jobs.name)
        async with asyncio.TaskGroup() as tasks:
            for poller in self.pollers:
                tasks.create_task(poller.run(), name=f"poll {poller.name}")
            tasks.create_task(self.reachability.run(), name="probe Studio")
            tasks.create_task(self.logs.run(), name="follow logs")
            tasks.create_task(self.log_ends.run(), name="read ends of logs")
            tasks.create_task(self.job_details.run(), name="read job details")
            tasks.create_task(self._watches.run(), name="watch pipelines")
            tasks.create_task(self.records.run(), name="record")
            if self.replay is not None:
                tasks.create_task(self.replay.run(self._poll_replayed), name="replay")
            else:
                waking = watch_for_waking(self._poll_after_sleep)
                tasks.create_task(waking, name="notice waking")
            tasks.create_task(self._recall(), name="recall lists")

    def pipeline(self, pipeline_id: str) -> PipelineWatch:
        """Return the watch that polls one pipeline and its jobs while it has subscribers."""
        return self._watches.get(pipeline_id)

    async def settle_open_intents(self) -> tuple[UnconfirmedJob, ...]:
        """Search for the jobs of open intents; return those not found.

        Waits for the first list of jobs, as Studio must be reachable for the search.
        """
        await self.jobs.first_answer()
        return await self.commands.job_creator.settle_open_intents()

    def refresh(self) -> None:
        """Poll at once everything that has subscribers, and start stopped pollers again."""
        self.reachability.hurry()
        for poller in (*self.pollers, *self._watches.all()):
            poller.restart()
        self.log_ends.restart()
        self.job_details.restart()

    def request_more_jobs(self) -> None:
        self.lists.jobs_feed.request_more()
        self.jobs.poke()

    def request_more_pipelines(self) -> None:
        self.lists.pipelines_feed.request_more()
        self.pipelines.poke()

    def set_focus(self, *, focused: bool) -> None:
        """Poll less often while the terminal has no focus, and at once when it regains it."""
        returned = focused and not self._pacing.focused
        self._pacing.focused = focused
        if returned:
            self._poll_all()

    def _poll_all(self) -> None:
        self._pacing.expect_changes()
        for poller in (*self.pollers, *self._watches.all()):
            poller.poke()

    async def _poll_after_sleep(self) -> None:
        if not self.is_local:
            # Studio has closed the connections meanwhile: a request on one would fail.
            await self.client.aclose()
        self._poll_all()

    def _make_reachability(self, state_file: Path | None) -> Reachability:
        # In turn, as only one of these lists may be broken.
        lists: Iterator[Callable[..., Awaitable[object]]] = cycle(
            (self.client.jobs, self.client.pipelines)
        )
        return Reachability(
            lambda: next(lists)(limit=1),
            on_refused=self._stop_all,
            longest_rest=self._pacing.backoff_cap,
            read_sign=lambda: file_version(state_file),
        )

    def _make_lists(self) -> Lists:
        return Lists(
            self.client,
            self._pacing,
            self.reachability,
            self.endings,
            self.records.answer_recorder,
            is_local=self.is_local,
        )

    def _create_watch(self, pipeline_id: str) -> PipelineWatch:
        def read_name() -> str | None:
            listed = self.pipelines.snapshot.value
            pipeline = listed.get(pipeline_id) if listed is not None else None
            return pipeline.name if pipeline is not None else None

        return PipelineWatch(
            self.client,
            self.jobs,
            pipeline_id,
            self._pacing,
            read_name=read_name,
            recall=partial(recall_pipeline, self.records.database, pipeline_id),
            follows_jobs=self.is_local,
            reachability=self.reachability,
        )

    async def _recall(self) -> None:
        try:
            await self.lists.recall(self.records.recorder)
        finally:
            self.recalled.set()

    def _note_call(self, call: Call) -> None:
        self.records.recorder.note_call(call)
        if call.changes:
            self._poll_changes()

    def _poll_changes(self) -> None:
        self._pacing.expect_changes()
        self.lists.poke()
        for watch in self._watches.all():
            watch.poke()

    def _poll_replayed(self) -> None:
        """Poll all that the replay has changed: clusters too, as jobs use their workers."""
        self._poll_changes()
        self.clusters.poke()

    def _stop_all(self, error: AuthenticationError) -> None:
        """Stop all polling: every request would have the rejected token, which is not retried."""
        for poller in (*self.pollers, *self._watches.all()):
            poller.stop(error)
        self.log_ends.stop()
        self.reachability.refuse(error)
