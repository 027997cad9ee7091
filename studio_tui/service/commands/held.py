"""Commands that wait a few seconds before they are sent, and can be undone until then.

If the program ends before that, they stay in the recorder, from which the next run reports them.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from studio_tui import clock
from studio_tui.service.polling.backoff import wait_for
from studio_tui.service.polling.snapshot import Snapshot, SnapshotPublisher
from studio_tui.service.recorder.holds import Hold, Holds, HoldState


@dataclass(frozen=True, slots=True)
class Held:
    """A waiting command."""

    hold: Hold
    undone: asyncio.Event = field(default_factory=asyncio.Event)

    def remaining_seconds(self, now: datetime) -> int:
        """Return the seconds until the command is sent, at least 1."""
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
        """Initialise; `seconds` is how long each command waits, 0 to send it at once."""
        super().__init__("held", Snapshot(()))
        self._holds = holds
        self._seconds = seconds
        self._now = now
        self._waiting: list[Held] = []

    async def may_be_sent(self, words: str) -> bool:
        """Wait; return whether to send the command, False if it was undone.

        `words` describe the command after `undo`, such as `canceling 3 jobs`.
        """
        if not self._seconds:
            return True
        now = self._now()
        held = Held(Hold(uuid4().hex, words, now, now + timedelta(seconds=self._seconds)))
        self._waiting.append(held)
        self._publish_all()
        try:
            await asyncio.to_thread(self._holds.note, held.hold)
            await wait_for(held.undone, self._seconds)
            is_undone = held.undone.is_set()
        finally:
            # If the program ends, it cancels this task: the command is not sent, and stays HELD in
            # the recorder, from which the next run reports it.
            if held in self._waiting:
                self._waiting.remove(held)
            self._publish_all()
        state = HoldState.UNDONE if is_undone else HoldState.SENT
        await asyncio.to_thread(self._holds.settle, held.hold.id, state)
        return not is_undone

    def undo(self) -> str | None:
        """Undo the latest waiting command; return its words, `None` if none waits."""
        if not self._waiting:
            return None
        held = self._waiting.pop()
        held.undone.set()
        self._publish_all()
        return held.hold.words

    def undo_all(self) -> None:
        """Undo all waiting commands."""
        while self.undo() is not None:
            pass

    def _publish_all(self) -> None:
        self._publish(Snapshot(tuple(self._waiting)))
