"""Keeps the last bytes of the logs of the jobs in sight, for the progress bars in them.

It is light: a few websockets, for the others a question now and then for the end of the log, and
nothing at all while nobody watches. It understands no bar: it hands on bytes.
"""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from studio_tui.api.log_body import LogBody
from studio_tui.api.log_stream import Closed, LogFrame, LogMessages, StatusFrame
from studio_tui.api.models import FINISHED_STATES
from studio_tui.errors import (
    AuthenticationError,
    NotFound,
    PermissionDenied,
    ProtocolError,
    StudioError,
)
from studio_tui.service.listeners import Listeners
from studio_tui.service.logs.retry import DENIED_REST
from studio_tui.service.polling.backoff import Backoff, Jitter
from studio_tui.service.polling.reachability import LOG_STREAM, Reachability

KEPT = 4096
"""Bytes kept of the end of each log."""
FOLLOWED = 8
"""Websockets at most."""
REPLAY = 4 * 1024 * 1024
"""Bytes that a websocket, which begins with the whole log, may bring at once."""
STREAM = 256 * 1024
"""Bytes a second that it may bring beside; a log that is longer or faster is asked about."""
TRIES = 3
"""Connections in a row that brought nothing, after which a log is asked about."""
BACKOFF_BASE = 1.0
BACKOFF_CAP = 60.0
ASK_REST = 0.5
"""Seconds between two questions."""
ASK_AGAIN = 3.0
"""Seconds between two questions about the same log, at the least."""
ASK_LATER = 60.0
"""The same after an answer that promises none."""
TELL_REST = 0.25
"""Seconds between two rounds of news."""

logger = logging.getLogger(__name__)

Listener = Callable[[str, bytes], None]
"""Hears the id of a job and the last bytes of its log: untrusted, they may begin anywhere."""


class ProgressSource(Protocol):
    """What of the client is needed to watch logs."""

    def follow_log(self, job_id: str) -> AsyncGenerator[LogFrame, None]:
        """Yield the frames of one connection; see `api.log_stream`."""

    async def job_log_end(self, job_id: str, length: int, *, etag: str | None = None) -> LogBody:
        """Return the last bytes of a log."""


@dataclass(slots=True, eq=False)
class _Log:
    """What is known of one job's log."""

    job_id: str
    end: bytes = b""
    last: int = 0
    """Number of the last piece taken; a replay brings those up to it again."""
    task: asyncio.Task[None] | None = None
    """Follows it."""
    is_asked: bool = False
    """Whether following was given up."""
    is_over: bool = False
    """Whether there is no more to be had."""
    etag: str | None = None
    due: float = 0.0
    """When it may be asked about next, in the loop's time."""


