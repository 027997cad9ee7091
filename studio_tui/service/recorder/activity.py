"""The recorded requests to Studio and their outcomes, read while they are shown."""

import asyncio
from dataclasses import dataclass

from studio_tui import clock
from studio_tui.service.polling.snapshot import Snapshot, SnapshotPublisher
from studio_tui.service.recorder.calls import RecordedCall
from studio_tui.service.recorder.holds import Hold, Holds
from studio_tui.service.recorder.recorder import Recorder

PAGE = 1000
READ_EVERY = 1.0
"""In seconds."""


@dataclass(frozen=True, slots=True)
class Actions:
    """Recorded calls, and the newest commands that were undone or lost; both newest first."""

    calls: tuple[RecordedCall, ...] = ()
    unsent: tuple[Hold, ...] = ()
    has_all: bool = True
    """Whether there are no older calls."""


class Activity(SnapshotPublisher[Actions]):
    """Reads the recorded calls and commands while there are subscribers, like a poller."""

    def __init__(self, recorder: Recorder, holds: Holds) -> None:
        super().__init__("activity", Snapshot())
        self.requested_count = PAGE
        self._recorder = recorder
        self._holds = holds

    def request_more(self) -> None:
        """Read `PAGE` more calls from the next read on."""
        self.requested_count += PAGE

    async def run(self) -> None:
        """Read while there are subscribers, until canceled."""
        while True:
            await self._has_subscribers.wait()
            actions = await asyncio.to_thread(self._read)
            if actions != self.snapshot.value:
                self._publish(Snapshot(actions, clock.now()))
            await asyncio.sleep(READ_EVERY)

    def _read(self) -> Actions:
        newest = self._recorder.recent_calls(self.requested_count + 1)
        calls = newest[: self.requested_count]
        return Actions(calls, tuple(self._holds.past(PAGE)), len(newest) == len(calls))
