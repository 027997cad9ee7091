"""Bookmarks in a log."""

from bisect import bisect_left
from typing import Any, ClassVar

from studio_tui.tui.frame.commands import Command
from studio_tui.tui.logs.view.controller import ViewController

NO_BOOKMARKS = "no bookmarks yet; m sets one"


class Bookmarks(ViewController):
    def toggle(self) -> None:
        view, pane = self._view, self._view.pane
        start = pane.cursor
        if start is None:
            return
        view.following = False
        pane.current = start
        pane.bookmarks = pane.bookmarks ^ {start}
        count = len(pane.bookmarks)
        change = "bookmark set" if start in pane.bookmarks else "bookmark removed"
        view.show_message(f"{change}, {count} in all; ' and \" go from one to another")
        view.settle()

    def go(self, step: int) -> None:
        """Go to the next bookmark, or the previous one if `step` is -1; wrap around at the ends."""
        pane = self._view.pane
        bookmarks = sorted(filter(self._view.filter.shows, pane.bookmarks))
        if not bookmarks:
            is_hidden = bool(pane.bookmarks)
            words = "no bookmark is among the lines shown" if is_hidden else NO_BOOKMARKS
            self._view.show_message(words)
            return
        # A bookmark at the current line is not the next one.
        offset = (pane.cursor or 0) + (step > 0)
        number = (bisect_left(bookmarks, offset) - (step < 0)) % len(bookmarks)
        self._view.go(bookmarks[number])
        hidden = len(pane.bookmarks) - len(bookmarks)
        more = f", {hidden} more {'is' if hidden == 1 else 'are'} hidden" if hidden else ""
        self._view.show_message(f"bookmark {number + 1} of {len(bookmarks)}{more}")

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "logs.bookmark",
            "m",
            "bookmark",
            "Set a bookmark at the current line, or remove it",
            toggle,
            lambda self: self._view.why_no_line(),
        ),
        Command(
            "logs.next_bookmark",
            "apostrophe",
            "next bookmark",
            "Go to the next bookmark",
            lambda bookmarks: bookmarks.go(1),
        ),
        Command(
            "logs.previous_bookmark",
            "quotation_mark",
            "previous bookmark",
            "Go to the previous bookmark",
            lambda bookmarks: bookmarks.go(-1),
        ),
    )