class ProgressWatch:
    """Watches the jobs it is told to; `run` owns every task."""

    def __init__(
        self,
        source: ProgressSource,
        reachability: Reachability | None = None,
        *,
        paced: Callable[[float], float] = lambda seconds: seconds,
        refused: Callable[[AuthenticationError], None] = lambda _: None,
        jitter: Jitter = random.uniform,
    ) -> None:
        """Take also how long to rest instead of so many seconds, and who hears of a refused token.

        `paced` makes everything slower while nobody looks at the terminal.
        """
        self._source = source
        self._reachability = reachability or Reachability()
        self._paced = paced
        self._refused = refused
        self._jitter = jitter
        self._logs: dict[str, _Log] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        """Those that follow a log, and those of logs let go that are still closing."""
        self._denied: dict[str, float] = {}
        """Jobs whose logs may not be seen, and when each may be asked about next."""
        self._listeners = Listeners[[str, bytes]]()
        self._told: set[_Log] = set()
        """What has news."""
        self._backoff = self._new_backoff()
        self._stopped = False
        self._changed = asyncio.Event()
        self._asked = asyncio.Event()
        self._news = asyncio.Event()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` what is new of the watched logs; return a function that ends it."""
        return self._listeners.add(listener)

    def watch(self, job_ids: Iterable[str]) -> None:
        """Watch these jobs, the first ones most closely, and let go of all others at once."""
        wanted = dict.fromkeys(job_ids)
        if list(wanted) == list(self._logs):
            return
        for job_id, log in self._logs.items():
            if job_id not in wanted and log.task is not None:
                log.task.cancel()
        self._logs = {job_id: self._logs.get(job_id) or self._begun(job_id) for job_id in wanted}
        self._changed.set()

    def _begun(self, job_id: str) -> _Log:
        """Return a log that is asked about no sooner than it was said when it was let go."""
        due = self._denied.get(job_id)
        return _Log(job_id) if due is None else _Log(job_id, is_asked=True, due=due)

    def stop(self) -> None:
        """Ask nothing more until restarted; a token that was refused is not tried again."""
        self._stopped = True
        for task in self._tasks:
            task.cancel()

    def restart(self) -> None:
        """Go on, if it had been stopped."""
        if self._stopped:
            self._stopped = False
            self._denied.clear()
            self._logs = {job_id: _Log(job_id) for job_id in self._logs}
            self._changed.set()

    async def run(self) -> None:
        """Watch until cancelled. A bug is raised as it is."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._ask_in_turn(), name="ask for ends of logs")
            tasks.create_task(self._tell(), name="tell of progress")
            while True:
                await self._changed.wait()
                self._changed.clear()
                if not self._stopped:
                    self._share_out(tasks)

    def _share_out(self, tasks: asyncio.TaskGroup) -> None:
        """Follow as many logs as may be; those that must wait are asked about."""
        for log in self._logs.values():
            if log.task is None and not log.is_over and not log.is_asked:
                if len(self._tasks) >= FOLLOWED:
                    break
                log.task = tasks.create_task(self._follow(log), name="follow progress")
                self._tasks.add(log.task)
                log.task.add_done_callback(self._ended)
        if self._to_be_asked():
            self._asked.set()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._changed.set()

    def _to_be_asked(self) -> list[_Log]:
        if self._stopped:
            return []
        return [log for log in self._logs.values() if log.task is None and not log.is_over]

    async def _follow(self, log: _Log) -> None:
        """Take what one log brings, connecting again when it breaks, until it is given up."""
        fruitless = self._new_backoff()
        try:
            while fruitless.failures < TRIES and not log.is_over:
                await self._reachability.wait()
                before = log.last
                try:
                    if not await self._take(log):
                        return
                except AuthenticationError as error:
                    self._refuse(error)
                    return
                except StudioError as error:
                    logger.info("progress of a job is not followed: %s", error)
                    self._reachability.failed(LOG_STREAM, error)
                    if isinstance(error, PermissionDenied | ProtocolError):
                        return
                if log.last > before:
                    fruitless.succeeded()
                    rest = fruitless.rest()
                else:
                    rest = fruitless.failed()
                if not log.is_over:
                    await asyncio.sleep(self._paced(rest))
        finally:
            log.task, log.is_asked = None, True

    async def _take(self, log: _Log) -> bool:
        """Take what one connection brings; return whether it brought no more than it may."""
        loop = asyncio.get_running_loop()
        began, taken = loop.time(), 0
        if not log.last:
            log.end = b""  # what was asked for comes again
        async with aclosing(self._source.follow_log(log.job_id)) as frames:
            async for frame in frames:
                if not isinstance(frame, Closed):
                    self._reachability.answered(LOG_STREAM)
                if isinstance(frame, StatusFrame) and frame.word in FINISHED_STATES:
                    log.is_over = True
                if not isinstance(frame, LogMessages):
                    continue
                for piece in frame.items:
                    taken += len(piece.text)
                    if piece.id > log.last:
                        log.last = piece.id
                        added = piece.text[-KEPT:].encode("utf-8", "replace")
                        log.end = (log.end + added)[-KEPT:]
                        self._has_news(log)
                if taken > REPLAY + STREAM * (loop.time() - began):
                    return False
        return True

    async def _ask_in_turn(self) -> None:
        """Ask for the end of one log after the other, among those that are not followed."""
        loop = asyncio.get_running_loop()
        while True:
            await self._reachability.wait()
            logs = self._to_be_asked()
            if not logs:
                self._asked.clear()
                await self._asked.wait()
                continue
            log = min(logs, key=lambda log: log.due)
            if log.due > loop.time():
                await asyncio.sleep(min(log.due - loop.time(), self._paced(ASK_REST)))
                continue
            log.due = loop.time() + self._paced(ASK_AGAIN)
            rest = await self._ask(log)
            await asyncio.sleep(max(rest, self._paced(ASK_REST)))

    async def _ask(self, log: _Log) -> float:
        """Ask once; return the seconds to rest, if it is more than usual."""
        try:
            with self._reachability.asking("ends of logs"):
                body = await self._source.job_log_end(log.job_id, KEPT, etag=log.etag)
        except AuthenticationError as error:
            self._refuse(error)
            return 0.0
        except NotFound:
            return 0.0  # nothing has been written yet
        except PermissionDenied as error:
            logger.info("progress of a job may not be seen: %s", error)
            log.due += DENIED_REST
            self._denied[log.job_id] = log.due
            return 0.0
        except ProtocolError as error:
            logger.info("progress of a job is not to be had: %s", error)
            log.due += ASK_LATER
            return 0.0
        except StudioError as error:
            return max(self._paced(self._backoff.failed()), error.asked_rest)
        self._backoff.succeeded()
        self._denied.pop(log.job_id, None)
        log.etag = body.etag
        if not body.unchanged and body.data != log.end:
            log.end = body.data[-KEPT:]
            self._has_news(log)
        return 0.0

    def _refuse(self, error: AuthenticationError) -> None:
        self.stop()
        self._refused(error)

    def _new_backoff(self) -> Backoff:
        return Backoff(BACKOFF_BASE, BACKOFF_CAP, BACKOFF_BASE / 2, self._jitter)

    def _has_news(self, log: _Log) -> None:
        self._told.add(log)
        self._news.set()

    async def _tell(self) -> None:
        """Tell what is new, however often it changes, only now and then."""
        while True:
            await self._news.wait()
            self._news.clear()
            told, self._told = self._told, set()
            for log in told:
                if self._logs.get(log.job_id) is log:
                    self._listeners.tell(log.job_id, log.end)
            await asyncio.sleep(self._paced(TELL_REST))
