"""What the modes of a pipeline have in common: rows in lists, or boxes in a drawing."""

from collections.abc import Sequence
from typing import Protocol

from studio_tui.tui.widgets.line_view import LineView


class ModeView(Protocol):
    """A way to show a pipeline, with one cursor on a node or a group."""

    @property
    def widget(self) -> LineView:
        """What is on the screen, and gets the keys."""

    @property
    def cursor(self) -> str | None:
        """The node or group under the cursor; `None` when there is nothing to point at."""

    @property
    def corner(self) -> tuple[int, int]:
        """The cells and lines that are out of sight at the left and above."""

    @property
    def shows_cursor(self) -> bool:
        """Whether what is under the cursor is in sight."""

    def look_from(self, left: int, top: int) -> None:
        """Put a cell at the upper left corner, as far as there is anything to see."""

    def show(self) -> None:
        """Show what the state has now, with the cursor where it was."""

    def hide(self) -> None:
        """Give up what is shown, as another mode takes its place."""

    def repaint(self) -> None:
        """Paint what says something else by now, as when time has passed."""

    def show_marks(self) -> None:
        """Show which jobs are marked."""

    def show_kin(self) -> None:
        """Show what the job under the cursor waits for, and what waits for it."""

    def go(self, key: str) -> None:
        """Put the cursor on a node and bring it in sight, also if it was folded away."""

    def reveal(self) -> None:
        """Scroll as little as brings what is under the cursor in sight."""

    def centre(self) -> None:
        """Bring what is under the cursor into the middle."""

    def step(self) -> None:
        """Go on to what comes next, after a mark, where there is one order."""

    def members(self, key: str) -> Sequence[str]:
        """Return the nodes of a group, or the node itself; none for what is no longer there."""

    def order(self) -> Sequence[str]:
        """Return the nodes in the order in which they are shown, where that is not the tree's."""

    def in_sight(self) -> Sequence[str]:
        """Return the nodes and groups that are looked at."""
