"""The recorder of one profile: the changes of its jobs and pipelines, and requests (calls).

Changes are written at once, calls once a minute. Most methods block on the disk and must be called
in a thread; comments below say which need not.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from studio_tui import clock
from studio_tui.api.calls import Call
from studio_tui.api.models import Cluster, Job, Pipeline
from studio_tui.service.recorder import calls, items, pruning
from studio_tui.service.recorder.bodies import JOB, PIPELINE, body_of, models_of, pack, unpack
from studio_tui.service.recorder.calls import CallLog, RecordedCall
from studio_tui.service.recorder.database import RecorderFile
from studio_tui.service.recorder.items import SeenItem
from studio_tui.service.recorder.pruning import Limits

if TYPE_CHECKING:
    from sqlite3 import Connection

WRITE_EVERY = 60.0
"""Seconds between two writes of calls."""
PRUNE_EVERY = 30
"""Number of writes of calls between two prunings; the first pruning follows the first write."""
PAST_RUNS = 20
"""Maximum number of runs of a name that `past_runs` returns."""
CHUNK = 200
"""Items read or compared before other threads get their turn."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recalled:
    """A list as recorded last, perhaps by an earlier run."""

    items: tuple[Any, ...]
    at: datetime
    """When Studio last confirmed the list.

    The time can be up to a minute too early, as confirmations are written once a minute.
    """
    has_all: bool = True
    """Whether the list has all items of the team."""


