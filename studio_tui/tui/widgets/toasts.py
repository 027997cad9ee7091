"""Notifications, with a workaround for a bug in Textual's timers: docs/upstream/toast-timer.md."""

from typing import Any

from textual.app import App
from textual.notifications import Notification, Notify, SeverityLevel
from textual.screen import Screen

LEAST = 0.1
"""Minimum time in seconds for which a toast is shown, even if created late."""


class TimedNotification(Notification):
    """A notification whose toast always has some time left."""

    @property
    def time_left(self) -> float:
        """Seconds until it disappears, at least `LEAST`."""
        return max(LEAST, super().time_left)

    @property
    def has_expired(self) -> bool:
        """Whether its time is over."""
        return super().time_left <= 0


def _content(toast: Notification) -> tuple[str, str, SeverityLevel]:
    return toast.title, toast.message, toast.severity


def hide_toasts(screen: Screen[Any]) -> None:
    """Hide the toasts of a screen that is below another, which shows the same ones.

    Textual shows them again when the screen is the topmost one.
    """
    for rack in screen.query("ToastRack"):
        rack.display = False


def withdraw(app: App[Any], message: str) -> None:
    """Remove the toasts with a message, also one whose notification is on its way."""

    def remove() -> None:
        for shown in [each for each in app._notifications if each.message == message]:
            app._unnotify(shown)

    app.call_later(remove)


class ShowsToasts(App[Any]):
    """Shows toasts, without duplicates: a repeated one replaces the earlier."""

    def on_notify(self, event: Notify) -> None:
        """Remove notifications with the same content; Textual then shows the new one."""
        content = _content(event.notification)
        for shown in [each for each in self._notifications if _content(each) == content]:
            del self._notifications[shown]

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
