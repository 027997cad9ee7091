"""A page's subscriptions to pollers: only while it is shown, reporting each new value once."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from studio_tui.errors import AuthenticationError, PermissionDenied
from studio_tui.service.polling.snapshot import SnapshotPublisher
from studio_tui.tui.messages import Refreshed, TeamRefused, TokenRefused
from studio_tui.tui.widgets.lifetime import Lifetime


class Subscriptions:
    """The subscriptions of one page."""

    def __init__(self, page: Lifetime) -> None:
        self._page = page
        self._leave: list[Callable[[], None]] = []
        self._seen: dict[str, object] = {}
        """The last value received from each poller, to recognize a repeated value."""
        self._reported_token: Exception | None = None
        """The refusal of the token that was reported last."""
        self._reported_team = ""
        """The refusal of the team that was reported last."""

    @property
    def is_on(self) -> bool:
        """Whether the page is subscribed, that is, visible."""
        return bool(self._leave)

    def begin(self, pollers: Iterable[SnapshotPublisher[Any]]) -> tuple[Refreshed, ...]:
        """Subscribe to pollers and return a `Refreshed` for each; nothing if already subscribed."""
        if self._leave:
            return ()
        messages = []
        for poller in pollers:
            self._leave.append(
                self._page.listen(poller.subscribe, partial(self._post, poller.name))
            )
            messages.append(Refreshed(poller.name, poller.snapshot))
        return tuple(messages)

    def end(self) -> None:
        """Unsubscribe from all pollers."""
        while self._leave:
            self._leave.pop()()

    def note_value(self, message: Refreshed) -> bool:
        """Record a message's value, and return whether it differs from the poller's last one."""
        before = self._seen.get(message.name)
        self._seen[message.name] = message.snapshot.value
        return message.snapshot.value is not before

    def report_refusals(self, message: Refreshed, *, of_team: bool) -> None:
        """Ask for another token or, if `of_team`, another team, once for each refusal by Studio."""
        self._report_token_refusal(message)
        if of_team:
            self._report_team_refusal(message)

    def _report_token_refusal(self, message: Refreshed) -> None:
        error = message.snapshot.error
        is_refused = message.snapshot.stopped and isinstance(error, AuthenticationError)
        if is_refused and error is not self._reported_token:
            self._reported_token = error
            self._page.post_message(TokenRefused(str(error)))

    def _report_team_refusal(self, message: Refreshed) -> None:
        snapshot, error = message.snapshot, message.snapshot.error
        is_unread = snapshot.value is None or snapshot.is_recalled
        if is_unread and isinstance(error, PermissionDenied) and str(error) != self._reported_team:
            self._reported_team = str(error)
            self._page.post_message(TeamRefused(str(error), error.teams))

    def forget_team_refusal(self) -> None:
        """Forget that the team was refused, so that another refusal is reported too."""
        self._reported_team = ""

    def _post(self, name: str, snapshot: Any) -> None:
        self._page.post_message(Refreshed(name, snapshot))
