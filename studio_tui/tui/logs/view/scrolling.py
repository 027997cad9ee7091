"""Moving the cursor of a log by lines and pages and to its ends, and scrolling."""

from typing import Any, ClassVar

from studio_tui.tui.frame.commands import Command
from studio_tui.tui.logs.view.controller import ViewController
from studio_tui.tui.logs.view.viewport import LogWindow

_SIDEWAYS = 8
"""Cells per step sideways."""


class Scrolling(ViewController):
    """Controller of the cursor and of scrolling.

    The cursor is always visible: at an edge, the rows scroll with it.
    """

    def move(self, lines: int) -> None:
        """Move the cursor down by lines, or up if negative.

        A move up stops following the end; a move down at the end starts it.
        """
        view, pane = self._view, self._view.pane
        window = self._prepare(lines)
        if window is None:
            return
        direction = 1 if lines > 0 else -1
        for _ in range(abs(lines)):
            cursor = pane.cursor
            line = None if cursor is None else window.step(cursor, direction)
            if line is None:
                self._follow_at_end(window, lines)
                break
            pane.current = line
        view.settle()

    def scroll(self, rows: int) -> None:
        """Scroll down by rows, or up if negative; the cursor stays at its line while it is visible.

        While lines are being selected, move the cursor instead.
        """
        window = self._prepare(rows)
        if window is None:
            return
        if self._view.selection.is_selecting:
            self.move(rows)
            return
        self._follow_at_end(window, rows)
        window.move(rows)
        self._view.settle()

    def page(self, pages: float) -> None:
        """Turn pages down, or up if negative; whole pages overlap by one row.

        The cursor stays in its row of the screen; if no page is left, it goes to the last or the
        first line.
        """
        pane = self._view.pane
        height = max(2, pane.size.height)
        rows = int(height * pages) if abs(pages) < 1 else int((height - 1) * pages)
        window = self._prepare(rows)
        if window is None:
            return
        starts = [row.start for row in window.rows()]
        y = starts.index(pane.cursor) if pane.cursor is not None else 0
        if window.is_at_end if rows > 0 else window.is_at_start:
            y = -1 if rows > 0 else 0
        self._follow_at_end(window, rows)
        window.move(rows)
        if visible := window.rows():
            pane.current = visible[min(y, len(visible) - 1)].start
        self._view.settle()
        pane.prepare_soon(rows)

    def _prepare(self, count: int) -> LogWindow | None:
        """Prepare for a move by the user, up if `count` is negative; return the window, if any.

        A move up stops following, unless the log has no lines.
        """
        window = self._view.pane.window
        if window is not None:
            self._view.clear_message()
            self._view.errors.note_move()
            self._view.restore.forget_place()
            window.settle()
            if count < 0 and window.rows():
                self._view.following = False
        return window

    def _follow_at_end(self, window: LogWindow, count: int) -> None:
        """Start following if the user moves down and the last row is visible."""
        if count > 0 and window.is_at_end and not self._view.selection.is_selecting:
            self._view.following = True

    def to_start(self) -> None:
        self._view.errors.note_move()
        self._view.restore.forget_place()
        self._view.pane.post_straight(self._view.EndRequested(end=False))
        window = self._view.pane.window
        if window is not None and window.rows():
            self._view.following = False
            window.to_start()
            self._view.pane.current = 0
            self._view.settle()

    def follow(self) -> None:
        self._view.errors.note_move()
        self._view.restore.forget_place()
        self._view.pane.post_straight(self._view.EndRequested(end=True))
        self._view.clear_message()
        self._view.following = True
        self._view.settle()

    def sideways(self, steps: int) -> None:
        """Scroll the text by steps to the right, or to the left if negative."""
        pane = self._view.pane
        pane.left = max(0, pane.left + steps * _SIDEWAYS)

    def drag_to(self, offset: int) -> None:
        """Show the line that contains the byte at `offset` as the first one."""
        store, window = self._view.store, self._view.pane.window
        if store is None or window is None:
            return
        self._view.restore.forget_place()
        self._view.following = False
        window.to(store.line_start(offset))
        self._view.settle()

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "logs.up",
            "up,k",
            "up",
            "Go to the line above; ▌ marks the current line",
            lambda scrolling: scrolling.move(-1),
        ),
        Command(
            "logs.down",
            "down,j",
            "down",
            "Go to the line below",
            lambda scrolling: scrolling.move(1),
        ),
        Command(
            "logs.page_up",
            "pageup,b",
            "page up",
            "page up",
            lambda scrolling: scrolling.page(-1.0),
        ),
        Command(
            "logs.page_down",
            "pagedown,space",
            "page down",
            "page down",
            lambda scrolling: scrolling.page(1.0),
        ),
        Command(
            "logs.half_page_up",
            "ctrl+u",
            "half a page up",
            "half a page up",
            lambda scrolling: scrolling.page(-0.5),
        ),
        Command(
            "logs.half_page_down",
            "ctrl+d",
            "half a page down",
            "half a page down",
            lambda scrolling: scrolling.page(0.5),
        ),
        Command("logs.start", "home,g", "first line", "first line", to_start),
        Command(
            "logs.follow",
            "F,end,G",
            "follow",
            "Go to the end and stay there; any move up pauses",
            follow,
            search_words="tail",
        ),
        Command("logs.left", "left,h", "left", "left", lambda scrolling: scrolling.sideways(-1)),
        Command("logs.right", "right,l", "right", "right", lambda scrolling: scrolling.sideways(1)),
    )
