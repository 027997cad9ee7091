"""Commands that wait a few seconds before they are sent, and can be undone until then.

Waiting commands are stored in the recorder, so that the next run can report those that were not
sent because this one ended.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from studio_tui import clock
from studio_tui.service.polling.snapshot import Snapshot, SnapshotPublisher
from studio_tui.service.recorder.holds import Hold, Holds, HoldState


@dataclass(frozen=True, slots=True)
class Held:
    """A waiting command."""

    hold: Hold
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """Set as soon as it is undone."""

    def remaining_seconds(self, now: datetime) -> int:
        """Return the whole seconds until it is sent, at least 1."""
        seconds = (self.hold.until - now).total_seconds()
        return max(1, round(seconds))


class HeldCommands(SnapshotPublisher[tuple[Held, ...]]):
    """All waiting commands; can be subscribed to like a poller."""

    def __init__(
        self,
        holds: Holds,
        seconds: float,
        *,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        """Initialise; `seconds` is how long commands wait, 0 sends them at once."""
        super().__init__("held", Snapshot(()))
        self._holds = holds
        self._seconds = seconds
        self._now = now
        self._waiting: list[Held] = []

    async def may_be_sent(self, words: str) -> bool:
        """Wait; return whether the command may be sent, False if it was undone.

        `words` describe the command, such as `canceling 3 jobs`; they are shown after `undo`.
        """
        if not self._seconds:
            return True
        now = self._now()
        held = Held(Hold(uuid4().hex, words, now, now + timedelta(seconds=self._seconds)))
        self._waiting.append(held)
        self._publish_all()
        try:
            await asyncio.to_thread(self._holds.note, held.hold)
            is_over = await self._is_taken_back(held)
        finally:
            # Canceled as the program ends: it stays held in the recorder, and is not sent.
            if held in self._waiting:
                self._waiting.remove(held)
            self._publish_all()
        state = HoldState.UNDONE if is_over else HoldState.SENT
        await asyncio.to_thread(self._holds.settle, held.hold.id, state)
        return not is_over

    def undo(self) -> str | None:
        """Undo the latest waiting command; return its description."""
        if not self._waiting:
            return None
        held = self._waiting.pop()
        held.over.set()
        self._publish_all()
        return held.hold.words

    def undo_all(self) -> None:
        """Undo all waiting commands."""
        while self.undo() is not None:
            pass

    async def _is_taken_back(self, held: Held) -> bool:
        with suppress(TimeoutError):
            await asyncio.wait_for(held.over.wait(), self._seconds)
        return held.over.is_set()

    def _publish_all(self) -> None:
        self._publish(Snapshot(tuple(self._waiting)))
