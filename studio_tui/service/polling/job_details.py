"""Details of the selected job in a list: its files, and the end of its log.

Nothing is requested before the cursor has rested on the job, so that scrolling through a list costs
nothing. Logs on this machine are read there; otherwise Studio is asked for a part of the log, and
no other host ever is.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any, NamedTuple

from studio_tui.api.client import StudioClient
from studio_tui.api.ids import can_be_used
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
from studio_tui.service.polling.poller import wait_for
from studio_tui.service.polling.reachability import LOG_STREAM, Reachability

AFTER = 0.5
"""Seconds of rest on a job before anything is requested."""
LENGTH = 64 * 1024
"""Bytes of a log's end that are requested."""
STREAM = 1024 * 1024
"""Bytes that a websocket may bring before it is closed."""
AGAIN = 2.0
"""Seconds between requests for the log of a running job."""
PAST_AGAIN = 15.0
"""Seconds between reads of the recorded runs of a job's name, some of which may be active."""
REMEMBERED = 64
"""Number of jobs whose details are cached."""

_SILENT = frozenset(
    {
        JobState.CREATED,
        JobState.SCHEDULED,
        JobState.QUEUED,
        JobState.PENDING,
        JobState.PROVISIONING,
        JobState.TASK,
    }
)
"""States in which a job has printed nothing yet."""

logger = logging.getLogger(__name__)


class JobDetails(NamedTuple):
    """Details of a job beyond what Studio lists."""

    files: tuple[SentFile, ...] = ()
    end: bytes | None = None
    """The last bytes of its log, untrusted, may begin within a line; `None` if not known yet."""
    trouble: str = ""
    """Why the log cannot be read; a safe sentence."""
    past: tuple[Job, ...] = ()
    """Other COMPLETE runs of its name, newest first."""


_NOTHING = JobDetails()


async def _none_known(_job: Job) -> tuple[Job, ...]:
    return ()


