"""Publishes the state of following a log to its subscribers."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from studio_tui import clock
from studio_tui.api.connection_states import FollowPhase, TailState
from studio_tui.service.listeners import Listeners
from studio_tui.service.logs.store.log_store import LogStore

NO_LOG = "Studio has no log of this job."
REMOVED = "Studio has removed this log."
UNCHECKED = "Everything that was received; Studio has no log to compare it with."
UNCONFIRMED = "Everything that was received; Studio's own log is different."


class StatePublisher:
    def __init__(self, store: LogStore, kept_since: datetime | None) -> None:
        """Initialize; `kept_since` is as in `TailState`."""
        self.state = (
            TailState(FollowPhase.COMPLETE, kept_since, size=store.size, kept_since=kept_since)
            if kept_since
            else TailState(FollowPhase.CONNECTING, clock.now(), size=store.size)
        )
        self._store = store
        self._listeners = Listeners[[TailState]]()

    def subscribe(self, listener: Callable[[TailState], None]) -> Callable[[], None]:
        """Call `listener` with each state from now on; return a function that unsubscribes it."""
        return self._listeners.add(listener)

    def note_status(self, status: str | None) -> None:
        """Note the job's status, which is published with the next state."""
        self.state = replace(self.state, status=status)

    def publish(
        self,
        phase: FollowPhase,
        reason: str | None = None,
        next_try: datetime | None = None,
        *,
        since: datetime | None = None,
    ) -> None:
        """Publish a state with this phase and the present size of the store.

        If `reason` is `None`, the last reason and `next_try` are kept, or cleared if the phase is
        new. A new phase begins now; with `since`, it began then, or when Studio last sent something
        if that was later.
        """
        state = self.state
        if phase is not state.phase:
            began = max(since, state.received_at or since) if since else clock.now()
            state = TailState(phase, began, status=state.status)
        if reason is not None:
            state = replace(state, reason=reason, next_try=next_try)
        received_at = clock.now() if phase is FollowPhase.FOLLOWING else state.received_at
        lines, size = self._store.lines, self._store.size
        self.state = replace(state, lines=lines, size=size, received_at=received_at)
        self._listeners.notify(self.state)
