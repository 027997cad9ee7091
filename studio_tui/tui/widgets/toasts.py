"""What the user is told in passing, with a fault of Textual's timing mended.

A report that can be filed as it stands:

    Title: A toast that is made just as its notification expires hangs the app for good

    Versions: Textual 8.2.8, Python 3.11.

    What happens: the event loop spins in `Timer._run`; nothing is painted and no key is taken any
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

    Cause: `Toast.__init__` takes `Notification.time_left`, which is negative when the notification
    has expired since `Notifications` was gone through. `Timer._run` then finds that the next tick
    lies in the past, computes a count that is negative too, and `continue`s: a timer with an
    interval below zero never leaves that loop, nor waits. An interval of zero divides by zero.

    Suggested mend: let `time_left` be at least 0, and `Timer` take `max(interval, 0)`; skip ticks
    only if the timer repeats. As it is, one that shall tick once and is late from the start, as
    the process was not running for longer than its interval, never ticks at all.
"""

from typing import Any

from textual.app import App
from textual.notifications import Notification, Notify, SeverityLevel

LEAST = 0.1
"""Seconds for which a toast is shown, however late it is made."""


class Told(Notification):
    """Something that is told; a toast about it always has some time left."""

    @property
    def time_left(self) -> float:
        """Seconds until it is taken away again, at least `LEAST`."""
        return max(LEAST, super().time_left)

    @property
    def has_expired(self) -> bool:
        """Whether its time is over, and it is shown no more."""
        return super().time_left <= 0


def _said(told: Notification) -> tuple[str, str, SeverityLevel]:
    return told.title, told.message, told.severity


class Tells(App[Any]):
    """Shows toasts, of several that say the same the last one."""

    def on_notify(self, event: Notify) -> None:
        """Take away what says the same; Textual shows the new one after this."""
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
        self.post_message(Notify(Told(message, title, severity, seconds, markup=markup)))
