"""Scrolling in a log by rows and pages, to its ends, and sideways."""

from collections.abc import Callable
from typing import Any, ClassVar

from studio_tui.tui.frame.commands import Command
from studio_tui.tui.logs.view.background import BackgroundSearch
from studio_tui.tui.logs.view.reader import Reader
from studio_tui.tui.logs.view.restore import PlaceRestore
from studio_tui.tui.logs.view.selection import LineSelection

_SIDEWAYS = 8
"""Cells per step sideways."""


class Scrolling:
    """Controller of a log view's scrolling."""

    def __init__(
        self,
        view: Reader,
        selection: LineSelection,
        place: PlaceRestore,
        background: BackgroundSearch,
        *,
        scrolled: Callable[[], object],
        seek: Callable[[bool], object],
        paged: Callable[[int], object],
    ) -> None:
        """Make a controller.

        `scrolled` is called before the reader scrolls by rows. `seek` is called before the reader
        goes to the end, with True, or to the start, with False. `paged` is called after the reader
        has turned a page, with its number of rows, negative if it is the page above.
        """
        self._view = view
        self._selection = selection
        self._place = place
        self._background = background
        self._scrolled = scrolled
        self._seek = seek
        self._paged = paged

    def move(self, rows: int) -> None:
        """Scroll down by rows, or up if negative; with a selection, move its end instead.

        Scrolling up stops following the end; scrolling down at the end starts it.
        """
        view, window = self._view, self._view.pane.window
        if window is None:
            return
        view.clear_message()
        self._background.note_key()
        self._place.forget_place()
        if self._selection.is_selecting:
            self._selection.move(rows)
            return
        self._scrolled()
        window.settle()
        if rows > 0 and window.is_at_end:
            view.following = True
        elif rows < 0:
            view.following = False
        window.move(rows)
        view.settle()

    def page(self, pages: float) -> None:
        """Scroll down by pages, or up if negative; whole pages overlap by one row."""
        height = max(2, self._view.pane.size.height)
        rows = int(height * pages) if abs(pages) < 1 else int((height - 1) * pages)
        self.move(rows)
        self._paged(rows)

    def to_start(self) -> None:
        """Show the first lines."""
        self._place.forget_place()
        self._seek(False)
        if self._view.pane.window is not None:
            self._view.following = False
            self._view.pane.window.to_start()
            self._view.settle()

    def follow(self) -> None:
        """Go to the end and follow it."""
        self._place.forget_place()
        self._seek(True)
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
        self._place.forget_place()
        self._view.following = False
        window.to(store.line_start(offset))
        self._view.settle()

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command("logs.up", "up,k", "up", "up", lambda scrolling: scrolling.move(-1)),
        Command("logs.down", "down,j", "down", "down", lambda scrolling: scrolling.move(1)),
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
        Command("logs.start", "home,g,<", "first line", "first line", to_start),
        Command(
            "logs.follow",
            "F,end,G,>",
            "follow",
            "Go to the end and stay there; any move up pauses",
            follow,
            search_words="tail",
        ),
        Command("logs.left", "left,h", "left", "left", lambda scrolling: scrolling.sideways(-1)),
        Command("logs.right", "right,l", "right", "right", lambda scrolling: scrolling.sideways(1)),
    )
