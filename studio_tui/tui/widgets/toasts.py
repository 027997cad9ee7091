"""Notifications, with a workaround for a bug in Textual's timers.

The bug report:

    Title: A toast that is created just as its notification expires hangs the app

    Versions: Textual 8.2.8, Python 3.11.

    What happens: the event loop spins in `Timer._run`; nothing is painted and no key is handled any
    more. It takes a change of screens within a moment of a notification's end. A busy machine
    makes that likely: random keys found it within minutes.

    How to reproduce:

        from textual.app import App
        from textual.notifications import Notification
        from textual.widgets._toast import Toast

        class Late(App):
            def on_mount(self):
                self.mount(Toast(Notification("late", timeout=-0.001)))

        Late().run()

    Cause: `Toast.__init__` uses `Notification.time_left`, which is negative when the notification
    has expired since `Notifications` was iterated. `Timer._run` then finds that the next tick
    is in the past, computes a count that is negative too, and `continue`s: a timer with an
    interval below zero never leaves that loop, and never waits. An interval of zero divides by
    zero.

    Suggested fix: make `time_left` at least 0, and use `max(interval, 0)` in `Timer`; skip ticks
    only if the timer repeats. At present, a single tick that is late from the start, as the
    process was not running for longer than its interval, never happens at all.
"""

from typing import Any

from textual.app import App
from textual.notifications import Notification, Notify, SeverityLevel

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


def _said(toast: Notification) -> tuple[str, str, SeverityLevel]:
    return toast.title, toast.message, toast.severity


class ShowsToasts(App[Any]):
    """Shows toasts, without duplicates: a repeated one replaces the earlier."""

    def on_notify(self, event: Notify) -> None:
        """Remove notifications with the same content; Textual then shows the new one."""
        said = _said(event.notification)
        for shown in [each for each in self._notifications if _said(each) == said]:
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
