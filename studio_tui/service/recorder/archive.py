"""All recorded jobs or pipelines, for lists that show more than Studio returns."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from studio_tui import clock
from studio_tui.service.polling.snapshot import Snapshot, SnapshotPublisher
from studio_tui.service.recorder.recorder import Recorder

T = TypeVar("T")

FRESH_FOR = timedelta(minutes=5)
"""Age up to which a read is not repeated; Studio's list, shown with it, has later changes."""
RETRY_PAUSE = 5.0
"""Seconds before another attempt to read a file that could not be read."""


@dataclass(frozen=True, slots=True)
class Archived(Generic[T]):
    """Items as last seen, whether Studio still lists them or not."""

    items: Mapping[str, T] = field(default_factory=dict)
    since: Mapping[str, datetime] = field(default_factory=dict)
    """When each item was first seen in this state, or no longer in Studio's list, by id."""


class Archive(SnapshotPublisher[Archived[T]]):
    """Publishes all recorded items of a kind; it reads them when a list requests it."""

    def __init__(self, name: str, recorder: Recorder, kind: str) -> None:
        super().__init__(name, Snapshot())
        self._recorder = recorder
        self._kind = kind
        self._wanted = asyncio.Event()

    def request_read(self) -> None:
        """Request a read, unless the last one was less than `FRESH_FOR` ago."""
        read_at = self.snapshot.fetched_at
        if read_at is None or clock.now() - read_at > FRESH_FOR:
            self._wanted.set()

    async def run(self) -> None:
        """Read on request, until canceled."""
        while True:
            await self._wanted.wait()
            items = await asyncio.to_thread(self._recorder.all_items, self._kind)
            if items is None:
                await asyncio.sleep(RETRY_PAUSE)
                continue
            self._wanted.clear()
            archived = Archived(
                {item_id: item for item_id, (item, _) in items.items()},
                {item_id: since for item_id, (_, since) in items.items()},
            )
            self._publish(Snapshot(archived, clock.now()))