class Recorder:
    """Reads and writes the file that all dashboards of a profile share."""

    def __init__(
        self,
        database: RecorderFile,
        limits: Limits | None = None,
        *,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self.database = database
        self._limits = limits or Limits()
        self._now = now
        self._calls = CallLog()
        self._inode: int | None = None
        """Inode of the file that `_seen`, `_listings` and `_unwritten` describe."""
        self._seen: dict[str, dict[str, Job | Pipeline]] = {JOB: {}, PIPELINE: {}}
        """The items as this run has recorded them last, by kind and id."""
        self._listings: dict[str, Any] = {}
        """The body of each list as written last, by name."""
        self._confirmed: dict[str, datetime] = {}
        """When Studio last confirmed lists, by name, if that is not written yet."""
        self._unwritten: set[str] = set()
        """Names of lists that Studio has confirmed, but that are not in the file any more."""

    # Recording in memory; call these on the event loop.

    def note_call(self, call: Call) -> None:
        """Record a request that has ended; it is written within a minute."""
        self._calls.note(call)

    def confirm(self, name: str, at: datetime) -> bool:
        """Record that Studio returned an unchanged list at a time; it is written within a minute.

        Return `False` if the list is not in the file any more, so that it must be recorded again.
        """
        if name in self._unwritten:
            return False
        self._confirmed[name] = at
        return True

    # Writing; call these in a thread. Each returns whether everything is in the file.

    def note_jobs(
        self, jobs: Sequence[Job], at: datetime, *, has_all: bool, back_to: datetime
    ) -> bool:
        """Record the job list, which has all jobs created at `back_to` or later."""
        self._reset_if_file_was_replaced()
        seen_jobs = self._seen[JOB]
        changed = self._find_changed(JOB, {job.id: job for job in jobs}, at)
        listed = {job.id for job in jobs}
        may_be_gone = not seen_jobs or any(job_id not in listed for job_id in seen_jobs)
        listing = {"count": len(jobs), "has_all": has_all}

        def write(connection: "Connection") -> None:
            items.note(connection, JOB, changed, at.timestamp())
            if may_be_gone:
                items.note_gone(connection, JOB, listed, back_to.timestamp(), at.timestamp())
            self._write_listing(connection, "jobs", listing, at)

        if not self._needs_write(changed, "jobs", listing, may_be_gone=may_be_gone):
            return True
        if not self.database.write(write):
            return False
        self._seen[JOB] = {job.id: job for job in jobs}
        self._listings["jobs"] = listing
        return True

    def note_pipelines(self, pipelines: Sequence[Pipeline], at: datetime, *, has_all: bool) -> bool:
        """Record the pipeline list."""
        self._reset_if_file_was_replaced()
        by_id = {each.pipeline_id: each for each in pipelines}
        changed = self._find_changed(PIPELINE, by_id, at)
        listing = {"ids": list(by_id), "has_all": has_all}

        def write(connection: "Connection") -> None:
            items.note(connection, PIPELINE, changed, at.timestamp())
            self._write_listing(connection, "pipelines", listing, at)

        if not self._needs_write(changed, "pipelines", listing):
            return True
        if not self.database.write(write):
            return False
        self._seen[PIPELINE] = dict(by_id)
        self._listings["pipelines"] = listing
        return True

    def note_list(self, name: str, things: Sequence[Job | Cluster], at: datetime) -> bool:
        """Record the clusters or the schedules; such a short list is written as a whole."""
        self._reset_if_file_was_replaced()
        listing = [body_of(each) for each in things]
        if not self._needs_write((), name, listing):
            return True
        if not self.database.write(
            lambda connection: self._write_listing(connection, name, listing, at)
        ):
            return False
        self._listings[name] = listing
        return True

    def flush(self) -> bool:
        """Write calls and confirmations that are in memory; return whether that succeeded."""
        calls_to_write, confirmed = self._calls.take_waiting(), dict(self._confirmed)
        self._confirmed = {}
        if not calls_to_write and not confirmed:
            return True
        numbered: list[RecordedCall] = []
        unwritten: set[str] = set()

        def write(connection: "Connection") -> None:
            numbered[:] = calls.write(connection, calls_to_write)
            for name, at in confirmed.items():
                query = "UPDATE listing SET at = max(at, ?) WHERE name = ?"
                if not connection.execute(query, (at.timestamp(), name)).rowcount:
                    unwritten.add(name)

        if self.database.write(write):
            self._calls.note_written(numbered)
            self._unwritten |= unwritten
            return True
        self._calls.requeue(calls_to_write)
        self._confirmed = confirmed | self._confirmed
        return False

    def prune(self) -> None:
        """Delete records that exceed the limits, in many short transactions."""
        more, now = [True], self._now().timestamp()

        def step(connection: "Connection") -> None:
            more[0] = pruning.prune(connection, self._limits, now)

        while more[0] and self.database.write(step):
            time.sleep(0)  # a turn for other threads
        self.database.read(pruning.free_pages)

    async def run(self) -> None:
        """Write calls once a minute, and prune, until canceled; then write the remaining ones."""
        await asyncio.to_thread(self.database.keep_open)
        writes = 0
        try:
            while True:
                await asyncio.sleep(WRITE_EVERY)
                await asyncio.to_thread(self.flush)
                if writes % PRUNE_EVERY == 0:
                    await asyncio.to_thread(self.prune)
                writes += 1
        finally:
            # On the event loop: it is short, and the loop is about to end.
            self.flush()
            self.database.close()

    # Reading; call these in a thread, other than `past_runs`. They return `None` for a list that is
    # not recorded or cannot be read now.

    def recall_jobs(self, limit: int) -> Recalled | None:
        """Return the recorded job list, up to `limit` jobs."""
        listing = self._read_listing("jobs")
        if listing is None:
            return None
        body, at = listing
        count = min(int(body.get("count", 0)), limit)
        packed = self.database.read(lambda connection: items.newest(connection, JOB, count))
        if packed is None:
            return None
        jobs = tuple(models_of(Job, packed))
        return Recalled(jobs, at, bool(body.get("has_all")) and len(jobs) >= body["count"])

    def recall_pipelines(self) -> Recalled | None:
        """Return the recorded pipeline list."""
        listing = self._read_listing("pipelines")
        if listing is None:
            return None
        body, at = listing
        ids = list(map(str, body.get("ids", ())))
        packed = self.database.read(lambda connection: items.bodies_of(connection, PIPELINE, ids))
        if packed is None:
            return None
        return Recalled(tuple(models_of(Pipeline, packed)), at, bool(body.get("has_all")))

    def recall_list(self, name: str, model: type[Job] | type[Cluster]) -> Recalled | None:
        """Return a list that `note_list` has recorded; `model` is the type of its items."""
        listing = self._read_listing(name)
        if listing is None or not isinstance(listing[0], list):
            return None
        items_of_list = models_of(model, (pack(each) for each in listing[0]))
        return Recalled(tuple(items_of_list), listing[1])

    async def past_runs(self, job: Job) -> tuple[Job, ...]:
        """Return up to `PAST_RUNS` other COMPLETE jobs with the name of a job.

        Those that ended last come first.
        """
        return await asyncio.to_thread(self._past_runs, job.name or "", job.id)

    def _past_runs(self, name: str, besides: str) -> tuple[Job, ...]:
        if not name:
            return ()
        packed = self.database.read(
            lambda connection: items.past_runs(connection, name, besides, PAST_RUNS)
        )
        return tuple(models_of(Job, packed or ()))

    def all_jobs(self) -> tuple[tuple[Job, datetime], ...] | None:
        """Return all recorded jobs, newest first, each with a time.

        It is when the job was first seen as it is, or when Studio was found not to list it.
        """
        rows = self.database.read(lambda connection: list(items.all_items(connection, JOB)))
        return None if rows is None else tuple(_with_times(rows, Job))

    def all_pipelines(self) -> tuple[tuple[Pipeline, datetime], ...] | None:
        """Return all recorded pipelines, as `all_jobs` does the jobs."""
        rows = self.database.read(lambda connection: list(items.all_items(connection, PIPELINE)))
        return None if rows is None else tuple(_with_times(rows, Pipeline))

    def recent_calls(self, count: int) -> tuple[RecordedCall, ...]:
        """Return up to `count` calls, newest first, including those that are not written yet."""
        waiting = {_key(call): call for call in self._calls.waiting}
        written = self.database.read(lambda connection: calls.read_calls(connection, count)) or []
        by_key = {_key(call): call for call in written} | waiting
        ordered = sorted(by_key.values(), key=lambda call: call.at, reverse=True)
        return tuple(ordered[:count])

    # Helpers.

    def _reset_if_file_was_replaced(self) -> None:
        if (inode := self.database.inode) != self._inode:
            self._inode = inode
            self._seen = {JOB: {}, PIPELINE: {}}
            self._listings = {}
            self._unwritten = set()

    def _find_changed(
        self, kind: str, things: "dict[str, Job] | dict[str, Pipeline]", at: datetime
    ) -> list[SeenItem]:
        earlier = self._seen[kind]
        changed = []
        for item_id, item in things.items():
            before = earlier.get(item_id)
            if before is item or before == item:
                continue
            changed.append(SeenItem(item_id, (item.created_at or at).timestamp(), body_of(item)))
            if len(changed) % CHUNK == 0:
                time.sleep(0)  # a turn for the event loop: `CHUNK` items take 15 ms
        return changed

    def _needs_write(
        self, changed: Sequence[SeenItem], name: str, listing: object, *, may_be_gone: bool = False
    ) -> bool:
        return bool(changed) or may_be_gone or self._listings.get(name) != listing

    def _write_listing(
        self, connection: "Connection", name: str, listing: object, at: datetime
    ) -> None:
        connection.execute(
            "INSERT OR REPLACE INTO listing VALUES (?, ?, ?)", (name, at.timestamp(), pack(listing))
        )

    def _read_listing(self, name: str) -> tuple[Any, datetime] | None:
        rows = self.database.rows("SELECT body, at FROM listing WHERE name = ?", name)
        try:
            return next(
                ((unpack(body), datetime.fromtimestamp(at, UTC)) for body, at in rows), None
            )
        except (ValueError, OverflowError, OSError):
            _log.warning("The last known list of %s cannot be read", name)
            return None


def _with_times(
    rows: Sequence[tuple[bytes, float]], model: type[Any]
) -> "list[tuple[Any, datetime]]":
    items = []
    for start in range(0, len(rows), CHUNK):
        for body, at in rows[start : start + CHUNK]:
            if models := models_of(model, (body,)):
                items.append((models[0], datetime.fromtimestamp(at, UTC)))
        time.sleep(0)  # a turn for the event loop
    return items


def _key(call: RecordedCall) -> tuple[object, ...]:
    return call.at, call.method, call.path, call.outcome
