"""Selecting lines of a log to copy."""

import asyncio
from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any, ClassVar

from studio_tui.presentation.format import plural
from studio_tui.tui.frame.commands import Command
from studio_tui.tui.logs.view.controller import ViewController
from studio_tui.tui.terminal.clipboard import copy
from studio_tui.tui.widgets.workers import start_worker

COPIED_LINES = 100_000
"""Maximum number of lines copied at once."""
_READ_AT_ONCE = 64
"""Lines read before control returns to the event loop; takes a few milliseconds."""


class LineSelection(ViewController):
    _anchor: int | None = None
    """Start of the line at which the selection began."""

    @property
    def is_selecting(self) -> bool:
        """Whether up and down change the selection."""
        return self._anchor is not None

    def words(self) -> str:
        """Return a hint on the keys of the selection; empty without a selection."""
        return "selecting: up and down, y copies, esc cancels" if self.is_selecting else ""

    def toggle(self) -> None:
        pane = self._view.pane
        start = None if self.is_selecting else pane.cursor
        self.end()
        if start is not None:
            self._view.following = False
            self._anchor = start
            pane.current = start
        self._view.settle()

    def end(self) -> bool:
        """Cancel the selection; return whether there was one."""
        was_selecting = self.is_selecting
        self._anchor = self._view.pane.selected = None
        return was_selecting

    def extend(self) -> None:
        """Select the lines from where the selection began to the cursor."""
        pane, anchor = self._view.pane, self._anchor
        if anchor is not None and (cursor := pane.cursor) is not None:
            pane.selected = (min(anchor, cursor), max(anchor, cursor))

    def starts(self) -> Iterator[int]:
        """Yield the starts of the selected lines, from the top, else of the current line."""
        pane = self._view.pane
        window, start = pane.window, pane.cursor
        if window is None or start is None:
            return
        first, last = pane.selected or (start, start)
        line: int | None = first
        while line is not None and line <= last:
            yield line
            line = window.lines.next_start(line)

    async def copy(self) -> None:
        """Copy the selected lines, at most `COPIED_LINES`; else the current line.

        If there are more, they stay selected, so that they can be saved. If the selection is
        canceled meanwhile, nothing is copied.
        """
        starts, lines = self.starts(), list[str]()
        for start in islice(starts, COPIED_LINES):
            lines.append(self._view.pane.text_at(start))
            if len(lines) % _READ_AT_ONCE == 0:
                self._view.show_message("copying…")
                await asyncio.sleep(0)
                if not self.is_selecting:
                    return
        if not lines:
            return
        self._view.clear_message()
        if next(starts, None) is None:
            self.end()
        else:
            self._view.show_message(
                "more lines are selected than can be copied; ctrl+s saves them all"
            )
        self._view.settle()
        shown = plural(len(lines), "line")  # a line may be too long for a notice
        copying = partial(copy, self._view.app, "\n".join(lines), shown)
        # The worker is one of the app: the page may be closed before a program has copied them.
        start_worker(self._view.app, copying, name="copy lines", group="copy lines")

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "logs.select",
            "V",
            "select lines",
            "Select lines with up and down; y copies them, escape cancels",
            toggle,
            lambda self: self._view.why_no_line(),
        ),
        Command(
            "logs.copy",
            "y",
            "copy",
            "Copy the line, or the lines that are selected",
            copy,
            lambda self: self._view.why_no_line(),
            exclusive=True,
        ),
    )
