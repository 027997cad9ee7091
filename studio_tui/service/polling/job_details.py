"""Details of the selected job of a list: its files, the end of its log, other runs of its name.

Nothing is requested before the cursor has rested on the job, so that scrolling costs nothing.
Archived logs on other hosts are never requested.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, NamedTuple

from studio_tui import clock
from studio_tui.api.ids import is_usable_id
from studio_tui.api.models import Job
from studio_tui.api.states import WAITING_STATES, JobState
from studio_tui.service.commands.submitted import SentFile, Submitted
from studio_tui.service.listeners import Listeners
from studio_tui.service.logs.log_library import LogLibrary
from studio_tui.service.polling.backoff import wait_for
from studio_tui.service.polling.log_ends import END_BYTES, NOTHING_READ, LogEnd, LogEnds

SELECTION_PAUSE = 0.5
"""Seconds for which a job must be selected before anything is requested."""
CACHED_JOBS = 64

_STATES_WITHOUT_LOG = WAITING_STATES - {JobState.INIT} | {JobState.TASK}


class JobDetails(NamedTuple):
    """Details of a job beyond what Studio lists."""

    files: tuple[SentFile, ...] = ()
    log: LogEnd = NOTHING_READ
    log_state: JobState | None = None
    """The state in which the job was when `log` was read."""
    past_runs: tuple[Job, ...] = ()
    """Other COMPLETE jobs with its name; the one that ended last is first."""


_NO_DETAILS = JobDetails()


class JobDetailsReader:
    """Reads the details of one job at a time; `run` owns every task."""

    def __init__(
        self,
        log_ends: LogEnds,
        logs: LogLibrary,
        read_submitted: Callable[[Job], Awaitable[Submitted | None]],
        read_past_runs: Callable[[Job], Awaitable[tuple[Job, ...]]],
    ) -> None:
        """Initialize; `read_submitted` returns the submission of a job, if it was sent from here.

        `read_past_runs` returns other COMPLETE jobs with the name of a job.
        """
        self._log_ends = log_ends
        self._logs = logs
        self._read_submitted = read_submitted
        self._read_past_runs = read_past_runs
        self._job: Job | None = None
        self._current_id = ""
        """Id of the selected job if its log's end was read since it was selected; else empty."""
        self._selection_changed = asyncio.Event()
        self._details: dict[str, JobDetails] = {}
        """By the id of the job; the one that changed most recently is last."""
        self._listeners = Listeners[[str]]()
        log_ends.subscribe(self._note_log_end)

    def subscribe(self, listener: Callable[[str], None]) -> Callable[[], None]:
        """Call `listener` with the id of each job whose details have changed."""
        return self._listeners.add(listener)

    def get(self, job_id: str) -> JobDetails:
        """Return the details of a job as far as they are known."""
        return self._details.get(job_id, _NO_DETAILS)

    def log_end_read_at(self, job: Job) -> datetime | None:
        """Return when the end of a log was read, if it may have changed since; else `None`."""
        log = self.get(job.id).log
        is_current = self._is_log_final(job) or self._current_id == job.id
        return None if is_current and not log.trouble else log.read_at

    def select(self, job: Job | None) -> None:
        """Select a job, or none; nothing changes if it is selected already, in the same state."""
        before, self._job = self._job, job
        if (before and (before.id, before.state)) != (job and (job.id, job.state)):
            self._current_id = ""
            self._log_ends.select(None)
            self._selection_changed.set()

    def restart(self) -> None:
        """Read the details of the selected job again.

        The end of its log is not read again if it is final and could be read.
        """
        if self._job is not None and self.get(self._job.id).log.trouble:
            self._change(self._job, log_state=None)
        self._selection_changed.set()

    async def run(self) -> None:
        """Read the details of selected jobs until canceled; an unexpected exception propagates."""
        while True:
            await self._selection_changed.wait()
            self._selection_changed.clear()
            job = self._job
            if job is None or not is_usable_id(job.id):
                continue
            if self.get(job.id).log.data is not None:
                await self._read_stored_end(job)  # at once, as the end that is shown may be old
            await wait_for(self._selection_changed, SELECTION_PAUSE)
            if not self._selection_changed.is_set():
                await self._read(job)

    async def _read(self, job: Job) -> None:
        if not self._is_log_final(job):
            if (submitted := await self._read_submitted(job)) is not None and submitted.files:
                self._change(job, files=submitted.files)
            if job.state not in _STATES_WITHOUT_LOG:
                await self._read_stored_end(job)
                if not (self._is_log_final(job) or self._selection_changed.is_set()):
                    self._log_ends.select(job)
        if past := await self._read_past_runs(job):
            self._change(job, past_runs=past)

    async def _read_stored_end(self, job: Job) -> None:
        if self._is_log_final(job):
            return
        stored_end = await self._logs.stored_end(job.id, job.created_at, END_BYTES)
        if stored_end is not None:
            self._note_end(job, LogEnd(stored_end, clock.now(), is_final=job.state.is_finished))

    def _note_log_end(self, job_id: str, end: LogEnd) -> None:
        job = self._log_ends.selected
        if job is None or job.id != job_id or end == NOTHING_READ:
            return
        if end.data is None:
            known = self.get(job_id).log
            end = end._replace(data=known.data, read_at=known.read_at)
        self._note_end(job, end)

    def _note_end(self, job: Job, end: LogEnd) -> None:
        if not end.trouble and self._job is not None and self._job.id == job.id:
            self._current_id = job.id
        self._change(job, log=end, log_state=job.state)

    def _is_log_final(self, job: Job) -> bool:
        details = self.get(job.id)
        return details.log.is_final and details.log_state is job.state

    def _change(self, job: Job, **changes: Any) -> None:
        """Change some details of a job, and notify the listeners unless only a time has changed."""
        before = self._details.pop(job.id, _NO_DETAILS)
        self._details[job.id] = details = before._replace(**changes)
        while len(self._details) > CACHED_JOBS:
            del self._details[next(iter(self._details))]
        if details._replace(log=details.log._replace(read_at=before.log.read_at)) != before:
            self._listeners.notify(job.id)
