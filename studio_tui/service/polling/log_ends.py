"""Reads the ends of the logs of the selected job and of running jobs in sight, for their progress.

A few logs are followed over websockets. The ends of the others are polled by REST, one at a time.
The end of the selected job's log is polled too, until its websocket, which begins with the whole
log, has caught up.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, cast

from studio_tui import clock
from studio_tui.api.client import StudioClient
from studio_tui.api.log_stream import Closed, LogMessages, StatusFrame
from studio_tui.api.models import Job
from studio_tui.api.states import FINISHED_STATES, JobState
from studio_tui.errors import (
    AnswerTooLarge,
    AuthenticationError,
    BrokenAnswer,
    NotFound,
    PermissionDenied,
    ProtocolError,
    RateLimited,
    ServerError,
    StudioError,
    TransportError,
)
from studio_tui.service.listeners import Listeners
from studio_tui.service.polling.backoff import DENIED_PAUSE, Backoff, wait_for
from studio_tui.service.polling.reachability import Reachability

END_BYTES = 64 * 1024
PROGRESS_BYTES = 4096
"""Bytes that are requested if the job is not the selected one: enough for a progress bar."""
MAX_FOLLOWED = 8
"""Websockets at once, besides that of the selected job."""
REPLAY_CHARACTERS = 4 * 1024 * 1024
"""Characters that a websocket may bring at once, as it begins with the whole log."""
CHARACTERS_PER_SECOND = 256 * 1024
"""Further characters that a websocket may bring; if it brings more, the log is polled."""
MAX_FRUITLESS_CONNECTIONS = 3
"""Consecutive connections without data after which a log is polled instead."""
RECONNECT_PAUSE = 5.0
"""Minimum seconds between two connections, during which the log is polled."""
LONGEST_REST = 60.0
REQUEST_PAUSE = 0.5
"""Minimum seconds between two requests, except for the selected job."""
SAME_LOG_PAUSE = 2.0
"""Minimum seconds between two requests for the same log."""
NOTIFY_INTERVAL = 0.25

_TEMPORARY = (TransportError, RateLimited, ServerError, BrokenAnswer)

logger = logging.getLogger(__name__)


class LogEnd(NamedTuple):
    """The end of a job's log as far as it is known."""

    data: bytes | None = None
    """The last bytes, untrusted; they can begin anywhere. `None` if unknown."""
    read_at: datetime | None = None
    """When they were received or found unchanged."""
    trouble: str = ""
    """Why they could not be read again, a sentence; empty if they could."""
    is_final: bool = False
    """Whether they are not read again while the job has the same state."""


NOTHING_READ = LogEnd()


@dataclass(slots=True, eq=False)
class _Log:
    job_id: str
    state: JobState
    end: LogEnd = NOTHING_READ
    tail: bytearray = field(default_factory=bytearray)
    """The last bytes that its websocket has brought."""
    received: int = -1
    """Bytes that its websocket has brought, from the start of the log on; -1 if it has none."""
    size: int = -1
    """Bytes of the log when they were last counted; -1 if they were not."""
    following: asyncio.Task[None] | None = None
    etag: str | None = None
    due: float = 0.0
    """Earliest time of the next request for its end, in the loop's time."""
    backoff: Backoff = field(default_factory=lambda: Backoff(SAME_LOG_PAUSE, LONGEST_REST))

    @property
    def is_live(self) -> bool:
        """Whether its websocket has brought the whole log, and brings what follows."""
        return self.received >= self.size >= 0


