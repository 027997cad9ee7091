"""Decides which job runs when, and follows every started job to its end.

All state is in the database and in the runner's files. So a new dispatcher takes over every
unfinished job, however the last dispatcher ended.
"""

import asyncio
import json
import logging
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace

from studio_tui import clock
from studio_tui.api.states import JobState
from studio_tui.local.config.clusters import ClusterFile
from studio_tui.local.db import jobs
from studio_tui.local.db.database import RETRY_SECONDS, Database, StorageFull
from studio_tui.local.db.jobs import STARTED, WAITING, JobEnd, QueuedJob
from studio_tui.local.db.times import from_stamp
from studio_tui.local.http.uploads import UploadStore
from studio_tui.local.run.local_runner import LocalRunner
from studio_tui.local.run.runner import (
    JobPhase,
    RunReport,
    RunStep,
    StartFailed,
)
from studio_tui.local.shim.message_limit import cut_message

logger = logging.getLogger(__name__)

FIRST_PAUSE = 0.01
"""Seconds between two checks of a job that has just started."""

LONGEST_PAUSE = 0.2
"""Maximum seconds between two checks of a job."""

CLUSTERS_EVERY = 2.0
"""Seconds between checks of the cluster file while jobs wait."""

MAX_FAILURES = 5
"""Number of unexpected failures to watch a job after which it is stopped and is FAILED."""

CALM_SECONDS = 60.0
"""Seconds without failure after which earlier failures to watch a job no longer count.

Also the seconds between attempts to stop a job that cannot be stopped.
"""


def startable(
    queued: Iterable[QueuedJob], busy: Mapping[str, int], capacity: Mapping[str, int]
) -> list[QueuedJob]:
    """Return the queued jobs that may start now, in the order of their start.

    The order is priority, then age. Within a cluster no job overtakes another, as otherwise small
    jobs could keep a large job waiting forever. `busy` and `capacity` are numbers of workers by
    cluster; in a cluster that `capacity` lacks, no job starts.
    """
    free = {cluster: total - busy.get(cluster, 0) for cluster, total in capacity.items()}
    chosen = []
    for job in sorted(queued, key=lambda job: (job.priority, job.number)):
        if job.workers <= free.get(job.cluster, 0):
            free[job.cluster] -= job.workers
            chosen.append(job)
        else:
            free[job.cluster] = 0
    return chosen


