"""Rows that a program draws over and over with the cursor going up: bars one below the other.

Each row of such a region is shown once, as it was drawn last: all that are still drawn by the last
line of the region, one that the program has left behind by the line that wrote it.
"""

import re
from collections.abc import Sequence
from itertools import accumulate

from studio_tui.presentation.logs.rewritten import last_state

UP = re.compile(rb"\x1b\[\d{0,3}[AF]")
"""What makes a region of the rows it passes."""
_MOVE = re.compile(rb"\n|\x1b\[(\d{0,3})([ABEF])")
_VISIBLE = re.compile(rb"(?:\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x20])*+[^\x00-\x20]")
_HIGHEST = 100
"""Rows that a program redraws at most; no terminal lets it go up further by much."""


class LiveRows:
    """The rows that whole lines leave on a terminal, and which line shows each."""

    def __init__(self, data: bytes) -> None:
        self._written: dict[int, tuple[int, bytes]] = {}
        """For each row the line that shows it, and what was written there, with its states."""
        self._touched: set[int] = set()
        self._top = 0
        self._bottom = -1
        if UP.search(data):
            self._walk(data)

    def rows(self, line: int) -> list[bytes]:
        """Return what the line of a number shows, from the top; nothing for an ordinary one."""
        if line not in self._touched:
            return []
        shown = sorted(row for row, (owner, _) in self._written.items() if owner == line)
        return [last_state(self._written[row][1]) for row in shown]

    def hidden(self) -> set[int]:
        """Return the numbers of the lines that show nothing."""
        return self._touched - {owner for owner, _ in self._written.values()}

    def _walk(self, data: bytes) -> None:
        """Go through the moves of the cursor; it is one loop, as there are thousands a block."""
        written, touched, is_visible = self._written, self._touched, _VISIBLE.match
        visitor = {0: 0}
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
                touched.update(visitor[each] for each in range(row, base + 1) if each in visitor)
            visitor[row] = line
            if self._top <= row <= self._bottom:
                touched.add(line)
                last = line
        if is_visible(data, at):
            written[row] = (line, data[at:])
        self._settle(last)

    def _rise(self, base: int, target: int, last: int) -> None:
        """Note that the cursor goes up from a row to another."""
        if target > self._bottom:
            self._settle(last)
            self._top = target
        elif base > self._bottom:
            # The region has moved down: rows above it are left as they are.
            self._top = target
        elif target < self._top:
            self._top = target
        self._bottom = max(self._bottom, base)

    def _settle(self, last: int) -> None:
        """Let the last line of the region show all rows that are still drawn."""
        for row in range(self._top, self._bottom + 1):
            if row in self._written:
                self._written[row] = (last, self._written[row][1])


def lasting(lines: bytes, tag: int = 0) -> Sequence[int]:
    """Return where the lines begin that show something others do not draw over.

    Each line begins with a tag of so many bytes; lines of one tag are of one program.
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
