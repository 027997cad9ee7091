"""A page's subscriptions to pollers and its timer, which run only while the page is shown."""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from studio_tui import clock
from studio_tui.errors import AuthenticationError, PermissionDenied
from studio_tui.service.polling.snapshot import SnapshotPublisher
from studio_tui.tui.messages import Refreshed, StudioRefused
from studio_tui.tui.widgets.lifetime import Lifetime


class Subscriptions:
    """The subscriptions of one page, and its clock."""

    def __init__(self, page: Lifetime, tick: Callable[[], None]) -> None:
        """Make no subscription yet; while there are some, call `tick` at each whole second."""
        self._page = page
        self._tick = page.while_alive(tick)
        self._timer: asyncio.TimerHandle | None = None
        self._unsubscribers: list[Callable[[], None]] = []
        self._last_values: dict[str, object] = {}
        self._reported_token_error: Exception | None = None
        self._reported_team_error = ""

    @property
    def is_on(self) -> bool:
        """Whether the page is subscribed, which it is while it is visible."""
        return bool(self._unsubscribers)

    def begin(self, pollers: Iterable[SnapshotPublisher[Any]]) -> tuple[Refreshed, ...]:
        """Subscribe, and return messages with the present snapshots; none if already subscribed."""
        if self._unsubscribers:
            return ()
        self._await_second()
        messages = []
        for poller in pollers:
            self._unsubscribers.append(
                self._page.listen(poller.subscribe, partial(self._post, poller.name))
            )
            messages.append(Refreshed(poller.name, poller.snapshot))
        return tuple(messages)

    def end(self) -> None:
        """Unsubscribe from all pollers, and stop the clock."""
        if self._timer is not None:
            self._timer.cancel()
        while self._unsubscribers:
            self._unsubscribers.pop()()

    def note_value(self, message: Refreshed) -> bool:
        """Store a message's value; return whether it is another object than the last."""
        previous = self._last_values.get(message.name)
        self._last_values[message.name] = message.snapshot.value
        return message.snapshot.value is not previous

    def report_refusals(self, message: Refreshed, *, of_team: bool) -> None:
        """Ask for another token if Studio has refused the token, once for each refusal.

        If `of_team`, also ask for another team if Studio has refused access to the team, unless
        data of the team was received in this run.
        """
        snapshot, error = message.snapshot, message.snapshot.error
        if snapshot.stopped and isinstance(error, AuthenticationError):
            if error is not self._reported_token_error:
                self._reported_token_error = error
                self._page.post_message(StudioRefused(str(error)))
        elif of_team and isinstance(error, PermissionDenied):
            # Once the team's data was received in this run, a refusal is shown as an error instead.
            has_data = snapshot.value is not None and not snapshot.is_recalled
            if not has_data and str(error) != self._reported_team_error:
                self._reported_team_error = str(error)
                self._page.post_message(StudioRefused(str(error), error.teams))

    def forget_team_refusal(self) -> None:
        """Report a refusal of the team again, even with the same words."""
        self._reported_team_error = ""

    def _await_second(self) -> None:
        # Polling and saving the place happen at whole seconds too, as waking up once for all three
        # costs much less. A Textual timer would start its wait only when the event loop is free.
        seconds = clock.until_multiple(1.0)
        self._timer = asyncio.get_running_loop().call_later(seconds, self._end_second)

    def _end_second(self) -> None:
        self._page.call_later(self._tick)
        self._await_second()

    def _post(self, name: str, snapshot: Any) -> None:
        self._page.post_message(Refreshed(name, snapshot))
