"""Choosing lines of a log to take away: one, or several in a row."""

from collections.abc import Iterator
from itertools import islice

from textual.binding import Binding, BindingType
from textual.message import Message

from studio_tui.tui.logs.view.base import LogReader

SELECTING_KEYS: list[BindingType] = [
    Binding("V", "select", "select lines", show=False, id="logs.select",
            tooltip="Select lines with up and down; y copies them, escape gives up"),
    Binding("y", "copy", "copy", show=False, id="logs.copy",
            tooltip="Copy the line, or the lines that are selected"),
]  # fmt: skip

COPIED_LINES = 100_000
"""Lines that are copied at most; a clipboard is no place for more."""


class LogSelecting(LogReader):
    """The part of the log view that selects lines."""

    class CopyAsked(Message):
        """The user wants lines in the clipboard."""

        def __init__(self, text: str, lines: int) -> None:
            super().__init__()
            self.text = text
            """As the lines are shown: safe, without a newline at its end."""
            self.lines = lines

    _anchor: int | None = None
    """Start of the line at which the selection began."""

    @property
    def is_selecting(self) -> bool:
        """Whether up and down change the selection."""
        return self._anchor is not None

    def selecting_words(self) -> str:
        """Return what is said of the selection, in words; empty without one."""
        return "selecting: up and down, y copies, esc gives up" if self.is_selecting else ""

    def action_select(self) -> None:
        """Begin to select at the line at hand, or give up."""
        start = None if self.is_selecting else self.pane.at_hand
        self.end_selecting()
        if start is not None:
            self.following = False
            self._anchor = start
            self.pane.current = start
            self.pane.selected = (start, start)
        self.settle()

    def end_selecting(self) -> bool:
        """Give the selection up; return whether there was one."""
        was_selecting = self.is_selecting
        self._anchor = self.pane.selected = None
        return was_selecting

    def select_by(self, rows: int) -> None:
        """Move the end of the selection by lines, down if positive, and keep it in sight."""
        window, current = self.pane.window, self.pane.current
        if window is None or current is None or self._anchor is None:
            return
        step = window.next_line if rows > 0 else window.previous_line
        for _ in range(abs(rows)):
            following = step(current)
            if following is None:
                break
            current = following
        self.pane.current = current
        self.pane.selected = (min(self._anchor, current), max(self._anchor, current))
        window.bring_in_sight(current)
        self.settle()

    def selected(self) -> Iterator[int]:
        """Yield where the lines begin that are selected, else the line at hand; from the top."""
        window, start = self.pane.window, self.pane.at_hand
        if window is None or start is None:
            return
        first, last = self.pane.selected or (start, start)
        at: int | None = first
        while at is not None and at <= last:
            yield at
            at = window.next_line(at)

    def action_copy(self) -> None:
        """Copy the lines selected, else the line at hand."""
        lines = [self.pane.text_at(start) for start in islice(self.selected(), COPIED_LINES)]
        if not lines:
            return
        self.end_selecting()
        self.settle()
        self.post_message(self.CopyAsked("\n".join(lines), len(lines)))
