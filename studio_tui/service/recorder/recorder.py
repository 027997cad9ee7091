"""The flight recorder of one profile: states of its jobs and pipelines, and requests sent.

State changes are written at once, calls once a minute. Methods that read block on the disk: call
them in a thread. Methods that record are for the event loop or a thread, as the sections below say.
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
"""Seconds between two writes while no state changes."""
PRUNE_EVERY = 30
"""Writes between two prunings; the first one is soon after the start."""
PAST_RUNS = 20
"""Runs of a name from which its usual times are calculated."""
CHUNK = 200
"""Items read or compared before other threads get their turn."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recalled:
    """A list as last known, perhaps by an earlier run."""

    items: tuple[Any, ...]
    at: datetime
    """When Studio last confirmed it, up to a minute too early."""
    has_all: bool = True


class Recorder:
    """Records for all dashboards of a profile; concurrent ones see each other's records."""

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
        self._file: int | None = None
        """Inode of the file that the following describe; a damaged file is replaced."""
        self._seen: dict[str, dict[str, Job | Pipeline]] = {JOB: {}, PIPELINE: {}}
        """The items that this run has recorded, by kind and id."""
        self._listings: dict[str, Any] = {}
        """The last written body of each list."""
        self._confirmed: dict[str, datetime] = {}
        """When Studio last confirmed each list, if that is not written yet."""
        self._missing: set[str] = set()
        """Lists that Studio confirmed, but whose present version is not in the file."""

    # Recording; from the event loop.

    def note_call(self, call: Call) -> None:
        """Record a request that has ended; it is written within a minute."""
        self._calls.note(call)

    def confirm(self, name: str, at: datetime) -> bool:
        """Record that a list was unchanged at a time; it is written within a minute.

        Return whether the list is known to be in the file; otherwise it must be recorded again.
        """
        if name in self._missing:
            return False
        self._confirmed[name] = at
        return True

    # Noting; in a thread. Each returns whether all is in the file.

    def note_jobs(
        self, jobs: Sequence[Job], at: datetime, *, has_all: bool, back_to: datetime
    ) -> bool:
        """Record changes of the job list; no job created since `back_to` is missing in it."""
        self._begin_anew_in_another_file()
        seen_jobs = self._seen[JOB]
        changed = self._changed(JOB, {job.id: job for job in jobs}, at)
        listed = {job.id for job in jobs}
        has_gone = not seen_jobs or any(job_id not in listed for job_id in seen_jobs)
        listing = {"count": len(jobs), "has_all": has_all}

        def write(connection: "Connection") -> None:
            items.note(connection, JOB, changed, at.timestamp())
            if has_gone:
                items.note_gone(connection, JOB, listed, back_to.timestamp(), at.timestamp())
            self._list(connection, "jobs", listing, at)

        if not self._is_news(changed, "jobs", listing, has_gone=has_gone):
            return True
        if not self.database.write(write):
            return False
        self._seen[JOB] = {job.id: job for job in jobs}
        self._listings["jobs"] = listing
        return True

    def note_pipelines(self, pipelines: Sequence[Pipeline], at: datetime, *, has_all: bool) -> bool:
        """Record changes of the pipeline list."""
        self._begin_anew_in_another_file()
        by_id = {each.pipeline_id: each for each in pipelines}
        changed = self._changed(PIPELINE, by_id, at)
        listing = {"ids": list(by_id), "has_all": has_all}

        def write(connection: "Connection") -> None:
            items.note(connection, PIPELINE, changed, at.timestamp())
            self._list(connection, "pipelines", listing, at)

        if not self._is_news(changed, "pipelines", listing):
            return True
        if not self.database.write(write):
            return False
        self._seen[PIPELINE] = dict(by_id)
        self._listings["pipelines"] = listing
        return True

    def note_list(self, name: str, things: Sequence[Job | Cluster], at: datetime) -> bool:
        """Record a short list as a whole: the clusters, the schedules."""
        self._begin_anew_in_another_file()
        listing = [body_of(each) for each in things]
        if not self._is_news((), name, listing):
            return True
        if not self.database.write(lambda connection: self._list(connection, name, listing, at)):
            return False
        self._listings[name] = listing
        return True

    def flush(self) -> bool:
        """Write waiting records in one transaction; return whether that succeeded."""
        calls_to_write, confirmed = self._calls.take(), dict(self._confirmed)
        self._confirmed = {}
        if not calls_to_write and not confirmed:
            return True
        numbered: list[RecordedCall] = []
        missing: set[str] = set()

        def write(connection: "Connection") -> None:
            numbered[:] = calls.write(connection, calls_to_write)
            for name, at in confirmed.items():
                query = "UPDATE listing SET at = max(at, ?) WHERE name = ?"
                if not connection.execute(query, (at.timestamp(), name)).rowcount:
                    missing.add(name)

        if self.database.write(write):
            self._calls.written(numbered)
            self._missing |= missing
            return True
        self._calls.requeue(calls_to_write)
        self._confirmed = confirmed | self._confirmed
        return False

    def prune(self) -> None:
        """Delete what exceeds the limits, step by step."""
        more, now = [True], self._now().timestamp()

        def step(connection: "Connection") -> None:
            more[0] = pruning.prune(connection, self._limits, now)

        while more[0] and self.database.write(step):
            # Let other threads write in between.
            time.sleep(0)
        self.database.read(pruning.free_pages)

    async def run(self) -> None:
        """Write waiting records once a minute, and prune, until canceled."""
        await asyncio.to_thread(self.database.keep_open)
        turns = 0
        try:
            while True:
                await asyncio.sleep(WRITE_EVERY)
                await asyncio.to_thread(self.flush)
                if turns % PRUNE_EVERY == 0:
                    await asyncio.to_thread(self.prune)
                turns += 1
        finally:
            # On the event loop: it is short, and the loop is about to end.
            self.flush()
            self.database.close()

    # Reading; in a thread. Lists are `None` if nothing is recorded, or it cannot be read now.

    def recall_jobs(self, most: int) -> Recalled | None:
        """Return the newest jobs as last known, at most `most`."""
        listing = self._listing("jobs")
        if listing is None:
            return None
        body, at = listing
        count = min(int(body.get("count", 0)), most)
        packed = self.database.read(lambda connection: items.newest(connection, JOB, count))
        if packed is None:
            return None
        jobs = tuple(models_of(Job, packed))
        return Recalled(jobs, at, bool(body.get("has_all")) and len(jobs) >= body["count"])

    def recall_pipelines(self) -> Recalled | None:
        """Return the pipelines as last known."""
        listing = self._listing("pipelines")
        if listing is None:
            return None
        body, at = listing
        ids = list(map(str, body.get("ids", ())))
        packed = self.database.read(lambda connection: items.of_ids(connection, PIPELINE, ids))
        if packed is None:
            return None
        return Recalled(tuple(models_of(Pipeline, packed)), at, bool(body.get("has_all")))

    def recall_list(self, name: str, model: type[Job] | type[Cluster]) -> Recalled | None:
        """Return a short list as last known."""
        listing = self._listing(name)
        if listing is None or not isinstance(listing[0], list):
            return None
        found = models_of(model, (pack(each) for each in listing[0]))
        return Recalled(tuple(found), listing[1])

    async def past_runs(self, job: Job) -> tuple[Job, ...]:
        """Return other COMPLETE runs of a job's name, newest first; `PAST_RUNS` at most."""
        return await asyncio.to_thread(self._past_runs, job.name or "", job.id)

    def _past_runs(self, name: str, besides: str) -> tuple[Job, ...]:
        if not name:
            return ()
        packed = self.database.read(
            lambda connection: items.past_runs(connection, name, besides, PAST_RUNS)
        )
        return tuple(models_of(Job, packed or ()))

    def all_jobs(self) -> tuple[tuple[Job, datetime], ...] | None:
        """Return all jobs ever seen, newest first, and since when each is in its state."""
        rows = self.database.read(lambda connection: list(items.all_items(connection, JOB)))
        return None if rows is None else tuple(_with_times(rows, Job))

    def all_pipelines(self) -> tuple[tuple[Pipeline, datetime], ...] | None:
        """Return all pipelines ever seen, newest first, and since when each is in its state."""
        rows = self.database.read(lambda connection: list(items.all_items(connection, PIPELINE)))
        return None if rows is None else tuple(_with_times(rows, Pipeline))

    def recent_calls(self, count: int) -> tuple[RecordedCall, ...]:
        """Return the newest calls, newest first, including those not written yet."""
        waiting = {_key(call): call for call in self._calls.waiting}
        written = self.database.read(lambda connection: calls.read_calls(connection, count)) or []
        known = {_key(call): call for call in written} | waiting
        ordered = sorted(known.values(), key=lambda call: call.at, reverse=True)
        return tuple(ordered[:count])

    # Helpers.

    def _begin_anew_in_another_file(self) -> None:
        if (file := self.database.inode) != self._file:
            self._file = file
            self._seen = {JOB: {}, PIPELINE: {}}
            self._listings = {}
            self._missing = set()

    def _changed(
        self, kind: str, things: "dict[str, Job] | dict[str, Pipeline]", at: datetime
    ) -> list[SeenItem]:
        earlier = self._seen[kind]
        changed = []
        for item_id, thing in things.items():
            before = earlier.get(item_id)
            if before is thing or before == thing:
                continue
            changed.append(SeenItem(item_id, (thing.created_at or at).timestamp(), body_of(thing)))
            if len(changed) % CHUNK == 0:
                time.sleep(0)  # a turn for the event loop: 200 take 15 ms
        return changed

    def _is_news(
        self, changed: Sequence[SeenItem], name: str, listing: object, *, has_gone: bool = False
    ) -> bool:
        return bool(changed) or has_gone or self._listings.get(name) != listing

    def _list(self, connection: "Connection", name: str, listing: object, at: datetime) -> None:
        connection.execute(
            "INSERT OR REPLACE INTO listing VALUES (?, ?, ?)", (name, at.timestamp(), pack(listing))
        )

    def _listing(self, name: str) -> tuple[Any, datetime] | None:
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
