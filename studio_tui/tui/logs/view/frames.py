"""Limits the rate of updates: the first is immediate, the next ones once per frame."""

from collections.abc import Callable

from textual.timer import Timer

from studio_tui import clock
from studio_tui.tui.widgets.lifetime import Lifetime

FRAME = 1 / 20
"""Minimum seconds between updates."""

_AT_ONCE = 0.001


class Frames:
    """Collects notifications until the next frame."""

    def __init__(self, node: Lifetime, show: Callable[[], None]) -> None:
        """Make a limiter with the timers of `node`; `show` is called at most once per frame."""
        self._node = node
        self._show = show
        self._next: Timer | None = None
        self._shown_at = -FRAME
        """When `show` was last called."""

    def note(self) -> None:
        """Schedule an update."""
        if self._next is None:
            rest = max(_AT_ONCE, self._shown_at + FRAME - clock.monotonic())
            self._next = self._node.set_timer(rest, self._show_now, name="log frame")

    def _show_now(self) -> None:
        self._next = None
        self._shown_at = clock.monotonic()
        self._show()
