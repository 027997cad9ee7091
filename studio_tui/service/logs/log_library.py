"""The open logs: one per job, shared by its viewers, and stored after the last one has left.

A log that is opened again is followed from where it was left. Whole logs outlive the program.
"""

import asyncio
import contextvars
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter, itemgetter
from pathlib import Path

from studio_tui import clock
from studio_tui.api.client import StudioClient
from studio_tui.api.connection_states import FollowPhase
from studio_tui.errors import SpoolError
from studio_tui.service.logs.archived_log import MayFetch
from studio_tui.service.logs.cache import LogCache, name_of_log
from studio_tui.service.logs.preview import LogTailPreview
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.spool import delete_if_possible
from studio_tui.service.logs.store.tagged_store import TaggedStore
from studio_tui.service.logs.tail import LogTail
from studio_tui.service.polling.reachability import Reachability

LIMIT = 2 * 1024**3
"""Maximum bytes on disk of logs without viewers; the one closed longest ago is deleted first."""
KEPT_OPEN = 32
"""Maximum logs without viewers that stay open, with two files each."""

logger = logging.getLogger(__name__)


@dataclass(eq=False)
class LogHandle:
    """A log as opened by one viewer, until it is closed; others may have the same log open."""

    store: LogStore
    tail: LogTail
    preview: LogTailPreview
    """The end of the log, shown while the log itself is far from complete."""
    may_fetch: MayFetch
    on_close: Callable[["LogHandle"], None]

    def close(self) -> None:
        """Stop viewing the log; further calls do nothing."""
        self.on_close(self)


@dataclass(eq=False)
class _Log:
    job_id: str
    name: str
    """Its name in the cache."""
    store: LogStore
    tail: LogTail
    preview: LogTailPreview
    viewers: list[LogHandle]
    has_no_room: bool = False
    """Whether it could not be stored in the cache; this is tried again once it is reopened."""
    task: asyncio.Task[None] | None = None
    closed_at: float = 0.0
    """When the last viewer left, in seconds since the epoch."""

    @property
    def is_whole(self) -> bool:
        """Whether Studio has confirmed that nothing is missing, and nothing more will come."""
        state = self.tail.state
        is_confirmed = state.phase is FollowPhase.COMPLETE and not state.reason
        return is_confirmed and self.store.size > 0 and not self.store.marks

    def close(self) -> None:
        """Close its files; deleting a large one takes long."""
        self.preview.close()
        self.tail.close()
        self.store.close()


