"""Commands that wait a few seconds before they are sent, and can be undone until then.

If the program ends before that, they stay in the recorder, from which the next run reports them.
"""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from studio_tui import clock
from studio_tui.errors import NotSent
from studio_tui.service.polling.backoff import wait_for
from studio_tui.service.polling.snapshot import Snapshot, SnapshotPublisher
from studio_tui.service.recorder.holds import Hold, Holds, HoldState


class HeldCommands(SnapshotPublisher[tuple[Hold, ...]]):
    """All waiting commands; can be subscribed to like a poller."""

    def __init__(self, holds: Holds, seconds: float) -> None:
        """Initialize; `seconds` is how long each command waits, 0 to send it at once."""
        super().__init__("held", Snapshot(()))
        self._holds = holds
        self._seconds = seconds
        self._targets: dict[Hold, frozenset[str]] = {}
        self._waiting: dict[Hold, asyncio.Event] = {}
        """The event of each waiting command is set when it is undone."""

    async def may_be_sent(
        self, words: str, targets: frozenset[str] = frozenset(), names: str = ""
    ) -> bool:
        """Wait; return whether to send the command, False if it was undone.

        `words` describe the command so that they can follow the word `undo`: `canceling 3 jobs`.
        `targets` are what it does to which items. `names` are those of several items, safe to draw:
        they are only recorded.

        Raises:
            NotSent: a waiting command has one of the targets.
        """
        if not self._seconds:
            return True
        for other in self._waiting:
            if targets & self._targets[other]:
                raise NotSent(
                    f"Not sent a second time: {other.words} waits already, and can be undone with z"
                )
        now = clock.now()
        hold = Hold(uuid4().hex, words, now, now + timedelta(seconds=self._seconds))
        undone = self._waiting[hold] = asyncio.Event()
        self._targets[hold] = targets
        self._publish_all()
        try:
            recorded = replace(hold, words=f"{words}: {names}") if names else hold
            await asyncio.to_thread(self._holds.note, recorded)
            await wait_for(undone, self._seconds)
        finally:
            # If the program ends, it cancels this task: the command is not sent, and stays HELD in
            # the recorder, from which the next run reports it.
            self._waiting.pop(hold, None)
            del self._targets[hold]
            self._publish_all()
        state = HoldState.UNDONE if undone.is_set() else HoldState.SENT
        await asyncio.to_thread(self._holds.settle, hold.id, state)
        return state is HoldState.SENT

    def undo(self) -> str | None:
        """Undo the latest waiting command; return its words, `None` if none waits."""
        if not self._waiting:
            return None
        hold, undone = self._waiting.popitem()
        undone.set()
        self._publish_all()
        return hold.words

    def undo_all(self) -> None:
        while self.undo() is not None:
            pass

    def _publish_all(self) -> None:
        self._publish(Snapshot(tuple(self._waiting)))
