"""Keeps the last bytes of the logs of visible jobs, which may contain progress bars.

A few logs are followed over websockets. The ends of the others are polled by REST, one at a time.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass

from studio_tui.api.client import StudioClient
from studio_tui.api.log_stream import Closed, LogMessages, StatusFrame
from studio_tui.api.states import FINISHED_STATES
from studio_tui.errors import (
    AuthenticationError,
    NotFound,
    PermissionDenied,
    ProtocolError,
    StudioError,
)
from studio_tui.service.listeners import Listeners
from studio_tui.service.polling.backoff import DENIED_PAUSE, Backoff
from studio_tui.service.polling.reachability import LOG_STREAM, Reachability

END_BYTES = 4096
MAX_FOLLOWED = 8
REPLAY_CHARACTERS = 4 * 1024 * 1024
"""Characters that a websocket may bring at once, as it begins with the whole log."""
CHARACTERS_PER_SECOND = 256 * 1024
"""Further characters that a websocket may bring; if it brings more, the log is polled."""
MAX_FRUITLESS_CONNECTIONS = 3
"""Consecutive connections without data after which a log is polled instead."""
BACKOFF_BASE = 1.0
BACKOFF_CAP = 60.0
REQUEST_PAUSE = 0.5
SAME_LOG_PAUSE = 3.0
"""Minimum seconds between two requests for the same log; `REQUEST_PAUSE` is that for any log."""
UNREADABLE_PAUSE = 60.0
"""Further seconds before the next request for a log whose answer could not be understood."""
NOTIFY_INTERVAL = 0.25

logger = logging.getLogger(__name__)

Listener = Callable[[str, bytes], None]
"""Called with the id of a job and the last bytes of its log: untrusted, may begin anywhere."""


@dataclass(slots=True, eq=False)
class _Log:
    job_id: str
    end: bytes = b""
    last_id: int = 0
    """Id of the last piece received; a new connection first repeats all pieces up to it."""
    task: asyncio.Task[None] | None = None
    is_polled: bool = False
    is_over: bool = False
    etag: str | None = None
    due: float = 0.0
    """Earliest time of the next request for the log, in the loop's time."""


