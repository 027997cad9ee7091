"""Divides a job's output into pieces, at the same offsets whenever it is read.

A piece ends after each LF, CR or CR LF, and after at most `PIECE_LIMIT` bytes of a longer line. It
also ends at the end of each segment, which is a file of the output, and at each cut. A cut is an
offset that the writer recorded where a line stayed unfinished for a moment, as readers may have
seen the line up to there. No valid UTF-8 character is divided.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

from studio_tui.local.shim.output import (
    OutputReader,
    OutputSegment,
    gap_mark,
    incomplete_character_length,
)

PIECE_LIMIT = 16 * 1024
"""Maximum bytes of a piece."""

_READ_BYTES = 128 * 1024


class OutputPieces(NamedTuple):
    """Consecutive pieces of the output; two lists take less memory than an object for each."""

    ids: list[int]
    """Ids, from 1, ascending with the offset: odd for text, even for the mark of a gap."""
    texts: list[str]
    """Untrusted texts with their line ends; invalid UTF-8 is replaced."""


class PieceReader:
    """Reads a job's output piece by piece, once, from the start."""

    def __init__(self, output: OutputReader) -> None:
        self.offset = 0
        """Offset after the last piece."""
        self._output = output
        self._cuts: array[int] = array("Q")
        self._signature: tuple[int | None, ...] = ()

    def has_news(self) -> bool:
        """Whether there may be more to read than at the last call; costs three stats of files.

        It may miss a segment that was begun within one tick of the file system's clock.
        """
        signature = self._output.signature()
        if signature == self._signature:
            return False
        self._signature = signature
        return True

    def read(self, *, ended: bool) -> OutputPieces:
        """Return the next pieces, of up to 128 KiB together.

        Until the output has `ended`, an unfinished last line is returned only up to its last cut,
        and from there on only in full pieces.
        """
        segments = self._output.segments()
        self._output.append_new_cuts(self._cuts)
        for segment in segments:
            if segment.end < self.offset or (segment.end == self.offset and not segment.is_last):
                continue
            if segment.start > self.offset:
                return self._skip_gap(segment)
            data = self._output.read(segment, self.offset, _READ_BYTES)
            if data is None:
                return self.read(ended=ended)  # the segment was dropped just now
            reaches_end = self.offset + len(data) == segment.end
            return self._divide(data, closed=reaches_end and (ended or not segment.is_last))
        return OutputPieces([], [])

    def _skip_gap(self, next_segment: OutputSegment) -> OutputPieces:
        text = gap_mark(next_segment.start - self.offset)
        self.offset = next_segment.start
        return OutputPieces([2 * next_segment.start], [text])

    def _divide(self, data: bytes, *, closed: bool) -> OutputPieces:
        base = self.offset
        first_cut = bisect_right(self._cuts, base)
        parts: list[bytes] = []
        begin = 0
        for cut in self._cuts[first_cut : bisect_right(self._cuts, base + len(data))]:
            parts += split_pieces(data[begin : cut - base], closed=True)
            begin = cut - base
        parts += split_pieces(data[begin:] if begin else data, closed=closed)
        offsets = list(accumulate(map(len, parts), initial=base))
        self.offset = offsets.pop()
        texts = [part.decode("utf-8", "replace") for part in parts]
        return OutputPieces([2 * offset + 1 for offset in offsets], texts)


def split_pieces(data: bytes, *, closed: bool) -> list[bytes]:
    """Return the pieces of `data`, which begins at the start of a piece.

    The last piece ends with `data` if that is `closed`. Otherwise, of an unfinished last line only
    the full pieces are returned. A last line that ends with a carriage return counts as unfinished,
    as a line feed may follow.
    """
    lines = data.splitlines(keepends=True)
    unfinished = b"" if closed or not lines or data.endswith(b"\n") else lines.pop()
    if max(map(len, lines), default=0) > PIECE_LIMIT:
        lines = [part for line in lines for part in _split_line(line)]
    if len(unfinished) > PIECE_LIMIT:
        lines += list(_split_line(unfinished))[:-1]
    return lines


def _split_line(line: bytes) -> Iterator[bytes]:
    start = 0
    while len(line) - start > PIECE_LIMIT:
        end = start + PIECE_LIMIT
        if line[end] == 0x0A and line[end - 1] == 0x0D:
            end -= 1
        elif 0x80 <= line[end] < 0xC0:
            end -= incomplete_character_length(line[end - 3 : end])
        yield line[start:end]
        start = end
    yield line[start:]
