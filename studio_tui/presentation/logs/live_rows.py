"""Detection of rows that a program redraws by moving the cursor up, such as stacked bars.

Each row of such a region is shown once, in its last state: by the last line of the region if it is
still being redrawn, else by the line that wrote it.
"""

import re
from collections.abc import Sequence
from itertools import accumulate

from studio_tui.presentation.logs.rewritten import last_state

UP = re.compile(rb"\x1b\[\d{0,3}[AF]")
"""Cursor movement that redraws the rows above."""
_MOVE = re.compile(rb"\n|\x1b\[(\d{0,3})([ABEF])")
_VISIBLE = re.compile(rb"(?:\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x20])*+[^\x00-\x20]")
_HIGHEST = 100
"""Maximum number of rows a program can redraw; terminals are rarely higher."""


class LiveRows:
    """The rows that complete lines leave on a terminal, and the line that shows each row."""

    def __init__(self, data: bytes) -> None:
        self._written: dict[int, tuple[int, bytes]] = {}
        """For each row, the line that shows it, and the bytes written there."""
        self._touched: set[int] = set()
        """Lines that are in a region, which shows their rows by other lines."""
        self._top = 0
        self._bottom = -1
        if UP.search(data):
            self._walk(data)

    def rows(self, line: int) -> list[bytes]:
        """Return the rows shown by a line, from the top; empty for an ordinary line."""
        if line not in self._touched:
            return []
        shown = sorted(row for row, (owner, _) in self._written.items() if owner == line)
        return [last_state(self._written[row][1]) for row in shown]

    def hidden(self) -> set[int]:
        """Return the numbers of the lines that show nothing."""
        return self._touched - {owner for owner, _ in self._written.values()}

    def _walk(self, data: bytes) -> None:
        """Replay the cursor movements; one loop, because a block may have thousands."""
        written, touched, is_visible = self._written, self._touched, _VISIBLE.match
        latest_line = {0: 0}
        row = line = at = last = 0
        for move in _MOVE.finditer(data):
            start = move.start()
            if start > at and is_visible(data, at, start):
                written[row] = (line, data[at:start])
            at = move.end()
            count, kind = move.groups()
            if kind is None:
                line += 1
                row += 1
            elif kind in b"BE":
                row += int(count or 1)
            else:
                base, row = row, row - min(int(count or 1), _HIGHEST)
                self._rise(base, row, last)
                touched.update(
                    latest_line[each] for each in range(row, base + 1) if each in latest_line
                )
            latest_line[row] = line
            if self._top <= row <= self._bottom:
                touched.add(line)
                last = line
        if is_visible(data, at):
            written[row] = (line, data[at:])
        self._settle(last)

    def _rise(self, base: int, target: int, last: int) -> None:
        """Record a cursor movement from a row up to another."""
        if target > self._bottom:
            self._settle(last)
            self._top = target
        elif base > self._bottom:
            # The region has moved down: rows above it keep their contents.
            self._top = target
        elif target < self._top:
            self._top = target
        self._bottom = max(self._bottom, base)

    def _settle(self, last: int) -> None:
        """Assign all rows that are still redrawn to the last line of the region."""
        for row in range(self._top, self._bottom + 1):
            if row in self._written:
                self._written[row] = (last, self._written[row][1])


def final_lines(lines: bytes, tag: int = 0) -> Sequence[int]:
    """Return the start offsets of the lines that are not overdrawn by others.

    Each line starts with a tag of `tag` bytes; lines with the same tag come from one program.
    """
    every = lines.split(b"\n")
    starts = list(accumulate((len(line) + 1 for line in every), initial=0))[: len(every)]
    if not every[-1]:
        every.pop()
        starts.pop()
    if not UP.search(lines):
        return starts
    streams: dict[bytes, list[int]] = {}
    for number, line in enumerate(every):
        streams.setdefault(line[:tag], []).append(number)
    left_out: set[int] = set()
    for numbers in streams.values():
        rows = LiveRows(b"\n".join(every[number][tag:] for number in numbers))
        left_out.update(numbers[hidden] for hidden in rows.hidden())
    return [start for number, start in enumerate(starts) if number not in left_out]
