"""A job's whole output at one moment, as an HTTP resource: bytes, a length and an ETag.

A mark replaces the bytes that the cap has dropped. Until more bytes are dropped, each later
transcript begins with the earlier ones. So a client that has some bytes can request the rest.
"""

import os
import re
from io import FileIO
from typing import NamedTuple, Self

from studio_tui.local.shim.output import OutputReader, gap_mark

_ETAG = re.compile(r'"(\d+)(?:-(\d+)-(\d+))?"')


class TranscriptVersion(NamedTuple):
    """Which bytes a transcript contains."""

    length: int
    """Number of bytes, including the mark."""
    gap: tuple[int, int]
    """Offsets between which the output was dropped; equal if nothing was."""

    @property
    def etag(self) -> str:
        """A strong validator (RFC 9110, 8.8.3)."""
        begin, end = self.gap
        return f'"{self.length}-{begin}-{end}"' if end > begin else f'"{self.length}"'

    @classmethod
    def from_etag(cls, etag: str) -> Self | None:
        """Parse an `etag` of a version; `None` for any other text."""
        match = _ETAG.fullmatch(etag.strip())
        if match is None:
            return None
        return cls(int(match[1]), (int(match[2] or 0), int(match[3] or 0)))

    def continues(self, earlier: "TranscriptVersion") -> bool:
        """Whether this is `earlier`, or `earlier` with something appended."""
        return self.gap == earlier.gap and self.length >= earlier.length


class Transcript:
    """An open transcript; it stays readable if bytes are dropped later. Methods block briefly."""

    def __init__(self, output: OutputReader) -> None:
        self._parts: list[tuple[int, int, FileIO | bytes]] = []
        length = end = 0
        gap = (0, 0)
        for segment in output.segments():
            descriptor = output.open(segment)
            if descriptor is None:
                continue  # it was dropped just now, so it becomes part of the gap
            if segment.start > end:
                gap = (end, segment.start)
                mark = gap_mark(segment.start - end).encode()
                self._parts.append((length, length + len(mark), mark))
                length += len(mark)
            size = segment.end - segment.start
            self._parts.append((length, length + size, FileIO(descriptor)))
            length += size
            end = segment.end
        self.version = TranscriptVersion(length, gap)

    def read(self, offset: int, limit: int) -> bytes:
        """Return bytes from `offset` on, up to `limit`; empty at the end."""
        for start, end, part in self._parts:
            if start <= offset < end:
                begin, length = offset - start, min(limit, end - offset)
                if isinstance(part, bytes):
                    return part[begin : begin + length]
                return os.pread(part.fileno(), length, begin)
        return b""

    def close(self) -> None:
        """Close the files."""
        for _start, _end, part in self._parts:
            if isinstance(part, FileIO):
                part.close()
