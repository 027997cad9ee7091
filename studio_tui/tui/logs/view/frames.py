"""Limits the rate of updates: the first is immediate, the next ones once per frame."""

from collections.abc import Callable

from textual.timer import Timer

from studio_tui import clock
from studio_tui.tui.widgets.lifetime import Lifetime

FRAME = 1 / 20
"""Minimum seconds between updates."""

FLOOD_FRAME = 1 / 14
"""The same while each update replaces everything: it cannot be read, but must not be old."""

_AT_ONCE = 0.001


class Frames:
    """Collects notifications until the next frame."""

    def __init__(self, node: Lifetime, show: Callable[[], bool]) -> None:
        """Make a limiter with the timers of `node`; `show` is called at most once per frame.

        It returns whether it replaced everything that it had shown before.
        """
        self._node = node
        self._show = show
        self._next: Timer | None = None
        self._rest = FRAME
        """Seconds between the last update and the next."""
        self._shown_at = -FRAME
        """When `show` was last called."""

    def note(self) -> None:
        """Schedule an update."""
        if self._next is None:
            rest = max(_AT_ONCE, self._shown_at + self._rest - clock.monotonic())
            self._next = self._node.set_timer(rest, self._show_now, name="log frame")

    def _show_now(self) -> None:
        self._next = None
        self._shown_at = clock.monotonic()
        self._rest = FLOOD_FRAME if self._show() else FRAME
