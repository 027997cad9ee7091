"""What a page hears from the pollers: only while it is shown, and each value once as news."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from studio_tui.errors import AuthenticationError, PermissionDenied
from studio_tui.service.polling.snapshot import Snapshot
from studio_tui.tui.messages import Refreshed, TeamRefused, TokenRefused
from studio_tui.tui.widgets.lifetime import Lifetime


class Source(Protocol):
    """What can be listened to: a poller, or something else that publishes snapshots."""

    @property
    def name(self) -> str:
        """What tells it from the others."""

    @property
    def snapshot(self) -> Snapshot[Any]:
        """What it published last."""

    def subscribe(self, listener: Callable[[Snapshot[Any]], None], /) -> Callable[[], None]:
        """Tell `listener` each snapshot from now on; return a function that ends it."""


class Listening:
    """The subscriptions of one page."""

    def __init__(self, page: Lifetime) -> None:
        """Take the page, to which `Refreshed` and `TokenRefused` are posted."""
        self._page = page
        self._leave: list[Callable[[], None]] = []
        self._seen: dict[str, object] = {}
        """The value last taken over of each poller, to tell news from the same again."""
        self._refusal: AuthenticationError | None = None
        self._denial = ""

    @property
    def is_on(self) -> bool:
        """Whether the page listens; else it is out of sight."""
        return bool(self._leave)

    def begin(self, pollers: Iterable[Source]) -> tuple[Refreshed, ...]:
        """Listen to pollers; return what they know already, none where it was listened before."""
        if self._leave:
            return ()
        known = []
        for poller in pollers:
            self._leave.append(self._page.listen(poller.subscribe, self._poster(poller)))
            known.append(Refreshed(poller.name, poller.snapshot))
        return tuple(known)

    def end(self) -> None:
        """Listen no more."""
        while self._leave:
            self._leave.pop()()

    def is_news(self, message: Refreshed) -> bool:
        """Return whether a poller has another value than the last time it was heard."""
        before = self._seen.get(message.name)
        self._seen[message.name] = message.snapshot.value
        return message.snapshot.value is not before

    def ask_for_settings(self, message: Refreshed, *, is_first: bool) -> None:
        """Ask for another token, or team, once for each time that Studio refuses the present one.

        `is_first` says that it is an answer to what is asked first of all.
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
        """Ask for another team again should this one be refused again."""
        self._denial = ""

    def _poster(self, poller: Source) -> Callable[[Any], None]:
        return lambda snapshot: self._post(poller.name, snapshot)

    def _post(self, name: str, snapshot: Any) -> None:
        self._page.post_message(Refreshed(name, snapshot))
