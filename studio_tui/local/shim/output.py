"""A job's output in files: one writer, any number of readers, offsets that never change.

The output is a sequence of bytes, divided into segment files. The name of a segment is the offset
of its first byte. Above the cap, segments are dropped from the middle of the output.

When a line has been unfinished for a moment, the writer appends the offset of its end so far, a
cut, to the file `cuts` before it writes more output. So a reader that reads sizes first, cuts
second and bytes last misses no cut.
"""

import errno
import os
import re
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

SEGMENT_BYTES = 32 * 1024 * 1024
"""Bytes after which a new segment begins: at the next line or, in a long line, a bit later."""

CAP_BYTES = 256 * 1024 * 1024
"""About how many bytes of a job's output are kept: half from each end."""

_RESERVE_BYTES = 4096
"""Size of a file that is deleted when the disk is full, to make room for a line that says so."""

_ROOM_BYTES = 256 * 1024
"""Free space required after a full disk before output is written again."""

_READ = os.O_RDONLY | os.O_CLOEXEC

_SUFFIX = ".part"
_NAME = re.compile(r"\d{20}\.part", re.ASCII)
_CUTS = "cuts"
_RESERVE = "reserve"
_CUT_BYTES = 8
"""Bytes of one offset in the file of cuts."""
_CUTS_READ_BYTES = 64 * 1024


class OutputWriter:
    """Writes a job's output into a new folder; each job has one writer."""

    def __init__(
        self, folder: Path, *, segment_bytes: int = SEGMENT_BYTES, cap_bytes: int = CAP_BYTES
    ) -> None:
        folder.mkdir(mode=0o700)
        self.size = 0
        """Bytes written so far, including dropped bytes."""
        self._folder = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._segment_bytes = segment_bytes
        self._slack_bytes = max(1, segment_bytes // 8)
        self._max_segments = max(2, cap_bytes // segment_bytes)
        self._first_segments = self._max_segments // 2
        """Number of segments that are never dropped."""
        self._segments: list[int] = []
        self._file = -1
        self._cuts = self._create(_CUTS)
        self._last_cut = 0
        self._tail = b""
        """The last bytes written, up to three: an incomplete character has no more."""
        self._unwritten = 0
        """Bytes that could not be written since the last report about them."""
        with os.fdopen(self._create(_RESERVE), "wb") as reserve:
            reserve.write(b" " * _RESERVE_BYTES)
        self._has_reserve = True
        self._begin_segment()

    @property
    def is_within_line(self) -> bool:
        """Whether the last line is unfinished."""
        return self.size > 0 and not self._tail.endswith(b"\n")

    def write(self, data: bytes) -> None:
        """Append `data`, or count the bytes for which the disk has no space.

        Once there is space again, the output says how many bytes are lost. The first time it also
        says at once that bytes are lost.
        """
        if self._unwritten and not self._resume():
            self._unwritten += len(data)
            return
        while (end := self._segment_end(data)) is not None:
            self._unwritten += end - self._append(data[:end])
            data = data[end:]
            try:
                self._begin_segment()
            except OSError:
                break  # no space for a new file: the old segment grows
        self._unwritten += len(data) - self._append(data)
        if self._unwritten and self._has_reserve:
            self._unlink(_RESERVE)
            self._has_reserve = False
            self._append(
                b"\n[local Studio: output from here on is lost, as it cannot be written]\n"
            )

    def record_cut(self) -> None:
        """Record a cut if the last line is unfinished, so that readers can show it."""
        cut = self.size - incomplete_character_length(self._tail)
        if cut > self._last_cut and self.is_within_line:
            try:
                os.write(self._cuts, cut.to_bytes(_CUT_BYTES, "little"))
            except OSError:
                return  # readers show the text when the line ends
            self._last_cut = cut

    def close(self) -> None:
        """Sync everything to the disk and close it."""
        if self._unwritten:
            self._report_unwritten()
        if self._has_reserve:
            self._unlink(_RESERVE)
        for descriptor in (self._file, self._cuts, self._folder):
            try:
                os.fsync(descriptor)
            except OSError as error:
                if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EINVAL}:
                    raise
            os.close(descriptor)

    def _resume(self) -> bool:
        disk = os.statvfs(self._folder)
        free_bytes = disk.f_bavail * disk.f_frsize
        if free_bytes < _ROOM_BYTES or not self._report_unwritten():
            return False
        self._unwritten = 0
        return True

    def _report_unwritten(self) -> bool:
        words = f"{self._unwritten:,} bytes of output could not be written"
        line = f"\n[local Studio: {words}]\n".encode()
        return self._append(line) == len(line)

    def _append(self, data: bytes) -> int:
        """Append `data` as far as there is space; return how many bytes were written."""
        written = 0
        try:
            while written < len(data):
                written += os.write(self._file, data[written:] if written else data)
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG}:
                raise
        if written:
            self._tail = (self._tail + data[max(0, written - 3) : written])[-3:]
            self.size += written
        return written

    def _segment_end(self, data: bytes) -> int | None:
        """Return after how many bytes of `data` a new segment begins; `None` if not within `data`.

        It begins after the first line end above the size of a segment. In a long line it begins
        `_slack_bytes` later, but neither within a character nor between the bytes of a line end.
        """
        length = self.size - self._segments[-1]
        start = max(0, self._segment_bytes - length)
        if start > len(data):
            return None
        if start == 0 and self._tail.endswith(b"\n"):
            return 0
        end = data.find(b"\n", start) + 1
        if 0 < end <= start + self._slack_bytes:
            return end
        end = max(0, self._segment_bytes + self._slack_bytes - length)
        while end < len(data) and (0x80 <= data[end] < 0xC0 or data[end] == 0x0A):
            end += 1
        return end if end < len(data) else None

    def _begin_segment(self) -> None:
        file = self._create(segment_name(self.size))
        if self._file >= 0:
            os.close(self._file)
        self._file = file
        self._segments.append(self.size)
        if len(self._segments) > self._max_segments:
            dropped = self._segments.pop(self._first_segments)
            self._unlink(segment_name(dropped))

    def _create(self, name: str) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        return os.open(name, flags, 0o600, dir_fd=self._folder)

    def _unlink(self, name: str) -> None:
        os.unlink(name, dir_fd=self._folder)