class ProgressWatch:
    """Watches the logs of some jobs; `run` owns every task."""

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
        self._logs: dict[str, _Log] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        """Tasks that follow a log, including those of dropped logs that are still closing."""
        self._denied_until: dict[str, float] = {}
        """When logs that the token may not read are requested again, by the id of the job."""
        self._listeners = Listeners[[str, bytes]]()
        self._changed_logs: set[_Log] = set()
        self._backoff = self._new_backoff()
        self._is_stopped = False
        self._changed = asyncio.Event()
        """Set when the choice of the logs that are followed must be checked."""
        self._may_poll = asyncio.Event()
        self._has_unpublished = asyncio.Event()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` when a watched log has changed; return a function to unsubscribe it."""
        return self._listeners.add(listener)

    def watch(self, job_ids: Iterable[str]) -> None:
        """Watch exactly these jobs, the first of them over websockets."""
        ids = dict.fromkeys(job_ids)
        if list(ids) == list(self._logs):
            return
        for job_id, log in self._logs.items():
            if job_id not in ids and log.task is not None:
                log.task.cancel()
        self._logs = {job_id: self._logs.get(job_id) or self._new_log(job_id) for job_id in ids}
        self._changed.set()

    def _new_log(self, job_id: str) -> _Log:
        """Return the state of a newly watched log; one that may not be read keeps its due time."""
        due = self._denied_until.get(job_id)
        return _Log(job_id) if due is None else _Log(job_id, is_polled=True, due=due)

    def stop(self) -> None:
        """Send nothing until restarted, as a rejected token must not be retried."""
        self._is_stopped = True
        for task in self._tasks:
            task.cancel()

    def restart(self) -> None:
        """Continue if this watch was stopped; what is known of the logs is forgotten."""
        if self._is_stopped:
            self._is_stopped = False
            self._denied_until.clear()
            self._logs = {job_id: _Log(job_id) for job_id in self._logs}
            self._changed.set()

    async def run(self) -> None:
        """Watch until canceled; an unexpected exception propagates."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._request_in_turn(), name="request ends of logs")
            tasks.create_task(self._notify_listeners(), name="publish progress")
            while True:
                await self._changed.wait()
                self._changed.clear()
                if not self._is_stopped:
                    self._start_following(tasks)

    def _start_following(self, tasks: asyncio.TaskGroup) -> None:
        for log in self._logs.values():
            if log.task is None and not log.is_over and not log.is_polled:
                if len(self._tasks) >= MAX_FOLLOWED:
                    break
                log.task = tasks.create_task(self._follow(log), name="follow progress")
                self._tasks.add(log.task)
                log.task.add_done_callback(self._forget_task)
        if self._polled_logs():
            self._may_poll.set()

    def _forget_task(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._changed.set()

    def _polled_logs(self) -> list[_Log]:
        if self._is_stopped:
            return []
        return [log for log in self._logs.values() if log.task is None and not log.is_over]

    async def _follow(self, log: _Log) -> None:
        backoff = self._new_backoff()
        try:
            while backoff.failures < MAX_FRUITLESS_CONNECTIONS and not log.is_over:
                await self._reachability.wait()
                last_id = log.last_id
                try:
                    if not await self._read_connection(log):
                        return
                except AuthenticationError as error:
                    self._refuse(error)
                    return
                except StudioError as error:
                    logger.info("progress of a job is not followed: %s", error)
                    self._reachability.note_failure(LOG_STREAM, error)
                    if isinstance(error, PermissionDenied | ProtocolError):
                        return
                if log.last_id > last_id:
                    backoff.reset()
                    rest = backoff.rest()
                else:
                    rest = backoff.add_failure()
                if not log.is_over:
                    await asyncio.sleep(self._stretch(rest))
        finally:
            log.task, log.is_polled = None, True

    async def _read_connection(self, log: _Log) -> bool:
        """Read one connection to its end; return False if it brought too many characters."""
        loop = asyncio.get_running_loop()
        began, received = loop.time(), 0
        if not log.last_id:
            log.end = b""  # the bytes that were polled come again
        async with aclosing(self._source.follow_log(log.job_id)) as frames:
            async for frame in frames:
                if not isinstance(frame, Closed):
                    self._reachability.note_success(LOG_STREAM)
                if isinstance(frame, StatusFrame) and frame.word in FINISHED_STATES:
                    log.is_over = True
                if not isinstance(frame, LogMessages):
                    continue
                for piece in frame.items:
                    received += len(piece.text)
                    if piece.id > log.last_id:
                        log.last_id = piece.id
                        added = piece.text[-END_BYTES:].encode("utf-8", "replace")
                        log.end = (log.end + added)[-END_BYTES:]
                        self._note_change(log)
                if received > REPLAY_CHARACTERS + CHARACTERS_PER_SECOND * (loop.time() - began):
                    return False
        return True

    async def _request_in_turn(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._reachability.wait()
            logs = self._polled_logs()
            if not logs:
                self._may_poll.clear()
                await self._may_poll.wait()
                continue
            log = min(logs, key=lambda log: log.due)
            if log.due > loop.time():
                await asyncio.sleep(min(log.due - loop.time(), self._stretch(REQUEST_PAUSE)))
                continue
            log.due = loop.time() + self._stretch(SAME_LOG_PAUSE)
            rest = await self._request_end(log)
            await asyncio.sleep(max(rest, self._stretch(REQUEST_PAUSE)))

    async def _request_end(self, log: _Log) -> float:
        """Request the end of a log once; return the minimum seconds to rest after it."""
        try:
            with self._reachability.asking("ends of logs"):
                body = await self._source.job_log_end(log.job_id, END_BYTES, etag=log.etag)
        except AuthenticationError as error:
            self._refuse(error)
            return 0.0
        except NotFound:
            return 0.0  # nothing has been written yet
        except PermissionDenied as error:
            logger.info("progress of a job may not be seen: %s", error)
            log.due += DENIED_PAUSE
            self._denied_until[log.job_id] = log.due
            return 0.0
        except ProtocolError as error:
            logger.info("progress of a job is not available: %s", error)
            log.due += UNREADABLE_PAUSE
            return 0.0
        except StudioError as error:
            return max(self._stretch(self._backoff.add_failure()), error.retry_after)
        self._backoff.reset()
        self._denied_until.pop(log.job_id, None)
        log.etag = body.etag
        if not body.unchanged and body.data != log.end:
            log.end = body.data[-END_BYTES:]
            self._note_change(log)
        return 0.0

    def _refuse(self, error: AuthenticationError) -> None:
        self.stop()
        self._reachability.on_refused(error)

    def _new_backoff(self) -> Backoff:
        return Backoff(BACKOFF_BASE, BACKOFF_CAP, BACKOFF_BASE / 2)

    def _note_change(self, log: _Log) -> None:
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