class JobDetailsReader:
    """Reads the details of one job at a time; `run` owns the task that does."""

    def __init__(
        self,
        source: StudioClient,
        logs: LogLibrary,
        submitted: Callable[[Job], Awaitable[Submitted | None]],
        reachability: Reachability | None = None,
        *,
        past: Callable[[Job], Awaitable[tuple[Job, ...]]] = _none_known,
        paced: Callable[[float], float] = lambda seconds: seconds,
        refused: Callable[[AuthenticationError], None] = lambda _: None,
    ) -> None:
        """Initialise; `submitted` returns the submission of a job, if it was from here.

        `past` returns other runs of a job's name.
        `paced` stretches a rest in seconds while the terminal has no focus; `refused` is called
        when the token is rejected.
        """
        self._source = source
        self._logs = logs
        self._submitted = submitted
        self._past = past
        self._reachability = reachability or Reachability()
        self._paced = paced
        self._refused = refused
        self._job: Job | None = None
        self._turned = asyncio.Event()
        self._details: dict[str, JobDetails] = {}
        self._settled: dict[str, JobState] = {}
        """Jobs whose details are complete, and the state in which they were."""
        self._listeners = Listeners[[str]]()

    def subscribe(self, listener: Callable[[str], None]) -> Callable[[], None]:
        """Call `listener` with the ids of jobs with new details; return how to unsubscribe."""
        return self._listeners.add(listener)

    def get(self, job_id: str) -> JobDetails:
        """Return the known details of a job."""
        return self._details.get(job_id, _NOTHING)

    def select(self, job: Job | None) -> None:
        """Select a job, or none; selecting the same one again changes nothing."""
        before, self._job = self._job, job
        if (before and (before.id, before.state)) != (job and (job.id, job.state)):
            self._turned.set()

    async def run(self) -> None:
        """Read the details of selected jobs until canceled; a bug propagates."""
        while True:
            await self._turned.wait()
            self._turned.clear()
            job = self._job
            if job is None or not can_be_used(job.id):
                continue
            await wait_for(self._turned, AFTER)
            if not self._turned.is_set():
                await self._while_here(job)

    async def _while_here(self, job: Job) -> None:
        """Read the details of a job until another is selected."""
        learning = asyncio.create_task(self._read(job), name="read the details of a job")
        turning = asyncio.create_task(self._turned.wait(), name="stop reading details")
        try:
            await asyncio.wait({learning, turning}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            learning.cancel()
            turning.cancel()
            await asyncio.wait({learning, turning})
        if not learning.cancelled():
            learning.result()

    async def _read(self, job: Job) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_past(job), name="read other runs of a job")
            tasks.create_task(self._load(job), name="read details of a job")

    async def _keep_past(self, job: Job) -> None:
        """Read the other runs of a job's name again and again, as long as it is selected."""
        while True:
            if past := await self._past(job):
                self._note(job, trouble=self.get(job.id).trouble, past=past)
            await asyncio.sleep(self._paced(PAST_AGAIN))

    async def _load(self, job: Job) -> None:
        """Read what the job itself has, unless all of it is known."""
        if self._settled.get(job.id) is job.state:
            return
        if (parts := await self._submitted(job)) is not None and parts.files:
            self._note(job, files=parts.files)
        if job.state in _SILENT:
            return
        known = await self._logs.known_end(job.id, job.created_at, LENGTH)
        if known is not None:
            self._note(job, end=known)
            if job.state.is_finished:
                self._settle(job)
                return
        await self._request_ends(job)

    async def _request_ends(self, job: Job) -> None:
        """Request the end of the log: once for a job that has ended, else repeatedly."""
        etag: str | None = None
        while True:
            rest = AGAIN
            await self._reachability.wait()
            try:
                with self._reachability.asking("end of a log"):
                    body = await self._source.job_log_end(job.id, LENGTH, etag=etag)
            except AuthenticationError as error:
                self._refused(error)
                return
            except (TransportError, RateLimited, ServerError, BrokenAnswer) as error:
                rest = max(rest, error.asked_rest)
            except StudioError as error:
                logger.info("end of the log of job %s: %s", job.id, error)
                if job.state is JobState.RUNNING:
                    await self._follow(job)
                else:
                    self._note(job, trouble=str(error))
                    self._settle(job)
                return
            else:
                etag = body.etag
                if not body.unchanged:
                    self._note(job, end=body.data[-LENGTH:])
                if job.state.is_finished:
                    self._settle(job)
                    return
            await asyncio.sleep(self._paced(rest))

    async def _follow(self, job: Job) -> None:
        """Follow the log of a running job whose end Studio does not return, up to `STREAM` bytes.

        Archived logs are on another host, which is not contacted just for a preview.
        """
        end, received = b"", 0
        try:
            async with aclosing(self._source.follow_log(job.id)) as frames:
                async for frame in frames:
                    self._reachability.answered(LOG_STREAM)
                    if not isinstance(frame, LogMessages):
                        continue
                    for piece in frame.items:
                        received += len(piece.text)
                        end = (end + piece.text[-LENGTH:].encode("utf-8", "replace"))[-LENGTH:]
                    self._note(job, end=end)
                    if received > STREAM:
                        return
        except AuthenticationError as error:
            self._refused(error)
        except StudioError as error:
            self._note(job, trouble=str(error))

    def _note(self, job: Job, *, trouble: str = "", **changes: Any) -> None:
        """Change some of the details of a job, and publish that."""
        before = self._details.pop(job.id, _NOTHING)
        self._details[job.id] = details = before._replace(trouble=trouble, **changes)
        while len(self._details) > REMEMBERED:
            oldest = next(iter(self._details))
            self._settled.pop(oldest, None)
            del self._details[oldest]
        if details != before:
            self._listeners.notify(job.id)

    def _settle(self, job: Job) -> None:
        if job.id in self._details:
            self._settled[job.id] = job.state


def sent_files(files: tuple[SentFile, ...]) -> Mapping[str, int | None]:
    """Return the sizes in bytes of files by name, or by id if the name is unknown."""
    return {file.label or file.id: file.size for file in files}
