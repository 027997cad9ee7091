"""A page's subscriptions to pollers: only while it is shown, reporting each new value once."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from studio_tui.errors import AuthenticationError, PermissionDenied
from studio_tui.service.polling.snapshot import Snapshot
from studio_tui.tui.messages import Refreshed, TeamRefused, TokenRefused
from studio_tui.tui.widgets.lifetime import Lifetime


class Publisher(Protocol):
    """Something to subscribe to: a poller, or another publisher of snapshots."""

    @property
    def name(self) -> str:
        """Its unique name."""

    @property
    def snapshot(self) -> Snapshot[Any]:
        """The last published snapshot."""

    def subscribe(self, listener: Callable[[Snapshot[Any]], None], /) -> Callable[[], None]:
        """Call `listener` with each later snapshot; return a function that unsubscribes."""


class Listening:
    """The subscriptions of one page."""

    def __init__(self, page: Lifetime) -> None:
        """Make subscriptions that post `Refreshed` and `TokenRefused` to `page`."""
        self._page = page
        self._leave: list[Callable[[], None]] = []
        self._seen: dict[str, object] = {}
        """The last value received from each poller, to recognize a repeated value."""
        self._refusal: AuthenticationError | None = None
        self._denial = ""

    @property
    def is_on(self) -> bool:
        """Whether the page is subscribed, that is, visible."""
        return bool(self._leave)

    def begin(self, pollers: Iterable[Publisher]) -> tuple[Refreshed, ...]:
        """Subscribe to pollers and return their snapshots; nothing if already subscribed."""
        if self._leave:
            return ()
        known = []
        for poller in pollers:
            self._leave.append(self._page.listen(poller.subscribe, self._poster(poller)))
            known.append(Refreshed(poller.name, poller.snapshot))
        return tuple(known)

    def end(self) -> None:
        """Unsubscribe from all pollers."""
        while self._leave:
            self._leave.pop()()

    def is_news(self, message: Refreshed) -> bool:
        """Return whether the message has another value than the poller's last message."""
        before = self._seen.get(message.name)
        self._seen[message.name] = message.snapshot.value
        return message.snapshot.value is not before

    def ask_for_settings(self, message: Refreshed, *, is_first: bool) -> None:
        """Ask for another token, or team, once for each refusal by Studio.

        `is_first` says that the message answers the first request of all.
        """
        error = message.snapshot.error
        if message.snapshot.stopped and isinstance(error, AuthenticationError):
            if error is not self._refusal:
                self._refusal = error
                self._page.post_message(TokenRefused(str(error)))
        elif (
            is_first
            and (message.snapshot.value is None or message.snapshot.is_recalled)
            and isinstance(error, PermissionDenied)
            and str(error) != self._denial
        ):
            self._denial = str(error)
            self._page.post_message(TeamRefused(str(error), error.teams))

    def forget_refusals(self) -> None:
        """Forget the refused team, so that a new refusal asks again."""
        self._denial = ""

    def _poster(self, poller: Publisher) -> Callable[[Any], None]:
        return lambda snapshot: self._post(poller.name, snapshot)

    def _post(self, name: str, snapshot: Any) -> None:
        self._page.post_message(Refreshed(name, snapshot))
