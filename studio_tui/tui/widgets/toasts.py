"""Notifications, with a workaround for a bug in Textual's timers: docs/upstream/toast-timer.md."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from textual.app import App
from textual.events import Event, Key
from textual.notifications import Notification, Notify, SeverityLevel
from textual.screen import Screen
from textual.widgets._toast import ToastRack

from studio_tui import clock

MIN_SECONDS = 0.1
"""Seconds for which a toast is shown at least, even if it is created late."""

MAX_TOASTS = 4
"""Toasts shown at once at most; more would cover the screen."""

UNTIL_CLOSED = 1e9
"""Timeout, in seconds, of a toast that is shown until it is closed: longer than any run."""

SECONDS_TO_NOTICE = 1.5
CHARACTERS_PER_SECOND = 30
"""How fast a notice is read, once noticed."""


@dataclass
class TimedNotification(Notification):
    """A notification whose toast always has some time left, also if the clock is changed."""

    screen: Screen[Any] | None = None
    """The screen that the notification is about, if any.

    The notification ends when another screen covers this one.
    """
    made_at: float = field(default_factory=clock.monotonic)
    """Time of the monotonic clock."""

    @property
    def _age(self) -> float:
        return clock.monotonic() - self.made_at

    @property
    def time_left(self) -> float:
        return max(MIN_SECONDS, self.timeout - self._age)

    @property
    def has_expired(self) -> bool:
        """Whether `timeout` has passed; `time_left` does not tell, as it is never 0."""
        return self.timeout <= self._age

    @property
    def ends_with_next_key(self) -> bool:
        """Whether there was time to read the toast; False if it is shown until it is closed."""
        seconds_to_read = SECONDS_TO_NOTICE + len(self.message) / CHARACTERS_PER_SECOND
        return self.timeout != UNTIL_CLOSED and self._age > seconds_to_read


def _to_replace(shown: Sequence[Notification], new: Notification) -> list[Notification]:
    """Return the notifications that end when `new` is shown.

    These are the equal ones. If there are none, these are the oldest beyond `MAX_TOASTS`: first
    those that are no errors, then errors.
    """
    same = [each for each in shown if _content(each) == _content(new)]
    oldest_first = sorted(shown, key=lambda each: each.severity == "error")
    return same or oldest_first[: max(0, len(shown) + 1 - MAX_TOASTS)]


def _content(notification: Notification) -> tuple[str, str, SeverityLevel]:
    return notification.title, notification.message, notification.severity


def hide_toasts(screen: Screen[Any]) -> None:
    """Hide the toasts of a covered screen, as the covering screen shows them.

    Notifications about the covered screen end.
    """
    for rack in screen.query("ToastRack"):
        rack.display = False
    about = [each for each in screen.app._notifications if getattr(each, "screen", None) is screen]
    _end(screen.app, about)
    if about:
        screen.app._refresh_notifications()


def notify_here(
    app: App[Any],
    message: str,
    severity: SeverityLevel = "information",
    *,
    seconds: float | None = None,
) -> None:
    """Show a toast about the current screen; it ends at the latest when another screen opens."""
    seconds = app.NOTIFICATION_TIMEOUT if seconds is None else seconds
    about = TimedNotification(message, "", severity, seconds, markup=False)
    about.screen = app.screen
    app.post_message(Notify(about))


def withdraw(app: App[Any], message: str) -> None:
    """End the notifications with a message, even if they were posted and are not shown yet."""

    def remove() -> None:
        _end(app, [each for each in app._notifications if each.message == message])
        app._refresh_notifications()

    app.call_later(remove)


def close_toasts(app: App[Any]) -> None:
    """Remove all toasts."""
    _end(app, tuple(app._notifications))


def has_lasting_toast(app: App[Any]) -> bool:
    """Return whether a toast is shown for longer than usual."""
    return any(each.timeout > app.NOTIFICATION_TIMEOUT for each in app._notifications)


def _end(app: App[Any], ended: Sequence[Notification]) -> None:
    """Remove notifications and their toasts; Textual leaves the `ToastHolder`, an empty row."""
    ids = {ToastRack._toast_id(each) for each in ended}
    for each in ended:
        del app._notifications[each]
    for screen in app.screen_stack if ids else ():
        for holder in screen.query("ToastHolder"):
            if holder.id in ids:
                holder.remove()


class ShowsToasts(App[Any]):
    """Mixin of an app that shows at most `MAX_TOASTS` toasts; a toast replaces an equal one.

    A toast covers a part of the page, so a key ends those that have been read.
    """

    async def on_event(self, event: Event) -> None:
        if isinstance(event, Key) and not event.is_forwarded:
            shown = tuple(self._notifications)
            _end(self, [each for each in shown if getattr(each, "ends_with_next_key", False)])
        await super().on_event(event)

    def on_notify(self, event: Notify) -> None:
        _end(self, _to_replace(tuple(self._notifications), event.notification))

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Show a toast for `timeout` seconds; safe in any thread.

        By default an error stays until it is closed, and others for Textual's time.
        """
        default = UNTIL_CLOSED if severity == "error" else self.NOTIFICATION_TIMEOUT
        seconds = default if timeout is None else timeout
        self.post_message(
            Notify(TimedNotification(message, title, severity, seconds, markup=markup))
        )