class LogLibrary:
    """All logs of one session; `run` owns the tasks that follow them."""

    def __init__(
        self,
        source: StudioClient,
        cache: LogCache,
        hosts: Iterable[str] = (),
        *,
        reachability: Reachability | None = None,
    ) -> None:
        """Initialize; archived logs may be fetched from `hosts` without asking the user."""
        self._source = source
        self._cache = cache
        self._hosts = set(hosts)
        self._reachability = reachability or Reachability()
        self._asking = asyncio.Lock()
        """Held while the user is asked about a host, so that no host is asked about twice."""
        self._logs: dict[str, _Log] = {}
        """By name in the cache."""
        self._tasks: asyncio.TaskGroup | None = None
        self._context = contextvars.Context()
        self._has_ended = False
        self._untidy = asyncio.Event()
        """Set when a log may have become whole or lost its last viewer."""

    def open(
        self,
        job_id: str,
        may_fetch: MayFetch,
        created_at: datetime | None = None,
        *,
        has_ended: bool = False,
    ) -> LogHandle:
        """Return a job's log, which is followed from now on until all viewers have closed it.

        If parts of an archived log are on a host that no viewer has allowed before, `may_fetch` of
        the newest viewer is called with that host. `created_at` is when the job was created,
        `has_ended` whether it can print nothing more.

        Raises:
            SpoolError: no log can be stored on this machine's disk.
        """
        name = name_of_log(job_id, created_at)
        log = self._logs.get(name) or self._add(job_id, name)
        if has_ended:
            log.tail.note_ended()
        handle = LogHandle(
            log.store,
            log.tail,
            log.preview,
            may_fetch,
            lambda handle: self._close(log, handle),
        )
        log.viewers.append(handle)
        if len(log.viewers) == 1:
            log.has_no_room = False
            if log.tail.state.phase is FollowPhase.STOPPED:
                log.tail.poke()
            self._start(log)
        return handle

    def new_tagged(self) -> TaggedStore:
        """Create an empty log for merging several others, or raise a `SpoolError`."""
        return self._cache.new_tagged()

    async def stored_end(
        self, job_id: str, created_at: datetime | None, length: int
    ) -> bytes | None:
        """Return up to `length` bytes from the end of a log that is whole or being followed.

        `None` if it is neither.
        """
        name = name_of_log(job_id, created_at)
        log = self._logs.get(name)
        if log is None:
            return await asyncio.to_thread(self._cache.end_of, name, length)
        if log.store.is_closed or not (log.is_whole or log.viewers):
            return None
        return log.store.read(max(0, log.store.size - length), length)

    async def run(self) -> None:
        """Follow open logs and keep the disk tidy, until canceled or an unexpected exception."""
        self._has_ended = False
        async with asyncio.TaskGroup() as tasks:
            # A tail belongs to the session, not to the screen that opened it first.
            self._tasks, self._context = tasks, contextvars.copy_context()
            try:
                for log in self._logs.values():
                    self._start(log)
                while True:
                    await self._tidy()
                    await self._untidy.wait()
            finally:
                self._end()

    def _end(self) -> None:
        self._tasks = None
        self._has_ended = True
        for log in tuple(self._logs.values()):
            if not log.viewers:
                self._forget(log)

    # --- one log ---------------------------------------------------------------------------------

    def _add(self, job_id: str, name: str) -> _Log:
        store, kept_since = self._cache.find(name) or (self._cache.new(), None)
        viewers: list[LogHandle] = []

        async def ask_once(host: str) -> bool:
            async with self._asking:
                if host not in self._hosts and await viewers[-1].may_fetch(host):
                    self._hosts.add(host)
                return host in self._hosts

        tail = LogTail(
            self._source,
            job_id,
            store,
            may_fetch=ask_once,
            kept_since=kept_since,
            reachability=self._reachability,
        )
        preview = LogTailPreview(self._source, job_id, store, self._cache.new, self._reachability)
        log = _Log(job_id, name, store, tail, preview, viewers)
        self._logs[name] = log
        return log

    def _start(self, log: _Log) -> None:
        if self._tasks is not None and log.viewers:
            log.task = self._tasks.create_task(
                self._follow(log, log.task),
                name=f"follow the log of job {log.job_id}",
                context=self._context.copy(),
            )

    async def _follow(self, log: _Log, earlier: asyncio.Task[None] | None) -> None:
        """Run the tail again and again; after the end of a log it waits until it is poked."""
        if earlier is not None:
            await asyncio.wait([earlier])
        async with asyncio.TaskGroup() as tasks:
            preview = None
            if not log.tail.state.is_over:
                preview = tasks.create_task(log.preview.run(), name="preview the end of a log")
            while True:
                await log.tail.run()
                if preview is not None:  # Studio may never send what its log once had
                    preview.cancel()
                    log.preview.end()
                self._untidy.set()

    def _close(self, log: _Log, handle: LogHandle) -> None:
        if handle not in log.viewers:
            return
        log.viewers.remove(handle)
        if log.viewers:
            return
        if log.task is not None:
            log.task.cancel()
        log.preview.close()
        now = clock.now()
        log.closed_at = now.timestamp()
        if log.store.path is not None:
            self._cache.note_use(log.store.path, now)
        if self._has_ended:
            self._forget(log)
        self._untidy.set()

    def _forget(self, log: _Log) -> None:
        """Close a log once its task has ended."""
        self._logs.pop(log.name, None)
        if log.task is None or log.task.done():
            log.close()
        else:
            log.task.add_done_callback(lambda _: log.close())

    # --- the disk --------------------------------------------------------------------------------

    async def _tidy(self) -> None:
        self._untidy.clear()
        for log in tuple(self._logs.values()):
            if log.is_whole and not (log.store.path or log.has_no_room):
                await self._keep(log)
        await self._trim()

    async def _keep(self, log: _Log) -> None:
        path = self._cache.path_of(log.name)
        try:
            await log.store.keep(path, lambda: log.is_whole)
        except SpoolError as error:
            log.has_no_room = True
            logger.warning("log of job %s: %s", log.job_id, error)
        if log.store.path is not None:
            log.tail.close()
            self._cache.note_use(path, clock.now())

    async def _trim(self) -> None:
        """Delete logs without viewers, the oldest first, until they are within `LIMIT`.

        Of the others without viewers, close all but the newest `KEPT_OPEN`.
        """
        saved = await asyncio.to_thread(self._cache.saved_logs)
        open_paths = {log.store.path for log in self._logs.values()}
        unviewed = sorted(
            (log for log in self._logs.values() if not log.viewers), key=attrgetter("closed_at")
        )
        unused: list[tuple[float, int, _Log | Path]] = [
            *((log.closed_at, log.tail.disk_size, log) for log in unviewed),
            *((used, size, path) for used, size, path in saved if path not in open_paths),
        ]
        unused.sort(key=itemgetter(0))
        too_much = sum(size for _, size, _ in unused) - LIMIT
        for _, size, oldest in unused:
            if too_much <= 0:
                break
            path = oldest.store.path if isinstance(oldest, _Log) else oldest
            if isinstance(oldest, _Log):
                await self._close_unused(oldest)
            if path is not None:
                await asyncio.to_thread(delete_if_possible, path)
            too_much -= size
        for log in unviewed[:-KEPT_OPEN]:
            await self._close_unused(log)

    async def _close_unused(self, log: _Log) -> None:
        if log.task is not None:
            await asyncio.wait([log.task])
        if not log.viewers:
            self._logs.pop(log.name, None)
            await asyncio.to_thread(log.close)
