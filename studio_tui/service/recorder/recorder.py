"""The recorder of one profile: the changes of its jobs and pipelines, and requests (calls).

Changes and commands are written at once, other calls once a minute. Most methods block on the disk;
comments below say which do not.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from studio_tui import clock
from studio_tui.api.calls import Call
from studio_tui.api.models import Cluster, Job, Pipeline
from studio_tui.job_rules import NAMES_OF_UNNAMED
from studio_tui.service.recorder import calls, items, pruning
from studio_tui.service.recorder.bodies import (
    JOB,
    MODELS,
    PIPELINE,
    body_of,
    models_of,
    pack,
    unpack,
)
from studio_tui.service.recorder.calls import CallLog, RecordedCall
from studio_tui.service.recorder.database import RecorderFile
from studio_tui.service.recorder.items import SeenItem
from studio_tui.service.recorder.pruning import Limits

if TYPE_CHECKING:
    from sqlite3 import Connection

T = TypeVar("T")

WRITE_EVERY = 60.0
"""In seconds."""
WRITES_PER_PRUNE = 30
PAST_RUNS = 20
CHUNK = 200
"""Items read, or found changed, before other threads get their turn."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recalled:
    """A list as recorded last, perhaps by an earlier run of the program."""

    items: tuple[Any, ...]
    at: datetime
    """When Studio last confirmed the list; after a crash, up to ten minutes too early."""
    has_all: bool = True


@dataclass(frozen=True, slots=True)
class Archived(Generic[T]):
    """Items as last seen, whether Studio still lists them or not."""

    items: dict[str, T] = field(default_factory=dict)
    """Newest first, by id."""
    since: dict[str, datetime] = field(default_factory=dict)
    """When this version of each item was first seen, or found to be gone from Studio, by id."""


