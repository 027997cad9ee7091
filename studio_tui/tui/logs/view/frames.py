"""When what comes in is shown: at once, but not oftener than once a frame."""

from collections.abc import Callable

from textual.timer import Timer

from studio_tui import clock
from studio_tui.tui.widgets.lifetime import Lifetime

FRAME = 1 / 20
"""Seconds that growth is gathered for before it is painted."""

_AT_ONCE = 0.001


class Frames:
    """Gathers what comes until the next frame, unless the last is long past."""

    def __init__(self, node: Lifetime, show: Callable[[], None]) -> None:
        """Take whose timers they are, and what shows what has come."""
        self._node = node
        self._show = show
        self._next: Timer | None = None
        self._shown_at = -FRAME
        """When something was shown last."""

    def note(self) -> None:
        """Note that something has come."""
        if self._next is None:
            rest = max(_AT_ONCE, self._shown_at + FRAME - clock.monotonic())
            self._next = self._node.set_timer(rest, self._show_now, name="log frame")

    def _show_now(self) -> None:
        self._next = None
        self._shown_at = clock.monotonic()
        self._show()
