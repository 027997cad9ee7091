"""Limits the rate of updates: the first one is immediate, later ones wait for the next frame."""

from collections.abc import Callable

from textual.timer import Timer

from studio_tui import clock
from studio_tui.tui.widgets.lifetime import Lifetime

FRAME = 1 / 20
"""Minimum seconds between updates."""

FLOOD_FRAME = 1 / 14
"""`FRAME` while each update replaces all lines: nobody can read them, so few updates suffice."""

_SHORTEST_DELAY = 0.001
"""Seconds before an update that need not wait for the next frame."""


class Frames:
    """Collects notifications until the next frame."""

    def __init__(self, node: Lifetime, show: Callable[[], bool]) -> None:
        """Make a limiter; `show` returns whether it has replaced all lines that were visible."""
        self._node = node
        self._show = show
        self._next: Timer | None = None
        self._interval = FRAME
        """Minimum seconds between the last update and the next one."""
        self._shown_at = -FRAME
        """When `show` was last called, by the monotonic clock."""

    def note(self) -> None:
        if self._next is None:
            delay = max(_SHORTEST_DELAY, self._shown_at + self._interval - clock.monotonic())
            self._next = self._node.set_timer(delay, self._show_now, name="log frame")

    def _show_now(self) -> None:
        self._next = None
        self._shown_at = clock.monotonic()
        self._interval = FLOOD_FRAME if self._show() else FRAME
