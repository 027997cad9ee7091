"""All recorded jobs or pipelines, for lists that show more than Studio returns."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Generic, TypeVar

from studio_tui import clock
from studio_tui.api.models import Job, Pipeline
from studio_tui.service.polling.snapshot import Snapshot, SnapshotPublisher
from studio_tui.service.recorder.recorder import Recorder

T = TypeVar("T")

FRESH_FOR = timedelta(minutes=5)
"""How long a read stays valid; later changes are in the list itself."""
AGAIN = 5.0
"""Seconds after which a failed read is tried again."""


@dataclass(frozen=True, slots=True)
class Archived(Generic[T]):
    """Items as last seen, whether Studio still lists them or not."""

    things: Mapping[str, T] = field(default_factory=dict)
    """By id, newest first."""
    since: Mapping[str, datetime] = field(default_factory=dict)
    """When each was first seen in its current state."""


class Archive(SnapshotPublisher[Archived[T]]):
    """Reads the recorder on request; can be subscribed to like a poller."""

    def __init__(
        self,
        name: str,
        read: Callable[[], tuple[tuple[T, datetime], ...] | None],
        key: Callable[[T], str],
    ) -> None:
        """Initialise; `read` returns everything, called in a thread, `key` an item's id.

        `read` returns `None` if that is not possible now.
        """
        super().__init__(name, Snapshot())
        self._read = read
        self._key = key
        self._wanted = asyncio.Event()

    def want(self) -> None:
        """Request a read, unless the last one is fresh."""
        read_at = self.snapshot.fetched_at
        if read_at is None or clock.now() - read_at > FRESH_FOR:
            self._wanted.set()

    async def run(self) -> None:
        """Read on request, until canceled."""
        while True:
            await self._wanted.wait()
            items = await asyncio.to_thread(self._read)
            if items is None:
                await asyncio.sleep(AGAIN)
                continue
            self._wanted.clear()
            archived = Archived(
                {self._key(thing): thing for thing, _ in items},
                {self._key(thing): at for thing, at in items},
            )
            self._publish(Snapshot(archived, clock.now()))


def archives(recorder: Recorder) -> tuple[Archive[Job], Archive[Pipeline]]:
    """Return archives of all jobs and of all pipelines ever seen."""
    return (
        Archive("recorded jobs", recorder.all_jobs, attrgetter("id")),
        Archive("recorded pipelines", recorder.all_pipelines, attrgetter("pipeline_id")),
    )
