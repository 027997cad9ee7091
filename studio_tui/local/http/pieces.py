"""Divides a job's output into pieces, identically when live and on every replay.

A piece ends after each line feed or carriage return (a pair stays together), after `PIECE_LIMIT`
bytes of a longer line, at the end of a segment, and where the writer recorded that an unfinished
line had stopped growing. No UTF-8 character is divided.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

from studio_tui.local.shim.output import OutputRange, OutputReader, gap_mark, incomplete_character

PIECE_LIMIT = 16 * 1024
"""Maximum bytes of a piece."""

_WINDOW = 128 * 1024


class OutputPieces(NamedTuple):
    """Consecutive pieces of the output.

    They are stored in columns: a large log has millions, and one object each would double the cost.
    """

    ids: list[int]
    """At least 1, ascending with the offset: odd for text, even for a mark."""
    texts: list[str]
    """Untrusted text, each with its line end; invalid UTF-8 is replaced."""


class PieceReader:
    """Reads a job's output piece by piece, once, from the start."""

    def __init__(self, output: OutputReader) -> None:
        self.offset = 0
        """Offset after the last piece."""
        self._output = output
        self._cuts: array[int] = array("Q")
        self._seen: tuple[int, ...] = ()

    def has_news(self) -> bool:
        """Whether reading again is worthwhile, at the cost of three stats of files.

        A segment begun within a tick of the file system's clock may be missed, so read now and then
        even if there seems to be no news.
        """
        seen = self._output.signature()
        if seen == self._seen:
            return False
        self._seen = seen
        return True

    def read(self, *, ended: bool) -> OutputPieces:
        """Return the next pieces, from up to 128 KiB of output, if there are any now.

        `ended`: nothing more will be written, so the rest is a piece.
        """
        segments = self._output.segments()
        self._output.new_cuts(self._cuts)
        for segment in segments:
            if segment.end < self.offset or (segment.end == self.offset and not segment.is_last):
                continue
            if segment.start > self.offset:
                return self._mark(segment)
            data = self._output.read(segment, self.offset, _WINDOW)
            if data is None:
                return self.read(ended=ended)
            at_end = self.offset + len(data) == segment.end
            return self._divide(data, closed=at_end and (ended or not segment.is_last))
        return OutputPieces([], [])

    def _mark(self, following: OutputRange) -> OutputPieces:
        text = gap_mark(following.start - self.offset)
        self.offset = following.start
        return OutputPieces([2 * following.start], [text])

    def _divide(self, data: bytes, *, closed: bool) -> OutputPieces:
        base = self.offset
        first = bisect_right(self._cuts, base)
        parts: list[bytes] = []
        begin = 0
        for cut in self._cuts[first : bisect_right(self._cuts, base + len(data))]:
            parts += split_pieces(data[begin : cut - base], closed=True)
            begin = cut - base
        parts += split_pieces(data[begin:] if begin else data, closed=closed)
        ends = list(accumulate(map(len, parts), initial=base))
        self.offset = ends.pop()
        texts = [part.decode("utf-8", "replace") for part in parts]
        return OutputPieces([2 * begin + 1 for begin in ends], texts)


def split_pieces(data: bytes, *, closed: bool) -> list[bytes]:
    """Return the pieces of `data`, which begins at the start of a piece.

    Unless `closed`, an unfinished last piece is left out, and so is a final carriage return, which
    may be followed by a line feed.
    """
    lines = data.splitlines(keepends=True)
    unfinished = b"" if closed or not lines or data.endswith(b"\n") else lines.pop()
    if max(map(len, lines), default=0) > PIECE_LIMIT:
        lines = [part for line in lines for part in _limited(line)]
    if len(unfinished) > PIECE_LIMIT:
        lines += list(_limited(unfinished))[:-1]
    return lines


def _limited(line: bytes) -> Iterator[bytes]:
    """Yield a line in parts of at most `PIECE_LIMIT` bytes."""
    start = 0
    while len(line) - start > PIECE_LIMIT:
        cut = start + PIECE_LIMIT
        if line[cut] == 0x0A and line[cut - 1] == 0x0D:
            cut -= 1
        elif 0x80 <= line[cut] < 0xC0:
            cut -= incomplete_character(line[cut - 3 : cut])
        yield line[start:cut]
        start = cut
    yield line[start:]
