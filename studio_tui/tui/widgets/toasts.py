"""Notifications, with a workaround for a bug in Textual's timers: docs/upstream/toast-timer.md."""

from collections.abc import Sequence
from typing import Any

from textual.app import App
from textual.notifications import Notification, Notify, SeverityLevel
from textual.screen import Screen
from textual.widgets._toast import ToastRack

LEAST = 0.1
"""Minimum time in seconds for which a toast is shown, even if created late."""


MOST = 4
"""How many toasts are shown at once, so that they do not cover the screen."""


class TimedNotification(Notification):
    """A notification whose toast always has some time left."""

    screen: Screen[Any] | None = None
    """The screen that it is about, with which it goes; `None` if it is about all."""

    @property
    def time_left(self) -> float:
        """Seconds until it disappears, at least `LEAST`."""
        return max(LEAST, super().time_left)

    @property
    def has_expired(self) -> bool:
        """Whether its time is over."""
        return super().time_left <= 0


def _replaced(shown: Sequence[Notification], new: Notification) -> list[Notification]:
    """Return those with the same content; else, of more than `MOST`, the oldest, errors last."""
    same = [each for each in shown if _content(each) == _content(new)]
    by_age = sorted(shown, key=lambda each: each.severity == "error")
    return same or by_age[: max(0, len(shown) + 1 - MOST)]


def _content(toast: Notification) -> tuple[str, str, SeverityLevel]:
    return toast.title, toast.message, toast.severity


def hide_toasts(screen: Screen[Any]) -> None:
    """Hide the toasts of a screen that is below another, which shows the same ones.

    Textual shows them again when the screen is the topmost one; those about the screen have ended.
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
    """Show a toast about the current screen, until another one is shown at the latest."""
    seconds = app.NOTIFICATION_TIMEOUT if seconds is None else seconds
    about = TimedNotification(message, "", severity, seconds, markup=False)
    about.screen = app.screen
    app.post_message(Notify(about))


def withdraw(app: App[Any], message: str) -> None:
    """Remove the toasts with a message, also one whose notification is on its way."""

    def remove() -> None:
        _end(app, [each for each in app._notifications if each.message == message])
        app._refresh_notifications()

    app.call_later(remove)


def _end(app: App[Any], ended: Sequence[Notification]) -> None:
    """Remove notifications, and on all screens the rows of their toasts.

    Textual removes the toast only, whose holder would remain as an empty row.
    """
    ids = {ToastRack._toast_id(each) for each in ended}
    for each in ended:
        del app._notifications[each]
    for screen in app.screen_stack if ids else ():
        for holder in screen.query("ToastHolder"):
            if holder.id in ids:
                holder.remove()


class ShowsToasts(App[Any]):
    """Shows toasts, at most `MOST`, and a repeated one replaces the earlier."""

    def on_notify(self, event: Notify) -> None:
        """Remove what the notification takes the place of; Textual then shows the new one."""
        _end(self, _replaced(tuple(self._notifications), event.notification))

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Show a toast; may be called from any thread."""
        seconds = self.NOTIFICATION_TIMEOUT if timeout is None else timeout
        self.post_message(
            Notify(TimedNotification(message, title, severity, seconds, markup=markup))
        )
