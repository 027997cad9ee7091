"""Draws the page that another key would show, once the present one is on the screen.

Reading and drawing the rows of a page takes as long as Textual needs to compose and send them; in
the time between two keys it delays nothing.
"""

from textual.timer import Timer

from studio_tui.tui.logs.view.pane import LogPane
from studio_tui.tui.widgets.lifetime import Lifetime

_AFTER = 0.012
"""Seconds from a key on: its frame has been sent, and a held key comes after 30 to 50 ms."""


class NextPage:
    """Prepares the rows beyond those in sight, in the direction of the last page."""

    def __init__(self, node: Lifetime, pane: LogPane) -> None:
        """Prepare rows of `pane` with the timers of `node`."""
        self._node = node
        self._pane = pane
        self._due: Timer | None = None
        self._rows = 0

    def after(self, rows: int) -> None:
        """Prepare as many more rows, those above if negative, when the frame has been sent."""
        self._rows = rows
        if self._due is None:
            self._due = self._node.set_timer(_AFTER, self._prepare, name="next page")
        else:
            self._due.reset()

    def _prepare(self) -> None:
        self._due = None
        self._pane.prepare(self._rows)
