"""Detection of rows that a program redraws by moving the cursor up, such as stacked bars.

A line is text up to a line break. A row is a row of the terminal, to which several lines may write.
The region is the rows that the cursor moves up through. Each of these rows is shown once, in its
last state. A row that is still redrawn is shown by the last line of the region, and any other row
by the line that wrote it.
"""

import re
from collections.abc import Sequence
from itertools import accumulate

from studio_tui.presentation.logs.rewritten import last_state, movement

UP = re.compile(rb"\x1b\[\d*[AF]")
_MOVE = re.compile(rb"\n|\x1b\[(\d*)([ABEF])")
"""A line break, or a movement of the cursor down (`B`, `E`) or up (`A`, `F`)."""
_VISIBLE = re.compile(rb"(?:\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x20])*+[^\x00-\x20]")
"""Text up to its first visible character."""
REDRAWN = 16 * 1024
"""Bytes after a line that are searched for lines that redraw its rows."""
HIGHEST = 100
"""Maximum rows of one movement up, as terminals are rarely higher."""


class LiveRows:
    """The rows that complete lines leave on a terminal, and the line that shows each row."""

    def __init__(self, data: bytes) -> None:
        self._written: dict[int, tuple[int, list[bytes]]] = {}
        """By row, the line that shows it, and what was written to it, one over the other."""
        self._touched: set[int] = set()
        """Lines in a region; those that do not show a row are hidden."""
        self._top = 0
        self._bottom = -1
        """Last row of the region; less than `_top` if there is none."""
        if UP.search(data):
            self._follow_cursor(data)

    def rows(self, line: int) -> list[bytes]:
        """Return the rows shown by a line, from the top; empty if it is hidden or in no region."""
        if line not in self._touched:
            return []
        shown = sorted(row for row, (owner, _) in self._written.items() if owner == line)
        return [last_state(b"\r".join(self._written[row][1])) for row in shown]

    def hidden(self) -> set[int]:
        """Return the numbers of the lines that show nothing."""
        return self._touched - {owner for owner, _ in self._written.values()}

    def _follow_cursor(self, data: bytes) -> None:
        """Follow the cursor; one loop, because a block may have thousands of movements."""
        touched, is_visible = self._touched, _VISIBLE.match
        latest_line = {0: 0}
        row = line = end = last_line = 0
        for move in _MOVE.finditer(data):
            start = move.start()
            if start > end and is_visible(data, end, start):
                self._write(row, line, data[end:start])
            end = move.end()
            count, kind = move.groups()
            if kind is None:
                line += 1
                row += 1
            elif kind in b"BE":
                row += movement(count)
            else:
                from_row, row = row, row - min(movement(count), HIGHEST)
                self._move_up(from_row, row, last_line)
                touched.update(
                    latest_line[each] for each in range(row, from_row + 1) if each in latest_line
                )
            latest_line[row] = line
            if self._top <= row <= self._bottom:
                touched.add(line)
                last_line = line
        if is_visible(data, end):
            self._write(row, line, data[end:])
        self._show_in_last_line(last_line)

    def _write(self, row: int, line: int, text: bytes) -> None:
        texts = self._written[row][1] if row in self._written else []
        texts.append(text)
        self._written[row] = (line, texts)

    def _move_up(self, from_row: int, to_row: int, last_line: int) -> None:
        if to_row > self._bottom:
            # A new region begins below the previous one.
            self._show_in_last_line(last_line)
            self._top = to_row
        elif from_row > self._bottom:
            # The region has moved down, and rows above it keep their contents.
            self._top = to_row
        elif to_row < self._top:
            self._top = to_row
        self._bottom = max(self._bottom, from_row)

    def _show_in_last_line(self, last_line: int) -> None:
        for row in range(self._top, self._bottom + 1):
            if row in self._written:
                self._written[row] = (last_line, self._written[row][1])


def final_lines(lines: bytes, tag_length: int = 0) -> Sequence[int]:
    """Return the starts of the lines of which something is shown.

    The first `tag_length` bytes of a line are the tag of the program that wrote it. The lines of
    each program are drawn on a terminal of their own.
    """
    all_lines = lines.split(b"\n")
    starts = list(accumulate((len(line) + 1 for line in all_lines), initial=0))[: len(all_lines)]
    if not all_lines[-1]:
        all_lines.pop()
        starts.pop()
    if not UP.search(lines):
        return starts
    numbers_by_tag: dict[bytes, list[int]] = {}
    for number, line in enumerate(all_lines):
        numbers_by_tag.setdefault(line[:tag_length], []).append(number)
    hidden_lines: set[int] = set()
    for numbers in numbers_by_tag.values():
        live_rows = LiveRows(b"\n".join(all_lines[number][tag_length:] for number in numbers))
        hidden_lines.update(numbers[hidden] for hidden in live_rows.hidden())
    return [start for number, start in enumerate(starts) if number not in hidden_lines]
