"""All recorded jobs or pipelines, for lists that show more than Studio returns."""

import asyncio
from datetime import timedelta
from typing import TypeVar

from studio_tui import clock
from studio_tui.service.polling.snapshot import Snapshot, SnapshotPublisher
from studio_tui.service.recorder.recorder import Archived, Recorder

T = TypeVar("T")

FRESH_FOR = timedelta(minutes=5)
"""Age up to which a read is not repeated; Studio's list, shown with it, has later changes."""
RETRY_PAUSE = 5.0
"""Seconds before another attempt to read a file that could not be read."""


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
            archived = await asyncio.to_thread(self._recorder.all_items, self._kind)
            if archived is None:
                await asyncio.sleep(RETRY_PAUSE)
                continue
            self._wanted.clear()
            self._publish(Snapshot(archived, clock.now()))