def segment_name(start: int) -> str:
    """Return the file name of the segment that begins at an offset."""
    return f"{start:020d}{_SUFFIX}"


class OutputSegment(NamedTuple):
    """A segment at the time when it was listed; `end` is the offset after its last byte."""

    start: int
    end: int
    is_last: bool
    """Whether it may still grow."""


class OutputReader:
    """Reads a job's output, even while it is being written; its methods block briefly."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._last: Path | None = None

    def segments(self) -> tuple[OutputSegment, ...]:
        """Return the segments in order; between two of them segments may have been dropped."""
        starts = self._starts()
        while True:
            segments = []
            for index, start in enumerate(starts):
                size = self._size(self._path(start))
                if size is None:
                    break  # dropped just now
                segments.append(OutputSegment(start, start + size, index == len(starts) - 1))
            # A listing of a folder in which files appear and disappear may lack some of the others,
            # so it counts only if a second listing is equal.
            again = self._starts()
            if again == starts:
                self._last = self._path(starts[-1]) if starts else None
                return tuple(segments)
            starts = again

    def read(self, segment: OutputSegment, offset: int, limit: int) -> bytes | None:
        """Return up to `limit` bytes of `segment`; `None` if it was dropped.

        `offset` is where they begin, counted from the start of the whole output.
        """
        descriptor = self.open(segment)
        if descriptor is None:
            return None
        try:
            return os.pread(descriptor, min(limit, segment.end - offset), offset - segment.start)
        finally:
            os.close(descriptor)

    def tail(self, limit: int) -> bytes:
        """Return the last bytes, up to `limit`, that were not dropped."""
        last_bytes = b""
        for segment in reversed(self.segments()):
            missing = limit - len(last_bytes)
            offset = max(segment.start, segment.end - missing)
            last_bytes = (self.read(segment, offset, missing) or b"") + last_bytes
            if len(last_bytes) >= limit:
                break
        return last_bytes

    def signature(self) -> tuple[int | None, ...]:
        """Return values that differ from the last call's if there is more to read.

        They can be equal if a segment began within one tick of the file system's clock.
        """
        growing = (self._size(self._last or self._path(0)), self._size(self.folder / _CUTS))
        try:
            return (self.folder.stat().st_mtime_ns, *growing)
        except FileNotFoundError:
            return growing

    def open(self, segment: OutputSegment) -> int | None:
        """Return a descriptor of the file of `segment`; `None` if the segment was dropped.

        It stays readable if the segment is dropped later.
        """
        return self._open(self._path(segment.start))

    def append_new_cuts(self, cuts: "array[int]") -> None:
        """Append to `cuts` the recorded cuts after those that it has."""
        descriptor = self._open(self.folder / _CUTS)
        if descriptor is None:
            return
        try:
            while recorded := os.pread(descriptor, _CUTS_READ_BYTES, len(cuts) * _CUT_BYTES):
                for begin in range(0, len(recorded) - _CUT_BYTES + 1, _CUT_BYTES):
                    cut = int.from_bytes(recorded[begin : begin + _CUT_BYTES], "little")
                    if cut <= (cuts[-1] if cuts else 0):
                        return  # not by `OutputWriter`: the job may have replaced the file
                    cuts.append(cut)
                if len(recorded) < _CUTS_READ_BYTES:
                    return
        finally:
            os.close(descriptor)

    def _path(self, start: int) -> Path:
        return self.folder / segment_name(start)

    def _starts(self) -> list[int]:
        try:
            names = os.listdir(self.folder)  # noqa: PTH208 (names are enough)
        except FileNotFoundError:
            return []
        return sorted(int(name.removesuffix(_SUFFIX)) for name in names if _NAME.fullmatch(name))

    def _size(self, path: Path) -> int | None:
        try:
            return path.stat().st_size
        except FileNotFoundError:
            return None

    def _open(self, path: Path) -> int | None:
        try:
            return os.open(path, _READ)
        except FileNotFoundError:
            return None


def gap_mark(dropped: int) -> str:
    """Return the line shown in place of `dropped` bytes."""
    return f"[local Studio: {dropped:,} bytes of output are left out; beginning and end are kept]\n"


def incomplete_character_length(tail: Sequence[int]) -> int:
    """Return how many bytes at the end of `tail` are an incomplete UTF-8 character."""
    for back in range(1, min(3, len(tail)) + 1):
        byte = tail[-back]
        if byte >= 0xC0:
            length = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2
            return back if byte < 0xF8 and length > back else 0
        if byte < 0x80:
            return 0
    return 0
