"""Decides which job runs when, and follows every started job to its end.

`startable` is the whole rule. `Dispatcher` applies it when a job arrives or ends, and keeps one
task per started job that watches its runner. The database holds the state: a new dispatcher takes
over every unfinished job, however the last dispatcher ended.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from studio_tui import clock
from studio_tui.api.models import QueryType
from studio_tui.api.states import JobState
from studio_tui.local.config.clusters import Clusters
from studio_tui.local.db.database import STORAGE_REST, StorageFull
from studio_tui.local.db.jobs import STARTED, WAITING, JobEnd, JobTable, QueuedJob, Step
from studio_tui.local.db.times import stamp, stamp_if_any
from studio_tui.local.http.uploads import UploadStore
from studio_tui.local.run.local_runner import LocalRunner
from studio_tui.local.run.runner import (
    JobPhase,
    RunReport,
    RunSpec,
    RunStep,
    StartFailed,
)

logger = logging.getLogger(__name__)

FIRST_REST = 0.01
"""Seconds between two checks of a job that has just started."""

LONGEST_REST = 0.2
"""Seconds between two checks of a job that has run for long."""

PATIENCE = 5
"""Unexpected failures of watching a job before it is given up."""

CALM_SECONDS = 60.0
"""Seconds after which earlier failures no longer count, and between attempts to give up."""


def startable(
    queued: Iterable[QueuedJob], busy: Mapping[str, int], capacity: Mapping[str, int]
) -> list[QueuedJob]:
    """Return the queued jobs that may start now, in the order of their start.

    The order is priority, then age. Within a cluster no job overtakes another: if the next one does
    not fit, those behind it wait too, so that small jobs cannot starve a large one. `busy` and
    `capacity` are workers by cluster; a cluster without capacity starts nothing.
    """
    free = {cluster: most - busy.get(cluster, 0) for cluster, most in capacity.items()}
    chosen = []
    for job in sorted(queued, key=lambda job: (job.priority, job.number)):
        if job.workers <= free.get(job.cluster, 0):
            free[job.cluster] -= job.workers
            chosen.append(job)
        else:
            free[job.cluster] = 0
    return chosen


class Dispatcher:
    """Starts queued jobs and follows started ones; without jobs it is idle."""

    def __init__(
        self,
        jobs: JobTable,
        uploads: UploadStore,
        runner: LocalRunner,
        clusters: Callable[[], Clusters],
    ) -> None:
        """Initialise; `clusters` returns the current clusters."""
        self._jobs = jobs
        self._uploads = uploads
        self._runner = runner
        self._clusters = clusters
        self._changed = asyncio.Event()
        self._cancels: dict[str, asyncio.Event] = {}

    def wake(self) -> None:
        """Check the queue again, as a job was added."""
        self._changed.set()

    async def cancel(self, job_id: str) -> JobState | None:
        """Begin to cancel a job; return the state it was in, or `None` if there is no such job.

        A waiting job is CANCELED at once, a started one is CANCELING until it has ended, and an
        ended one stays as it is. When this returns, a started job has been signalled, so that its
        end does not depend on this server. A canceled schedule starts nothing more; runs that
        have started continue.

        This works on a full disk: a started job is signalled before its state is written, and
        deferred writes are done before all others.
        """
        told_in: JobState | None = None
        while True:
            state = await self._jobs.state(job_id)
            if state in {*WAITING, JobState.TASK}:
                is_noted = await self._jobs.cancel_waiting(job_id, state, clock.now())
                if is_noted is None:
                    # If this server dies before writing it, the next one finds the mark.
                    await self._signal(job_id)
            elif state in {JobState.INIT, JobState.RUNNING}:
                await self._signal(job_id)
                told_in = state
                is_noted = await self._jobs.move(job_id, [state], JobState.CANCELING)
            else:
                # If it was signalled here and ended before that was written, this has canceled it.
                return told_in if told_in and state is JobState.CANCELED else state
            if is_noted is not False:
                self._changed.set()
                return state

    async def run(self) -> None:
        """Run until canceled; started jobs are left running."""
        async with asyncio.TaskGroup() as followers:
            followers.create_task(self._jobs.keep_noting_cancels(), name="deferred writes")
            followers.create_task(self._note_earlier_cancels(), name="earlier cancels")
            for job_id in await self._jobs.in_states(STARTED):
                followers.create_task(self._follow(job_id, is_new=False), name=f"job {job_id}")
            while True:
                self._changed.clear()
                try:
                    await self._start_what_fits(followers)
                except StorageFull:
                    logger.warning("The disk is full: no job starts until there is room.")
                    await asyncio.sleep(STORAGE_REST)
                    continue
                await self._changed.wait()

    async def _note_earlier_cancels(self) -> None:
        """Cancel jobs that were canceled while the last server had no space to write it."""
        for job_id in await self._jobs.in_states((JobState.TASK, *WAITING)):
            try:
                if (await self._runner.report(job_id)).canceled:
                    await self.cancel(job_id)
            except Exception:  # a process boundary, between jobs
                logger.exception("Whether job %s was canceled is not known", job_id)

    async def _start_what_fits(self, followers: asyncio.TaskGroup) -> None:
        queued = await self._jobs.enqueue()
        if not queued:
            return
        clusters = self._clusters()
        # A job whose cluster cannot run it waits for a change of the file, without blocking others.
        queued = [job for job in queued if clusters.why_not(job.cluster, job.workers) is None]
        busy = await self._jobs.busy_workers()
        capacity = {cluster.name: cluster.max_workers for cluster in clusters.all}
        for job in startable(queued, busy, capacity):
            # On disk before anything is started: whatever happens next, no job starts twice.
            waited = Step("waiting", job.waits_since, stamp(clock.now()))
            if await self._jobs.begin(job.id, waited):
                followers.create_task(self._follow(job.id, is_new=True), name=f"job {job.id}")

    async def _follow(self, job_id: str, *, is_new: bool) -> None:
        """Follow one started job to its end, then start the next ones.

        Errors do not propagate: other jobs and the server continue.
        """
        canceling = asyncio.create_task(self._cancel_when_asked(job_id), name=f"cancel {job_id}")
        failures: list[Exception] = []
        try:
            while True:
                began = clock.monotonic()
                try:
                    if len(failures) < PATIENCE:
                        await self._run_to_end(job_id, is_new=is_new)
                    else:
                        await self._fail(job_id, failures[-1])
                except (StorageFull, OSError) as error:
                    logger.warning("The end of job %s is recorded later: %s", job_id, error)
                except Exception as error:  # a process boundary, between jobs
                    logger.exception("Job %s could not be watched", job_id)
                    if clock.monotonic() - began > CALM_SECONDS:
                        failures.clear()
                    failures.append(error)
                else:
                    return
                is_new = False  # only the runner can say now whether anything was started
                is_vain = len(failures) > PATIENCE
                await asyncio.sleep(CALM_SECONDS if is_vain else STORAGE_REST)
        finally:
            canceling.cancel()
            await asyncio.wait([canceling])
            self._cancels.pop(job_id, None)
            self._changed.set()

    async def _run_to_end(self, job_id: str, *, is_new: bool) -> None:
        report = RunReport(JobPhase.NOT_STARTED) if is_new else await self._runner.report(job_id)
        if await self._jobs.state(job_id) is JobState.CANCELING:
            self._cancel_event(job_id).set()
        if report.phase is JobPhase.NOT_STARTED:
            report = await self._launch(job_id)
        await self._watch(job_id, report)

    async def _fail(self, job_id: str, failure: Exception) -> None:
        """Stop and fail a job that cannot be watched."""
        await self._runner.cancel(job_id)
        why = f"{type(failure).__name__}: {failure}"[:500]
        message = f"lost: the local Studio cannot watch this job ({why}), so it was stopped"
        ending = JobEnd(JobState.FAILED, clock.now(), error_message=message)
        await self._jobs.end(job_id, STARTED, ending)

    async def _launch(self, job_id: str) -> RunReport:
        """Start a job, unless it was canceled meanwhile; return its first report."""
        if self._cancel_event(job_id).is_set():
            return RunReport(JobPhase.FINISHED, finished_at=clock.now(), canceled=True)
        spec = await self._spec(job_id)
        try:
            await self._runner.start(spec)
        except StartFailed as error:
            report = await self._runner.report(job_id)
            if report.phase is JobPhase.NOT_STARTED:
                return RunReport(JobPhase.LOST, finished_at=clock.now(), error_message=str(error))
            return report
        return await self._runner.report(job_id)

    async def _spec(self, job_id: str) -> RunSpec:
        row = await self._jobs.row(job_id)
        numbers = [int(number) for number in (row["uploads"] or "").split(",") if number]
        uploads = await self._uploads.find(numbers)
        return RunSpec(
            job_id=job_id,
            name=row["name"],
            query=row["query"],
            query_type=QueryType(row["query_type"]),
            environment=json.loads(row["environment"]),
            python_version=row["python_version"],
            requirements=row["requirements"],
            repository=row["repository"],
            files=tuple((upload.basename, upload.path) for upload in uploads.values()),
            workers=row["workers"],
            rerun_from_job_id=row["rerun_from"],
            run_group_id=row["run_group"],
            reset=bool(row["ignore_checkpoints"]),
        )

    async def _watch(self, job_id: str, report: RunReport) -> None:
        """Write what the runner reports to the database until the job has ended."""
        waited = Step(**json.loads((await self._jobs.row(job_id))["steps"])[0])
        noted: tuple[JobPhase, tuple[Step, ...]] = (JobPhase.INIT, (waited,))
        began = clock.monotonic()
        while True:
            steps = (waited, *(_step(step) for step in report.steps))
            if report.phase in {JobPhase.FINISHED, JobPhase.LOST}:
                if self._cancel_event(job_id).is_set():
                    report = replace(report, canceled=True)
                made = await self._runner.lineage(job_id)
                await self._jobs.end(job_id, STARTED, _ending(report, steps), made)
                return
            if noted != (report.phase, steps):
                await self._note(job_id, report, steps)
                noted = report.phase, steps
            age = clock.monotonic() - began
            await asyncio.sleep(min(max(age / 20, FIRST_REST), LONGEST_REST))
            report = await self._runner.report(job_id)

    async def _note(self, job_id: str, report: RunReport, steps: tuple[Step, ...]) -> None:
        is_running = report.phase is JobPhase.RUNNING
        if not (is_running and await self._jobs.running(job_id, report.started_at, steps)):
            await self._jobs.note_steps(job_id, steps)

    async def _signal(self, job_id: str) -> None:
        try:
            await self._runner.cancel(job_id)
        except OSError as error:
            logger.warning("Job %s is canceled later: %s", job_id, error)
            self._cancel_event(job_id).set()

    async def _cancel_when_asked(self, job_id: str) -> None:
        """Signal a job that could not be signalled when it was canceled."""
        await self._cancel_event(job_id).wait()
        while True:
            try:
                await self._runner.cancel(job_id)
            except Exception as error:  # a process boundary, between jobs
                is_foreseen = isinstance(error, OSError)
                logger.warning("Job %s is canceled later", job_id, exc_info=not is_foreseen)
                await asyncio.sleep(STORAGE_REST)
            else:
                return

    def _cancel_event(self, job_id: str) -> asyncio.Event:
        return self._cancels.setdefault(job_id, asyncio.Event())


def _ending(report: RunReport, steps: tuple[Step, ...]) -> JobEnd:
    if report.canceled:
        state = JobState.CANCELED
    elif report.phase is JobPhase.FINISHED and report.exit_code == 0:
        state = JobState.COMPLETE
    else:
        state = JobState.FAILED
    # That its processes were stopped is what the user asked for, and no error.
    is_stopped = report.canceled and report.phase is JobPhase.FINISHED
    return JobEnd(
        state,
        report.finished_at or clock.now(),
        report.started_at,
        report.exit_code,
        None if is_stopped else report.error_message,
        steps,
    )


def _step(step: RunStep) -> Step:
    return Step(step.name, stamp(step.started_at), stamp_if_any(step.finished_at))
