"""Divides a job's output into pieces, live and on every replay in the same way.

A piece ends after each line feed or carriage return (a pair stays together), after `PIECE_LIMIT`
bytes of a longer line, where a segment ends, and where the writer noted that an unfinished line had
stood still. No piece divides a character of UTF-8.
"""

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from studio_tui.local.output import OutputReader, Segment, gap_mark, incomplete_character

PIECE_LIMIT = 16 * 1024
"""Bytes of the longest piece."""

_WINDOW = 256 * 1024
_LINE_END = re.compile(rb"\r\n|\n|\r")


class Piece(NamedTuple):
    """A part of the output that is always divided off in the same way."""

    id: int
    """At least 1, rising with the offset: odd for text, even for a mark."""
    text: str
    """Untrusted, with its line end; bytes that are no UTF-8 are replaced."""
    end: int
    """Offset after its last byte."""


class PieceReader:
    """Goes through a job's output piece by piece, once, from the start."""

    def __init__(self, output: OutputReader) -> None:
        self.offset = 0
        """Offset after the last piece."""
        self._output = output
        self._cuts: array[int] = array("Q")
        self._seen: tuple[int, ...] = ()

    def has_news(self) -> bool:
        """Tell, for the price of three looks at files, whether reading again is worth while.

        A segment that was begun within a tick of the file system's clock may escape it, so read
        now and then all the same.
        """
        seen = self._output.signature()
        if seen == self._seen:
            return False
        self._seen = seen
        return True

    def read(self, *, ended: bool) -> list[Piece]:
        """Return the next pieces, from up to 256 KiB; empty when there is none now.

        `ended` says that nothing will be written any more, so that what is left is a piece.
        """
        segments = self._output.segments()
        self._output.new_cuts(self._cuts)
        for segment in segments:
            if segment.end < self.offset or (segment.end == self.offset and not segment.is_last):
                continue
            if segment.start > self.offset:
                return [self._mark(segment)]
            data = self._output.read(segment, self.offset, _WINDOW)
            if data is None:
                return self.read(ended=ended)
            at_end = self.offset + len(data) == segment.end
            return self._divide(data, closed=at_end and (ended or not segment.is_last))
        return []

    def _mark(self, following: Segment) -> Piece:
        text = gap_mark(following.start - self.offset)
        self.offset = following.start
        return Piece(2 * following.start, text, following.start)

    def _divide(self, data: bytes, *, closed: bool) -> list[Piece]:
        base = self.offset
        first = bisect_right(self._cuts, base)
        cuts = self._cuts[first : bisect_right(self._cuts, base + len(data))]
        ends: list[int] = []
        begin = 0
        for cut in cuts:
            ends += [begin + end for end in piece_ends(data[begin : cut - base], closed=True)]
            begin = cut - base
        rest = piece_ends(data[begin:] if begin else data, closed=closed)
        ends += [begin + end for end in rest] if begin else rest
        pieces = []
        begin = 0
        for end in ends:
            text = data[begin:end].decode("utf-8", "replace")
            pieces.append(Piece(2 * (base + begin) + 1, text, base + end))
            begin = end
        self.offset = base + begin
        return pieces


def piece_ends(data: bytes, *, closed: bool) -> list[int]:
    """Return where the pieces of `data`, which begins with a piece, end.

    Unless `closed`, an unfinished last piece is left out, and so is a last carriage return, which
    a line feed may follow.
    """
    ends = [line_end.end() for line_end in _LINE_END.finditer(data)]
    if ends and not closed and ends[-1] == len(data) and data.endswith(b"\r"):
        ends.pop()
    start = ends[-1] if ends else 0
    rest = list(_limit_cuts(data, start, len(data)))
    if closed and start < len(data):
        rest.append(len(data))
    longest = max((end - begin for begin, end in pairwise((0, *ends))), default=0)
    if longest > PIECE_LIMIT:
        lines = pairwise((0, *ends))
        ends = [cut for begin, end in lines for cut in (*_limit_cuts(data, begin, end), end)]
    return ends + rest


def _limit_cuts(data: bytes, start: int, end: int) -> Iterator[int]:
    """Yield where a line from `start` to at least `end` is cut for its length."""
    while end - start > PIECE_LIMIT:
        cut = start + PIECE_LIMIT
        if data[cut] == 0x0A and data[cut - 1] == 0x0D:
            cut -= 1
        elif 0x80 <= data[cut] < 0xC0:
            cut -= incomplete_character(data[cut - 3 : cut])
        yield cut
        start = cut