class Recorder:
    """Reads and writes the file that all dashboards of a profile share."""

    def __init__(self, database: RecorderFile, limits: Limits | None = None) -> None:
        self.database = database
        self._limits = limits or Limits()
        self._calls = CallLog()
        self._is_urgent = asyncio.Event()
        """Whether a call was noted that should be written at once."""
        self._inode: int | None = None
        """Inode of the file that `_seen` describes."""
        self._seen: dict[str, Mapping[str, Job | Pipeline]] = {JOB: {}, PIPELINE: {}}

    def note_call(self, call: Call) -> None:
        """Record a request that has ended: a command at once, another one within a minute.

        Call it on the event loop, as it does not write.
        """
        if self._calls.note(call):
            self._is_urgent.set()

    # Writing; call these in a thread, except for `run`. All but `prune` and `run` return whether
    # everything is in the file.

    def note_jobs(
        self, jobs: Sequence[Job], at: datetime, *, has_all: bool, back_to: datetime
    ) -> bool:
        """Record the job list, which has all jobs created at `back_to` or later."""
        by_id = {job.id: job for job in jobs}
        listing = {"count": len(jobs), "has_all": has_all}
        return self._note_items("jobs", JOB, by_id, listing, at=at, back_to=back_to)

    def note_pipelines(self, pipelines: Sequence[Pipeline], at: datetime, *, has_all: bool) -> bool:
        by_id = {each.pipeline_id: each for each in pipelines}
        listing = {"ids": list(by_id), "has_all": has_all}
        return self._note_items("pipelines", PIPELINE, by_id, listing, at=at)

    def note_list(self, name: str, listed: Sequence[Job | Cluster], at: datetime) -> bool:
        """Record the clusters or the schedules; such a short list is written as a whole."""
        self._reset_if_file_was_replaced()
        return self._write_list(name, [body_of(each) for each in listed], at)

    def flush(self) -> bool:
        """Write calls that are in memory; return whether that succeeded."""
        waiting = self._calls.take_waiting()
        if not waiting or self.database.write(
            lambda connection: calls.write(connection, waiting.values())
        ):
            return True
        self._calls.requeue(waiting)
        return False

    def prune(self) -> None:
        """Delete records that exceed the limits, in many short transactions."""
        more, now = [True], clock.now().timestamp()

        def step(connection: "Connection") -> None:
            more[0] = pruning.prune(connection, self._limits, now)

        while more[0] and self.database.write(step):
            time.sleep(0.001)  # a turn for other threads that want to write
        # A read, as `write` would begin a transaction.
        self.database.read(pruning.free_pages)

    async def run(self) -> None:
        """Write calls when they are due, and prune, until canceled; then write all that remain."""
        regular_writes = 0
        loop = asyncio.get_running_loop()
        due_at = loop.time() + WRITE_EVERY
        try:
            await asyncio.to_thread(self.database.keep_open)
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(due_at):
                        await self._is_urgent.wait()
                self._is_urgent.clear()
                await asyncio.to_thread(self.flush)
                if loop.time() < due_at:
                    continue
                if regular_writes % WRITES_PER_PRUNE == 0:
                    await asyncio.to_thread(self.prune)
                regular_writes += 1
                due_at = loop.time() + WRITE_EVERY
        finally:
            # On the event loop: it is short, and the loop is about to end.
            self.flush()
            self.database.close()

    # Reading; call these in a thread, except for `past_runs`. A list that is not recorded or cannot
    # be read now is `None`; past runs and calls are empty then.

    def recall(
        self, name: str, model: type[Job] | type[Pipeline] | type[Cluster], limit: int = 0
    ) -> Recalled | None:
        """Return a recorded list of items of type `model`; of the jobs, at most `limit`."""

        def read(connection: "Connection") -> Recalled | None:
            query = "SELECT body, at FROM listing WHERE name = ?"
            if (row := connection.execute(query, (name,)).fetchone()) is None:
                return None
            listing, at = unpack(row[0]), datetime.fromtimestamp(row[1], UTC)
            if isinstance(listing, list):
                return Recalled(tuple(models_of(model, map(pack, listing))), at)
            if "ids" in listing:
                bodies = items.bodies_of(connection, PIPELINE, listing["ids"])
            else:
                bodies = items.newest_jobs(connection, min(listing["count"], limit))
            models = tuple(models_of(model, bodies))
            has_all = bool(listing["has_all"]) and len(models) >= listing.get("count", 0)
            return Recalled(models, at, has_all)

        try:
            return self.database.read(read)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
            _log.warning("The last known list of %s cannot be read", name)
            return None

    async def past_runs(self, job: Job) -> tuple[Job, ...]:
        """Return up to `PAST_RUNS` other COMPLETE jobs with its name, the last ended first.

        For an unnamed job there are none, as unnamed jobs have different queries.
        """
        if not (name := job.name) or name in NAMES_OF_UNNAMED.values():
            return ()

        def read() -> tuple[Job, ...]:
            rows = self.database.rows(items.PAST_RUNS, name, job.id, PAST_RUNS)
            return tuple(models_of(Job, (body for (body,) in rows)))

        return await asyncio.to_thread(read)

    def all_items(self, kind: str) -> Archived[Any] | None:
        rows = self.database.read(lambda connection: list(items.all_items(connection, kind)))
        if rows is None:
            return None
        archived: Archived[Any] = Archived()
        for number, (item_id, body, at) in enumerate(rows):
            if number % CHUNK == 0:
                time.sleep(0)  # a turn for the event loop
            for model in models_of(MODELS[kind], (body,)):
                archived.items[item_id] = model
                archived.since[item_id] = datetime.fromtimestamp(at, UTC)
        return archived

    def recent_calls(self, count: int) -> tuple[RecordedCall, ...]:
        """Return up to `count` calls, newest first, including those that are not written yet."""
        written = self.database.read(lambda connection: calls.read_calls(connection, count)) or []
        by_key = {call.key: call for call in written} | self._calls.waiting
        ordered = sorted(by_key.values(), key=lambda call: call.at, reverse=True)
        return tuple(ordered[:count])

    # Helpers.

    def _reset_if_file_was_replaced(self) -> None:
        if (inode := self.database.inode) != self._inode:
            self._inode = inode
            self._seen = {JOB: {}, PIPELINE: {}}

    def _note_items(
        self,
        name: str,
        kind: str,
        by_id: Mapping[str, Job | Pipeline],
        listing: object,
        *,
        at: datetime,
        back_to: datetime | None = None,
    ) -> bool:
        """Record a list and its items.

        Items created since `back_to` that the list lacks are recorded as gone; without `back_to`,
        none are.
        """
        self._reset_if_file_was_replaced()
        seen = self._seen[kind]
        changed = self._find_changed(kind, by_id, at)
        since = back_to if not seen or any(item_id not in by_id for item_id in seen) else None

        def write_items(connection: "Connection") -> None:
            items.note(connection, kind, changed, at.timestamp())
            if since is not None:
                items.note_gone(connection, kind, by_id, since.timestamp(), at.timestamp())

        if not self._write_list(name, listing, at, write_items):
            return False
        self._seen[kind] = by_id
        return True

    def _find_changed(
        self, kind: str, by_id: Mapping[str, Job | Pipeline], at: datetime
    ) -> list[SeenItem]:
        earlier = self._seen[kind]
        changed = []
        for item_id, item in by_id.items():
            before = earlier.get(item_id)
            if before is item or before == item:
                continue
            changed.append(SeenItem(item_id, (item.created_at or at).timestamp(), body_of(item)))
            if len(changed) % CHUNK == 0:
                time.sleep(0)  # a turn for the event loop: `CHUNK` items take 15 ms
        return changed

    def _write_list(
        self,
        name: str,
        listing: object,
        at: datetime,
        write_items: "Callable[[Connection], None]" = lambda _: None,
    ) -> bool:
        """Write a list after its items, unless another dashboard has recorded a newer one."""
        query = (
            "INSERT INTO listing VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE"
            " SET at = excluded.at, body = excluded.body WHERE excluded.at >= at"
        )

        def write(connection: "Connection") -> None:
            write_items(connection)
            connection.execute(query, (name, at.timestamp(), pack(listing)))

        return self.database.write(write)