class Dispatcher:
    """Starts queued jobs and watches started jobs; without jobs it is idle."""

    def __init__(
        self,
        database: Database,
        uploads: UploadStore,
        runner: LocalRunner,
        cluster_file: ClusterFile,
    ) -> None:
        self._database = database
        self._uploads = uploads
        self._runner = runner
        self._cluster_file = cluster_file
        self._changed = asyncio.Event()
        self._cancel_events: dict[str, asyncio.Event] = {}

    def wake(self) -> None:
        """Check the queue again, as a job was added or the clusters have changed."""
        self._changed.set()

    async def cancel(self, job_id: str) -> JobState | None:
        """Begin to cancel a job; return the state it was in, or `None` if there is no such job.

        A waiting job is CANCELED at once. A started job is CANCELING until it has ended; it ends
        even if this server dies. The started runs of a schedule continue.

        This works on a full disk: a started job is signaled before its state is written, and
        deferred writes are done before all others.
        """
        signaled_in: JobState | None = None
        while True:
            state = await self._database.read(jobs.state_of, job_id)
            if state in {*WAITING, JobState.TASK}:
                ending = JobEnd(JobState.CANCELED, clock.now())
                is_written = await self._database.write_or_defer(jobs.end, job_id, (state,), ending)
                if is_written is None:
                    # The write is deferred. If this server dies before it is done, the next server
                    # finds the mark that the runner leaves in the job's folder.
                    await self._signal(job_id)
            elif state in {JobState.INIT, JobState.RUNNING}:
                await self._signal(job_id)
                signaled_in = state
                is_written = await self._database.write_or_defer(
                    jobs.move, job_id, (state,), JobState.CANCELING
                )
            else:
                # A job that was signaled here may have ended before CANCELING was written: it is
                # CANCELED already, but by this call.
                return signaled_in if signaled_in and state is JobState.CANCELED else state
            # False: the job has left `state` meanwhile, so its new state is tried.
            if is_written is not False:
                self._changed.set()
                return state

    async def run(self) -> None:
        """Run until canceled; started jobs are left running."""
        async with asyncio.TaskGroup() as followers:
            followers.create_task(self._database.keep_writing_deferred(), name="deferred writes")
            followers.create_task(self._note_earlier_cancels(), name="earlier cancels")
            for job_id in await self._database.read(jobs.ids_in_states, STARTED):
                followers.create_task(self._follow(job_id, is_new=False), name=f"job {job_id}")
            while True:
                self._changed.clear()
                try:
                    are_waiting = await self._start_queued(followers)
                except StorageFull:
                    logger.warning("The disk is full: no job starts until there is room.")
                    await asyncio.sleep(RETRY_SECONDS)
                    continue
                await self._wait_for_change(CLUSTERS_EVERY if are_waiting else None)

    async def _wait_for_change(self, check_every: float | None) -> None:
        """Wait for `wake` or a change of the clusters, looked for every `check_every` seconds."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), check_every)
                return
            if await self._cluster_file.reread():
                return

    async def _note_earlier_cancels(self) -> None:
        """Record the cancels of waiting jobs that the last server had no disk space to write."""
        waiting = (JobState.TASK, *WAITING)
        for job_id in await self._database.read(jobs.ids_in_states, waiting):
            try:
                if (await self._runner.report(job_id)).canceled:
                    await self.cancel(job_id)
            except Exception:  # a bug about one job must not keep the others from being checked
                logger.exception("Whether job %s was canceled is not known", job_id)

    async def _start_queued(self, followers: asyncio.TaskGroup) -> bool:
        """Start the jobs that can start; return whether others wait."""
        if await self._database.read(jobs.ids_in_states, (JobState.CREATED,)):
            await self._database.write(jobs.enqueue)
        queued = await self._database.read(jobs.queue)
        if not queued:
            return False
        await self._cluster_file.reread()
        clusters = self._cluster_file.clusters
        waiting = len(queued)
        # A job that its cluster cannot run waits for a change of the cluster file, and blocks no
        # other job.
        queued = [job for job in queued if clusters.why_not_start(job.cluster, job.workers) is None]
        busy = await self._database.read(jobs.busy_workers)
        capacity = {cluster.name: cluster.max_workers for cluster in clusters.all}
        for job in startable(queued, busy, capacity):
            # Recorded on disk before anything is started: after a crash no job starts twice.
            waiting_step = RunStep("waiting", from_stamp(job.waits_since), clock.now())
            if await self._database.write(jobs.begin, job.id, waiting_step):
                followers.create_task(self._follow(job.id, is_new=True), name=f"job {job.id}")
            waiting -= 1
        return waiting > 0

    async def _follow(self, job_id: str, *, is_new: bool) -> None:
        """Follow a started job to its end; `is_new`: nothing of it was executed yet."""
        cancel_task = asyncio.create_task(self._retry_cancel(job_id), name=f"cancel {job_id}")
        failures: list[Exception] = []
        try:
            while True:
                began = clock.monotonic()
                try:
                    if len(failures) < MAX_FAILURES:
                        await self._run_to_end(job_id, is_new=is_new)
                    else:
                        await self._fail(job_id, failures[-1])
                except (StorageFull, OSError) as error:
                    logger.warning("Job %s cannot be watched at the moment: %s", job_id, error)
                except Exception as error:  # a bug about one job must not stop the others
                    logger.exception("Job %s could not be watched", job_id)
                    if clock.monotonic() - began > CALM_SECONDS:
                        failures.clear()
                    failures.append(error)
                else:
                    return
                is_new = False  # the job may have been started before the failure
                has_failed_to_stop = len(failures) > MAX_FAILURES
                await asyncio.sleep(CALM_SECONDS if has_failed_to_stop else RETRY_SECONDS)
        finally:
            cancel_task.cancel()
            await asyncio.wait([cancel_task])
            self._cancel_events.pop(job_id, None)
            self._changed.set()

    async def _run_to_end(self, job_id: str, *, is_new: bool) -> None:
        report = RunReport(JobPhase.NOT_STARTED)
        row = await self._database.read(jobs.full_row, job_id)
        if not is_new:
            was_started = row["started_at"] is not None
            report = await self._runner.report(job_id, was_started=was_started)
        if row["state"] == JobState.CANCELING:
            self._cancel_event(job_id).set()
        if report.phase is JobPhase.NOT_STARTED:
            report = await self._launch(row)
        await self._watch(row, report)

    async def _fail(self, job_id: str, failure: Exception) -> None:
        await self._runner.cancel(job_id)
        why = cut_message(f"{type(failure).__name__}: {failure}")
        message = f"lost: the local Studio cannot watch this job ({why}), so it was stopped"
        end = JobEnd(JobState.FAILED, clock.now(), error_message=message)
        await self._database.write_or_defer(jobs.end, job_id, STARTED, end)

    async def _launch(self, row: sqlite3.Row) -> RunReport:
        """Start a job, unless it was canceled meanwhile; return its first report."""
        job_id = row["id"]
        if self._cancel_event(job_id).is_set():
            return RunReport(JobPhase.FINISHED, finished_at=clock.now(), canceled=True)
        try:
            numbers = [int(number) for number in (row["uploads"] or "").split(",") if number]
            uploads = await self._uploads.find(numbers)
            files = [(upload.basename, upload.path) for upload in uploads.values()]
            await self._runner.start(dict(row), files)
        except StartFailed as error:
            report = await self._runner.report(job_id)
            if report.phase is JobPhase.NOT_STARTED:
                return RunReport(JobPhase.LOST, finished_at=clock.now(), error_message=str(error))
            return report
        return await self._runner.report(job_id)

    async def _watch(self, row: sqlite3.Row, report: RunReport) -> None:
        job_id, first = row["id"], json.loads(row["steps"])[0]
        waiting_step = RunStep(
            "waiting", from_stamp(first["started_at"]), from_stamp(first["finished_at"])
        )
        recorded: tuple[JobPhase, tuple[RunStep, ...]] = (JobPhase.INIT, (waiting_step,))
        began = clock.monotonic()
        while True:
            steps = (waiting_step, *report.steps)
            if report.phase in {JobPhase.FINISHED, JobPhase.LOST}:
                if self._cancel_event(job_id).is_set():
                    report = replace(report, canceled=True)
                lineage = await self._runner.lineage(job_id)
                end = _job_end(report, steps)
                await self._database.write_or_defer(jobs.end, job_id, STARTED, end, lineage)
                return
            if recorded != (report.phase, steps):
                await self._database.write(jobs.record_progress, job_id, report.started_at, steps)
                recorded = report.phase, steps
            age = clock.monotonic() - began
            await asyncio.sleep(min(max(age / 20, FIRST_PAUSE), LONGEST_PAUSE))
            report = await self._runner.report(job_id, was_started=True)

    async def _signal(self, job_id: str) -> None:
        try:
            await self._runner.cancel(job_id)
        except OSError as error:
            logger.warning("Job %s is canceled later: %s", job_id, error)
            self._cancel_event(job_id).set()

    async def _retry_cancel(self, job_id: str) -> None:
        await self._cancel_event(job_id).wait()
        while True:
            try:
                await self._runner.cancel(job_id)
            except Exception as error:  # whatever fails, the cancel is tried again
                is_expected = isinstance(error, OSError)
                logger.warning("Job %s is canceled later", job_id, exc_info=not is_expected)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    def _cancel_event(self, job_id: str) -> asyncio.Event:
        """Return the event that is set if a job must be canceled and may not have been signaled."""
        return self._cancel_events.setdefault(job_id, asyncio.Event())


def _job_end(report: RunReport, steps: tuple[RunStep, ...]) -> JobEnd:
    if report.canceled:
        state = JobState.CANCELED
    elif report.phase is JobPhase.FINISHED and report.exit_code == 0:
        state = JobState.COMPLETE
    else:
        state = JobState.FAILED
    # A job that was canceled has no error message, unless it was lost.
    is_as_requested = report.canceled and report.phase is JobPhase.FINISHED
    return JobEnd(
        state,
        report.finished_at or clock.now(),
        report.started_at,
        report.exit_code,
        None if is_as_requested else report.error_message,
        steps,
    )
