"""Details of the selected job of a list: its files, the end of its log, other runs of its name.

Nothing is requested before the cursor has rested on the job, so that scrolling costs nothing.
Archived logs on other hosts are never requested.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from datetime import datetime
from typing import Any, NamedTuple

from studio_tui import clock
from studio_tui.api.client import StudioClient
from studio_tui.api.ids import is_usable_id
from studio_tui.api.log_stream import LogMessages
from studio_tui.api.models import Job
from studio_tui.api.states import JobState
from studio_tui.errors import (
    AuthenticationError,
    BrokenAnswer,
    RateLimited,
    ServerError,
    StudioError,
    TransportError,
)
from studio_tui.service.commands.submitted import SentFile, Submitted
from studio_tui.service.listeners import Listeners
from studio_tui.service.logs.log_library import LogLibrary
from studio_tui.service.polling.backoff import Backoff, wait_for
from studio_tui.service.polling.reachability import LOG_STREAM, LONGEST_PAUSE, Reachability

SELECTION_PAUSE = 0.5
"""Seconds for which a job must be selected before anything is requested."""
END_BYTES = 64 * 1024
STREAM_LIMIT = 1024 * 1024
"""Number of characters after which a log is no longer followed for its preview."""
RUNNING_INTERVAL = 2.0
"""Seconds between two requests for the end of the log of a job that stays selected."""
CACHED_JOBS = 64

_STATES_WITHOUT_LOG = frozenset(
    {
        JobState.CREATED,
        JobState.SCHEDULED,
        JobState.QUEUED,
        JobState.PENDING,
        JobState.PROVISIONING,
        JobState.TASK,
    }
)

logger = logging.getLogger(__name__)


class JobDetails(NamedTuple):
    """Details of a job beyond what Studio lists."""

    files: tuple[SentFile, ...] = ()
    end: bytes | None = None
    """The last bytes of the log, untrusted; they can begin within a line. `None` if unknown."""
    trouble: str = ""
    past_runs: tuple[Job, ...] = ()
    """Other COMPLETE jobs with its name; the one that ended last is first."""


_NO_DETAILS = JobDetails()
_TOO_LONG = "The log is too long to be read from its beginning for a preview: open it."


class JobDetailsReader:
    """Reads the details of one job at a time, in tasks that `run` owns."""

    def __init__(
        self,
        source: StudioClient,
        logs: LogLibrary,
        read_submitted: Callable[[Job], Awaitable[Submitted | None]],
        reachability: Reachability | None = None,
        *,
        read_past_runs: Callable[[Job], Awaitable[tuple[Job, ...]]],
        stretch: Callable[[float], float] = lambda seconds: seconds,
    ) -> None:
        """Initialize; `read_submitted` returns the submission of a job, if it was sent from here.

        `read_past_runs` returns other COMPLETE jobs with the name of a job. `stretch` stretches a
        rest in seconds while the terminal has no focus.
        """
        self._source = source
        self._logs = logs
        self._read_submitted = read_submitted
        self._read_past_runs = read_past_runs
        self._reachability = reachability or Reachability()
        self._stretch = stretch
        self._job: Job | None = None
        self._selection_changed = asyncio.Event()
        self._details: dict[str, JobDetails] = {}
        """By the id of the job; the one that changed most recently is last."""
        self._read_at: dict[str, datetime] = {}
        """When the end of a job's log was last received or found unchanged, by the job's id."""
        self._current_id = ""
        """Id of the selected job if its log's end was read since it was selected; else empty."""
        self._read_in_state: dict[str, JobState] = {}
        """The state in which a job's files and log were read for good, by id."""
        self._listeners = Listeners[[str]]()

    def subscribe(self, listener: Callable[[str], None]) -> Callable[[], None]:
        """Call `listener` with the id of each job whose details have changed."""
        return self._listeners.add(listener)

    def get(self, job_id: str) -> JobDetails:
        """Return the details of a job as far as they are known."""
        return self._details.get(job_id, _NO_DETAILS)

    def end_as_of(self, job: Job) -> datetime | None:
        """Return when the end of a log was read, if it may have changed since; else `None`."""
        is_final = self._read_in_state.get(job.id) is job.state
        is_current = is_final or self._current_id == job.id
        return None if is_current and not self.get(job.id).trouble else self._read_at.get(job.id)

    def select(self, job: Job | None) -> None:
        """Select a job, or none; nothing changes if it is selected already, in the same state."""
        before, self._job = self._job, job
        if (before and (before.id, before.state)) != (job and (job.id, job.state)):
            self._current_id = ""
            self._selection_changed.set()

    def restart(self) -> None:
        """Read the details of the selected job again, unless all of them are known for good."""
        if self._job is not None and self.get(self._job.id).trouble:
            self._read_in_state.pop(self._job.id, None)
        self._selection_changed.set()

    async def run(self) -> None:
        """Read the details of selected jobs until canceled; an unexpected exception propagates."""
        while True:
            await self._selection_changed.wait()
            self._selection_changed.clear()
            job = self._job
            if job is None or not is_usable_id(job.id):
                continue
            if self.get(job.id).end is not None:
                await self._read_stored_end(job)  # at once, as the end that is shown may be old
            await wait_for(self._selection_changed, SELECTION_PAUSE)
            if not self._selection_changed.is_set():
                await self._read_while_selected(job)

    async def _read_while_selected(self, job: Job) -> None:
        async with asyncio.TaskGroup() as tasks:
            reading = (
                tasks.create_task(self._read_past(job), name="read other runs of a job"),
                tasks.create_task(self._read_job(job), name="read details of a job"),
            )
            await self._selection_changed.wait()
            for task in reading:
                task.cancel()

    async def _read_past(self, job: Job) -> None:
        if past := await self._read_past_runs(job):
            self._change(job, trouble=self.get(job.id).trouble, past_runs=past)

    async def _read_job(self, job: Job) -> None:
        if self._read_in_state.get(job.id) is job.state:
            return
        if (submitted := await self._read_submitted(job)) is not None and submitted.files:
            self._change(job, files=submitted.files)
        if job.state in _STATES_WITHOUT_LOG:
            return
        await self._read_stored_end(job)
        if self._read_in_state.get(job.id) is not job.state:
            await self._request_log_end(job)

    async def _read_stored_end(self, job: Job) -> None:
        if self._read_in_state.get(job.id) is job.state:
            return
        stored_end = await self._logs.stored_end(job.id, job.created_at, END_BYTES)
        if stored_end is not None:
            self._note_end(job, stored_end)
            if job.state.is_finished:
                self._note_read(job)

    async def _request_log_end(self, job: Job) -> None:
        """Request the end of the log: once if the job has ended, repeatedly otherwise."""
        etag: str | None = None
        backoff = Backoff(RUNNING_INTERVAL, LONGEST_PAUSE, RUNNING_INTERVAL)
        while True:
            rest = RUNNING_INTERVAL
            await self._reachability.wait()
            try:
                with self._reachability.asking("end of a log"):
                    body = await self._source.job_log_end(job.id, END_BYTES, etag=etag)
            except AuthenticationError as error:
                self._reachability.on_refused(error)
                return
            except (TransportError, RateLimited, ServerError, BrokenAnswer) as error:
                self._change(job, trouble=str(error))
                rest = max(backoff.add_failure(), error.retry_after)
            except StudioError as error:
                logger.info("end of the log of job %s: %s", job.id, error)
                if job.state is not JobState.RUNNING:
                    self._change(job, trouble=str(error))
                    self._note_read(job)
                    return
                if not await self._follow(job):
                    return
                rest = backoff.add_failure()
            else:
                backoff.reset()
                etag = body.etag
                end = self.get(job.id).end if body.unchanged else body.data[-END_BYTES:]
                self._note_end(job, end)
                if job.state.is_finished:
                    self._note_read(job)
                    return
            await asyncio.sleep(self._stretch(rest))

    async def _follow(self, job: Job) -> bool:
        """Follow the log of a running job whose end Studio does not return, up to `STREAM_LIMIT`.

        An archived log is not read, as its host must not be contacted only for a preview. Returns
        whether to connect again.
        """
        end, received = b"", 0
        try:
            async with aclosing(self._source.follow_log(job.id)) as frames:
                async for frame in frames:
                    self._reachability.note_success(LOG_STREAM)
                    if not isinstance(frame, LogMessages):
                        continue
                    for piece in frame.items:
                        received += len(piece.text)
                        end = (end + piece.text[-END_BYTES:].encode("utf-8", "replace"))[
                            -END_BYTES:
                        ]
                    self._note_end(job, end)
                    if received > STREAM_LIMIT:
                        self._change(job, trouble=_TOO_LONG)
                        return False
        except AuthenticationError as error:
            self._reachability.on_refused(error)
            return False
        except StudioError as error:
            self._change(job, trouble=str(error))
        return True

    def _note_end(self, job: Job, end: bytes | None) -> None:
        """Note the end of a log as it is now."""
        if self._job is not None and self._job.id == job.id:
            self._current_id = job.id
        self._read_at[job.id] = clock.now()
        self._change(job, end=end)

    def _change(self, job: Job, *, trouble: str = "", **changes: Any) -> None:
        """Change some details of a job and notify the listeners; clears `trouble` by default."""
        before = self._details.pop(job.id, _NO_DETAILS)
        self._details[job.id] = details = before._replace(trouble=trouble, **changes)
        while len(self._details) > CACHED_JOBS:
            oldest = next(iter(self._details))
            self._read_in_state.pop(oldest, None)
            self._read_at.pop(oldest, None)
            del self._details[oldest]
        if details != before:
            self._listeners.notify(job.id)

    def _note_read(self, job: Job) -> None:
        if job.id in self._details:
            self._read_in_state[job.id] = job.state
