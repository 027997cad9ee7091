"""Finds the lines of a growing file by number: counts newlines per block, not offsets per line."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable

BLOCK = 64 * 1024
"""Bytes of a block; the counts of a gigabyte take 131 KB."""


class LineIndex:
    """Counts newlines block by block as bytes are added at the end.

    Callers pass the bytes of blocks, or a function `block_at` that returns those of a block.
    """

    def __init__(self) -> None:
        self.covered = 0
        """Bytes that have been counted."""
        self.newlines = 0
        """Newlines among them."""
        self._newlines_before_block = array("Q", [0])
        """By block, up to the first one that is not counted completely."""
        self._last_lookup = (0, 0)
        """An offset, and the newlines before it."""

    def extend(self, added: bytes) -> None:
        """Count the bytes that follow those already counted."""
        start = 0
        while start < len(added):
            room = BLOCK - self.covered % BLOCK
            end = min(start + room, len(added))
            self.newlines += added.count(b"\n", start, end)
            self.covered += end - start
            if self.covered % BLOCK == 0:
                self._newlines_before_block.append(self.newlines)
            start = end

    def truncate(self, size: int, last_block: bytes) -> None:
        """Forget the bytes from `size` on; `last_block` are the bytes before it in its block."""
        block = size // BLOCK
        del self._newlines_before_block[block + 1 :]
        self._last_lookup = (0, 0)
        self.newlines = self._newlines_before_block[block] + last_block.count(b"\n")
        self.covered = size

    def _is_counted(self, block: int) -> bool:
        return block < len(self._newlines_before_block)

    def number_of(self, start: int, block_at: Callable[[int], bytes]) -> int | None:
        """Return the number of newlines before `start`; `None` if they are not counted yet."""
        block = start // BLOCK
        if start > self.covered or not self._is_counted(block):
            return None
        last_start, newlines = self._last_lookup
        if last_start // BLOCK != block:
            last_start, newlines = block * BLOCK, self._newlines_before_block[block]
        # Rows are drawn in order, so usually only one line is counted, not all lines of the block.
        first, last = sorted((last_start % BLOCK, start % BLOCK))
        between = block_at(block).count(b"\n", first, last)
        newlines += between if start >= last_start else -between
        self._last_lookup = (start, newlines)
        return newlines

    def offset_after(self, newline: int, block_at: Callable[[int], bytes]) -> int:
        """Return the offset after the `newline`-th newline, counted from 1 to `newlines`."""
        number = self._block_of(newline)
        block = block_at(number)
        following = block.split(b"\n", newline - self._newlines_before_block[number])[-1]
        return number * BLOCK + len(block) - len(following)

    def _block_of(self, newline: int) -> int:
        """Return the block with the `newline`-th newline, counted from 1."""
        return bisect_left(self._newlines_before_block, newline) - 1

    def next_block(self, block: int) -> int | None:
        """Return the first block after this one that may contain a newline, or `None`."""
        if not self._is_counted(block + 1):
            return block + 1
        before = self._newlines_before_block
        after = bisect_right(before, before[block + 1], lo=block + 1) - 1
        is_last = after == len(before) - 1 and self.covered > after * BLOCK
        return None if is_last and self.newlines == before[after] else after

    def previous_block(self, block: int) -> int | None:
        """Return the last block before this one that may contain a newline, or `None`."""
        if not self._is_counted(block):
            return block - 1 if block else None
        count = self._newlines_before_block[block]
        return self._block_of(count) if count else None