class LogEnds:
    """Reads the ends of the logs of watched jobs and of the selected one; `run` owns every task."""

    def __init__(
        self,
        source: StudioClient,
        reachability: Reachability | None = None,
        *,
        stretch: Callable[[float], float] = lambda seconds: seconds,
    ) -> None:
        """Initialize; `stretch` stretches a rest in seconds while the terminal has no focus."""
        self._source = source
        self._reachability = reachability or Reachability()
        self._stretch = stretch
        self._watched: tuple[str, ...] = ()
        self.selected: Job | None = None
        self._logs: dict[str, _Log] = {}
        self._denied: dict[str, _Log] = {}
        """Logs that the token may not read, whose due times must not be forgotten."""
        self._following: set[asyncio.Task[None]] = set()
        """Tasks that may have a websocket, also while they close it."""
        self._request: asyncio.Task[None] | None = None
        self._next_request_at = 0.0
        """Earliest time of the next request, except for the selected job, in the loop's time."""
        self._listeners = Listeners[[str, LogEnd]]()
        self._changed_logs: set[_Log] = set()
        self._is_stopped = False
        self._changed = asyncio.Event()
        """Set when there may be logs that are not followed yet."""
        self._may_poll = asyncio.Event()
        self._has_unpublished = asyncio.Event()

    def subscribe(self, listener: Callable[[str, LogEnd], None]) -> Callable[[], None]:
        """Call `listener` with the id of each job whose log's end was read, and with that end.

        Returns a function to unsubscribe it.
        """
        return self._listeners.add(listener)

    def watch(self, job_ids: Iterable[str]) -> None:
        """Read the ends of the logs of exactly these running jobs, and of the selected job."""
        self._watched = tuple(job_ids)
        self._choose_logs()

    def select(self, job: Job | None) -> None:
        """Read the end of the log of this job before those of others, and more of it."""
        self.selected = job
        self._choose_logs()
        if job is not None and (log := self._logs.get(job.id)) is not None:
            if not log.is_live:
                # What was read for the progress is short, and may be from before the end.
                log.end, log.etag = LogEnd(trouble=log.end.trouble), None
                log.due = log.due if log.end.trouble else 0.0
            self._publish(log)
            if self._request is not None:
                self._request.cancel()  # the selected job must not wait for it

    def stop(self) -> None:
        """Send nothing until restarted, as a rejected token must not be retried."""
        self._is_stopped = True
        self._choose_logs()

    def restart(self) -> None:
        """Request at once what could not be read, also after `stop`."""
        self._is_stopped = False
        self._denied.clear()
        for log in self._logs.values():
            if log.end.trouble:
                log.due, log.end = 0.0, NOTHING_READ
        self._choose_logs()

    async def run(self) -> None:
        """Read until canceled; an unexpected exception propagates."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._request_in_turn(tasks), name="request ends of logs")
            tasks.create_task(self._notify_listeners(), name="publish ends of logs")
            while True:
                await self._changed.wait()
                self._changed.clear()
                self._follow_some(tasks)
                self._may_poll.set()

    def _choose_logs(self) -> None:
        selected = {} if self.selected is None else {self.selected.id: self.selected.state}
        states = selected | dict.fromkeys(self._watched, JobState.RUNNING) | selected
        before, self._logs = self._logs, {}
        for job_id, state in states.items() if not self._is_stopped else ():
            log = before.get(job_id) or self._denied.get(job_id)
            self._logs[job_id] = log if log and log.state is state else _Log(job_id, state)
        for job_id, log in before.items():
            if self._logs.get(job_id) is not log and log.following is not None:
                log.following.cancel()
        self._changed.set()

    def _publish(self, log: _Log, **changes: Any) -> None:
        log.end = log.end._replace(**changes)
        self._changed_logs.add(log)
        self._has_unpublished.set()

    async def _notify_listeners(self) -> None:
        while True:
            await self._has_unpublished.wait()
            self._has_unpublished.clear()
            changed, self._changed_logs = self._changed_logs, set()
            for log in changed:
                if self._logs.get(log.job_id) is log:
                    self._listeners.notify(log.job_id, log.end)
            await asyncio.sleep(self._stretch(NOTIFY_INTERVAL))

    def _refuse(self, error: AuthenticationError) -> None:
        self.stop()
        self._reachability.on_refused(error)

    # --- websockets ------------------------------------------------------------------------------

    def _follow_some(self, tasks: asyncio.TaskGroup) -> None:
        """Follow the selected log and as many others as may be followed."""
        others = [log for log in self._logs.values() if not self._is_selected(log)]
        followed = [log for log in others if log.following in self._following]
        for log in followed[MAX_FOLLOWED:]:
            cast("asyncio.Task[None]", log.following).cancel()
            log.following = None
        for log in self._logs.values():
            has_place = len(self._following) < MAX_FOLLOWED or self._is_selected(log)
            if has_place and log.following is None and log.state is JobState.RUNNING:
                log.following = tasks.create_task(self._follow(log), name="follow progress")
                self._following.add(log.following)
                log.following.add_done_callback(self._give_place)

    def _give_place(self, task: asyncio.Task[None]) -> None:
        self._following.discard(task)
        self._changed.set()

    async def _follow(self, log: _Log) -> None:
        backoff = Backoff(RECONNECT_PAUSE, LONGEST_REST, RECONNECT_PAUSE)
        while not log.end.is_final and backoff.failures < MAX_FRUITLESS_CONNECTIONS:
            await self._reachability.wait()
            try:
                await self._read_connection(log, backoff)
            except AuthenticationError as error:
                self._refuse(error)
                return
            except StudioError as error:
                logger.info("progress of a job is not followed: %s", error)
                self._reachability.note_failure(error)
                if isinstance(error, PermissionDenied | ProtocolError):
                    return
            await asyncio.sleep(self._stretch(backoff.add_failure()))

    async def _read_connection(self, log: _Log, backoff: Backoff) -> None:
        loop = asyncio.get_running_loop()
        began, last_id, characters = loop.time(), 0, 0
        log.tail.clear()
        log.received = 0
        try:
            async with aclosing(self._source.follow_log(log.job_id)) as frames:
                async for frame in frames:
                    if isinstance(frame, Closed):
                        return
                    self._reachability.note_success()
                    if isinstance(frame, StatusFrame) and frame.word in FINISHED_STATES:
                        log.end = log.end._replace(is_final=True)
                    if not isinstance(frame, LogMessages):
                        continue
                    backoff.reset()
                    for piece in frame.items:
                        characters += len(piece.text)
                        if piece.id > last_id:
                            last_id, added = piece.id, piece.text.encode("utf-8", "replace")
                            log.received += len(added)
                            log.tail += added[-END_BYTES:]
                    del log.tail[:-END_BYTES]
                    if log.is_live or (log.received > log.size and not self._is_selected(log)):
                        self._publish_tail(log)
                    seconds = loop.time() - began
                    if characters > REPLAY_CHARACTERS + CHARACTERS_PER_SECOND * seconds:
                        raise AnswerTooLarge("The log is too long.")
        finally:
            log.size, log.received, log.etag = max(log.size, log.received), -1, None
            self._may_poll.set()

    def _publish_tail(self, log: _Log) -> None:
        self._publish(log, data=bytes(log.tail), read_at=clock.now(), trouble="")

    # --- REST ------------------------------------------------------------------------------------

    async def _request_in_turn(self, tasks: asyncio.TaskGroup) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._reachability.wait()
            self._may_poll.clear()
            polled = filter(self._is_polled, self._logs.values())
            log = min(polled, key=lambda log: (self._turn_at(log), log.due), default=None)
            if log is None:
                await self._may_poll.wait()
            elif (seconds := self._turn_at(log) - loop.time()) > 0:
                await wait_for(self._may_poll, seconds)
            else:
                self._request = tasks.create_task(self._request_end(log))
                await asyncio.wait((self._request,))

    def _is_selected(self, log: _Log) -> bool:
        return self.selected is not None and self.selected.id == log.job_id

    def _is_polled(self, log: _Log) -> bool:
        is_followed = log.is_live or (log.received >= 0 and not self._is_selected(log))
        return not (is_followed or log.end.is_final)

    def _turn_at(self, log: _Log) -> float:
        return log.due if self._is_selected(log) else max(log.due, self._next_request_at)

    async def _request_end(self, log: _Log) -> None:
        length = END_BYTES if self._is_selected(log) else PROGRESS_BYTES
        rest = retry_after = 0.0
        try:
            with self._reachability.asking():
                body = await self._source.job_log_end(log.job_id, length, etag=log.etag)
        except AuthenticationError as error:
            self._refuse(error)
        except StudioError as error:
            logger.info("the end of the log of job %s: %s", log.job_id, error)
            is_temporary, retry_after = isinstance(error, _TEMPORARY), error.retry_after
            if not is_temporary:
                log.size = 0  # whatever its websocket brings is all that can be read
            if isinstance(error, PermissionDenied):
                self._denied[log.job_id] = log
                rest = DENIED_PAUSE
            elif not isinstance(error, NotFound):
                rest = self._stretch(log.backoff.add_failure())
            is_final = not is_temporary and log.state is not JobState.RUNNING
            self._publish(log, trouble=str(error), is_final=is_final)
        else:
            self._denied.pop(log.job_id, None)
            log.backoff.reset()
            log.etag, data = body.etag, log.end.data
            if not body.unchanged:
                data, log.size = body.data[-length:], body.offset + len(body.data)
            is_final = log.end.is_final or log.state.is_finished
            self._publish(log, data=data, read_at=clock.now(), trouble="", is_final=is_final)
        if log.is_live:
            self._publish_tail(log)
        now = asyncio.get_running_loop().time()
        log.due = now + max(self._stretch(SAME_LOG_PAUSE), rest, retry_after)
        self._next_request_at = now + max(self._stretch(REQUEST_PAUSE), retry_after)
