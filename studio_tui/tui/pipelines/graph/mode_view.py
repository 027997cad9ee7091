"""The interface that all modes of a pipeline's page have: rows, or a drawing."""

from collections.abc import Sequence
from typing import Protocol

from studio_tui.tui.widgets.line_view import LineView


class ModeView(Protocol):
    """A way to show a pipeline, with one cursor on a node or a group."""

    @property
    def widget(self) -> LineView:
        """The widget, which handles the keys."""

    @property
    def cursor(self) -> str | None:
        """The key of the node, group or other row under the cursor; `None` if there is none."""

    @property
    def corner(self) -> tuple[int, int]:
        """The cells and lines hidden at the left and above."""

    @property
    def shows_cursor(self) -> bool:
        """Whether the cursor is visible."""

    def scroll_corner_to(self, left: int, top: int) -> None:
        """Scroll so that the cell at (`left`, `top`) is in the upper left corner, if possible."""

    def show(self) -> None:
        """Show the present state, with the cursor where it was."""

    def hide(self) -> None:
        """Release the content, as another mode is shown."""

    def repaint(self) -> None:
        """Repaint the lines that have changed, for example as time has passed."""

    def show_marks(self) -> None:
        """Show which jobs are marked."""

    def show_kin(self) -> None:
        """Show the ancestors and descendants of the job under the cursor."""

    def go(self, key: str) -> None:
        """Move the cursor to `key`, which the state has already; a tree expands rows for this."""

    def reveal(self) -> None:
        """Scroll as little as needed to make the cursor visible."""

    def centre(self) -> None:
        """Scroll the cursor to the middle."""

    def step(self) -> None:
        """Move the cursor to the next row, if the mode has rows."""

    def members(self, key: str) -> Sequence[str]:
        """Return the shown nodes of a group, or the node itself; empty for an unknown `key`."""

    def all_keys(self) -> Sequence[str]:
        """Return the keys of all rows or boxes, visible or not."""

    def order(self) -> Sequence[str]:
        """Return the nodes and groups in the order shown; empty to use the order of the tree."""

    def in_sight(self) -> Sequence[str]:
        """Return the visible nodes and groups."""
