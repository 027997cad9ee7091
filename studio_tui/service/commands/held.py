"""Commands that wait a few seconds before they are sent, and can be taken back until then.

Nothing is sent before. What waits is in the recorder, so that the next run can say what was not
sent because this one ended.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import uuid4

from studio_tui import clock
from studio_tui.service.listeners import Listeners
from studio_tui.service.polling.snapshot import Snapshot
from studio_tui.service.recorder.holds import Hold, HoldState


class KeepsHolds(Protocol):
    """What remembers commands that wait; asks the disk, so it is called in a thread."""

    def note(self, hold: Hold) -> object:
        """Remember a command that waits."""

    def settle(self, hold_id: str, state: HoldState) -> object:
        """Remember what became of it."""


@dataclass(frozen=True, slots=True)
class Held:
    """A command that waits."""

    hold: Hold
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """Set as soon as it is taken back."""

    def left(self, now: datetime) -> int:
        """Return the whole seconds for which it still waits, at least 1."""
        seconds = (self.hold.until - now).total_seconds()
        return max(1, round(seconds))


class HeldCommands:
    """All commands that wait; it can be listened to as a poller can."""

    name = "held"

    def __init__(
        self,
        holds: KeepsHolds,
        seconds: float,
        *,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        """Take what remembers them, and for how long they wait; 0 lets all be sent at once."""
        self._holds = holds
        self._seconds = seconds
        self._now = now
        self._waiting: list[Held] = []
        self.snapshot: Snapshot[tuple[Held, ...]] = Snapshot(())
        self._listeners = Listeners[[Snapshot[tuple[Held, ...]]]]()

    def subscribe(
        self, listener: Callable[[Snapshot[tuple[Held, ...]]], None]
    ) -> Callable[[], None]:
        """Tell `listener` of each change from now on; return a function that ends it."""
        return self._listeners.add(listener)

    async def may_be_sent(self, words: str) -> bool:
        """Wait, and return whether the command may be sent; else it was taken back.

        `words` say what it does, such as `cancelling 3 jobs`; they follow `undo`.
        """
        if not self._seconds:
            return True
        now = self._now()
        held = Held(Hold(uuid4().hex, words, now, now + timedelta(seconds=self._seconds)))
        self._waiting.append(held)
        self._publish()
        try:
            await asyncio.to_thread(self._holds.note, held.hold)
            is_over = await self._is_taken_back(held)
        finally:
            # Cancelled as the program ends: it stays held in the recorder, and is not sent.
            if held in self._waiting:
                self._waiting.remove(held)
            self._publish()
        state = HoldState.UNDONE if is_over else HoldState.SENT
        await asyncio.to_thread(self._holds.settle, held.hold.id, state)
        return not is_over

    def take_back(self) -> str | None:
        """Take the command back that was asked for last; return what it would have done."""
        if not self._waiting:
            return None
        held = self._waiting.pop()
        held.over.set()
        self._publish()
        return held.hold.words

    def take_all_back(self) -> None:
        """Take back all that waits."""
        while self.take_back() is not None:
            pass

    async def _is_taken_back(self, held: Held) -> bool:
        with suppress(TimeoutError):
            await asyncio.wait_for(held.over.wait(), self._seconds)
        return held.over.is_set()

    def _publish(self) -> None:
        self.snapshot = Snapshot(tuple(self._waiting))
        self._listeners.tell(self.snapshot)
