"""One log on disk: a spool file that grows at its end, an index of its lines, marks at its gaps.

The bytes on disk are exactly those of the log and are the only copy; memory holds eight bytes for
every 64 KiB of them. Marks stand beside the bytes, so no log text can forge one.
"""

import asyncio
import os
import tempfile
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Self

from studio_tui.errors import SpoolError
from studio_tui.paths import private_dir
from studio_tui.service.log_index import BLOCK, LineIndex

LINE_LIMIT = 64 * 1024
"""Bytes of the head, and of the tail, that are read of one line."""

_CACHED_BLOCKS = 16
_INDEX_SLICE = 4 * 1024 * 1024


class Line(NamedTuple):
    """One line as it stands on disk: untrusted bytes."""

    start: int
    """Offset of its first byte."""
    length: int
    """Bytes without the newline."""
    head: bytes
    """Its first bytes, at most `LINE_LIMIT`."""
    tail: bytes
    """Its last bytes, at most `LINE_LIMIT`, when `head` is not all of it; else empty."""


class Mark(NamedTuple):
    """Our own remark, drawn above the line that holds its offset."""

    offset: int
    text: str
    """A sentence of ours, never the log's."""


class LogStore:
    """A log that several viewers read while one writer adds to it, all on one event loop.

    Lines are found by byte offset or by number, from 0. No call reads more than a few blocks.
    """

    version: int
    """Grows when bytes that may have been shown have changed: what was derived of them is stale."""
    reads: int
    """Blocks read from disk so far."""

    def __init__(self, path: Path, descriptor: int, size: int) -> None:
        self.path = path
        self.version = 0
        self.reads = 0
        self._descriptor = descriptor
        self._size = size
        self._index = LineIndex()
        self._marks: list[Mark] = []
        self._watchers: dict[object, Callable[[], None]] = {}
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._is_temporary = False
        self._is_closed = False
        self._readers = 0
        """Threads that are reading; the descriptor is theirs too."""

    @classmethod
    def create(cls, directory: Path) -> Self:
        """Begin an empty log in `directory`; its file goes when the store is closed.

        Raises:
            SpoolError: the file cannot be made.
        """
        try:
            descriptor, name = tempfile.mkstemp(".log", dir=private_dir(directory))
        except OSError as error:
            raise SpoolError(f"No log can be kept in {directory}: {error.strerror}.") from error
        store = cls(Path(name), descriptor, size=0)
        store._is_temporary = True
        return store

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a finished log for reading; it is usable at once, `index` gives line numbers.

        Raises:
            SpoolError: the file cannot be read.
        """
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise SpoolError(f"{path} cannot be read: {error.strerror}.") from error
        return cls(path, descriptor, os.fstat(descriptor).st_size)

    def close(self) -> None:
        """Let go of the file, once threads have left it; one that `create` made is deleted."""
        self._is_closed = True
        self._watchers.clear()
        self._blocks.clear()
        self._release()

    def _release(self) -> None:
        if not self._is_closed or self._readers or self._descriptor < 0:
            return
        os.close(self._descriptor)
        self._descriptor = -1
        if self._is_temporary:
            self.path.unlink(missing_ok=True)

    @property
    def size(self) -> int:
        """Bytes of the log."""
        return self._size

    @property
    def lines(self) -> int:
        """Lines counted so far, an unfinished last one among them."""
        return self._index.newlines + self._is_unfinished

    @property
    def is_indexed(self) -> bool:
        """Whether every line has been counted."""
        return self._index.covered == self._size

    @property
    def is_closed(self) -> bool:
        """Whether the file has been let go of."""
        return self._is_closed

    @property
    def _is_unfinished(self) -> bool:
        return self._size > 0 and self.is_indexed and self._byte(self._size - 1) != b"\n"

    # --- writing ---------------------------------------------------------------------------------

    def append(self, added: bytes) -> None:
        """Add bytes at the end and tell the watchers.

        Raises:
            SpoolError: the disk took none or only some of them; those it took are part of the log.
        """
        self._write(added)
        self._tell()

    def _write(self, added: bytes) -> None:
        left = memoryview(added)
        try:
            while left:
                written = os.pwrite(self._descriptor, left, self._size)
                self._index.extend(bytes(left[:written]))
                self._size += written
                left = left[written:]
        except OSError as error:
            raise SpoolError(f"The log cannot be kept on disk: {error.strerror}.") from error

    def insert(self, offset: int, added: bytes) -> None:
        """Put bytes before those from `offset` on, all of which are written anew.

        Raises:
            SpoolError: as `append`; the end of the log may be lost then.
        """
        moved = self.read(offset, self._size - offset)
        self._forget(offset)
        self._marks = [
            Mark(mark.offset + len(added), mark.text) if mark.offset > offset else mark
            for mark in self._marks
        ]
        self._write(added + moved)
        self._tell()

    def cut(self, offset: int) -> None:
        """Drop everything from `offset` on."""
        self._forget(offset)
        os.ftruncate(self._descriptor, offset)
        self._marks = [mark for mark in self._marks if mark.offset <= offset]
        self._tell()

    def _forget(self, offset: int) -> None:
        block, inside = divmod(offset, BLOCK)
        kept = self._block(block)[:inside]
        for number in [number for number in self._blocks if number >= block]:
            del self._blocks[number]
        self._index.truncate(offset, kept)
        self._size = offset
        self.version += 1

    def mark(self, offset: int, text: str) -> None:
        """Set a remark at `offset`; one that already says the same there is kept."""
        mark = Mark(offset, text)
        if mark not in self._marks:
            self._marks.insert(bisect_left(self._marks, (offset + 1, "")), mark)
            self.version += 1
            self._tell()

    def unmark(self, mark: Mark) -> None:
        """Take back a remark that proved wrong."""
        if mark in self._marks:
            self._marks.remove(mark)
            self.version += 1
            self._tell()

    @property
    def marks(self) -> tuple[Mark, ...]:
        """All remarks, in order of offset."""
        return tuple(self._marks)

    async def index(self) -> None:
        """Count the lines of an opened file, in slices read by a thread."""
        while not self.is_indexed and not self.is_closed:
            self._index.extend(await self.read_slice(self._index.covered, _INDEX_SLICE))
        self._tell()

    def watch(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed` after every change until the returned function is called."""
        key = object()
        self._watchers[key] = changed

        def stop() -> None:
            self._watchers.pop(key, None)

        return stop

    def _tell(self) -> None:
        for changed in tuple(self._watchers.values()):
            changed()

    # --- reading ---------------------------------------------------------------------------------

    def read(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes; meant for at most a megabyte."""
        end = min(offset + length, self._size)
        parts = []
        while offset < end:
            block, inside = divmod(offset, BLOCK)
            part = self._block(block)[inside : inside + end - offset]
            parts.append(part)
            offset += len(part)
        return b"".join(parts)

    async def read_slice(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes, read by a thread and not cached; for slices of megabytes."""
        wanted = min(length, self._size - offset)
        if self._is_closed:
            raise SpoolError(f"{self.path.name} is closed.")
        self._readers += 1
        try:
            return await asyncio.to_thread(os.pread, self._descriptor, wanted, offset)
        except OSError as error:
            raise SpoolError(f"The log cannot be read back: {error.strerror}.") from error
        finally:
            self._readers -= 1
            self._release()

    def line_at(self, start: int) -> Line:
        """Return the line that begins at byte `start`."""
        length = self.line_end(start) - start
        head = self.read(start, min(length, LINE_LIMIT))
        rest = min(length - len(head), LINE_LIMIT)
        return Line(start, length, head, self.read(start + length - rest, rest))

    def line_end(self, offset: int) -> int:
        """Return the offset of the newline that ends the line holding `offset`, else the size."""
        block: int | None = offset // BLOCK
        inside = offset % BLOCK
        while block is not None and block * BLOCK < self._size:
            found = self._block(block).find(b"\n", inside)
            if found >= 0:
                return block * BLOCK + found
            block, inside = self._index.next_block(block), 0
        return self._size

    def line_start(self, offset: int) -> int:
        """Return where the line that holds byte `offset` begins."""
        block: int | None
        block, end = divmod(min(offset, self._size), BLOCK)
        while block is not None:
            found = self._block(block).rfind(b"\n", 0, end) if end else -1
            if found >= 0:
                return block * BLOCK + found + 1
            block, end = self._index.previous_block(block), BLOCK
        return 0

    def next_start(self, start: int) -> int | None:
        """Return where the next line begins; at the very end only if a mark stands there."""
        following = self.line_end(start) + 1
        return following if self._holds_row(following) else None

    def previous_start(self, start: int) -> int | None:
        """Return where the line before the one at `start` begins; `None` at the first."""
        return self.line_start(start - 1) if start else None

    def last_start(self) -> int:
        """Return where the last line begins; 0 for an empty log."""
        if self._size == 0 or self._holds_row(self._size):
            return self._size
        return self.line_start(self._size - 1)

    def start_of(self, number: int) -> int:
        """Return where line `number` begins, bounded to the lines counted so far."""
        newline = min(number, self.lines - 1)
        if newline <= 0:
            return 0
        block = self._index.block_of(newline)
        rest = self._block(block).split(b"\n", newline - self._index.before(block))[-1]
        return block * BLOCK + len(self._block(block)) - len(rest)

    def number_of(self, start: int) -> int | None:
        """Return the number of the line that begins at `start`; `None` if not yet counted."""
        block, inside = divmod(start, BLOCK)
        if start > self._index.covered or not self._index.covers(block):
            return None
        return self._index.before(block) + self._block(block).count(b"\n", 0, inside)

    def marks_of(self, start: int) -> tuple[Mark, ...]:
        """Return the marks of the line that begins at `start`."""
        if not self._marks:
            return ()
        first = bisect_left(self._marks, (start, ""))
        last = bisect_left(self._marks, (self.line_end(start) + 1, ""))
        return tuple(self._marks[first:last])

    def _holds_row(self, start: int) -> bool:
        """Whether a line, or a mark without one, begins at `start`."""
        return start < self._size or (
            bool(self._marks) and self._marks[-1].offset == self._size == start
        )

    def _byte(self, offset: int) -> bytes:
        block, inside = divmod(offset, BLOCK)
        return self._block(block)[inside : inside + 1]

    def _block(self, number: int) -> bytes:
        """Return a block, at most `_CACHED_BLOCKS` of which stay in memory."""
        wanted = min(BLOCK, self._size - number * BLOCK)
        if wanted <= 0:
            return b""
        data = self._blocks.get(number)
        if data is not None and len(data) == wanted:
            self._blocks.move_to_end(number)
            return data
        self.reads += 1
        known = data or b""
        try:
            data = known + os.pread(
                self._descriptor, wanted - len(known), number * BLOCK + len(known)
            )
        except OSError as error:
            raise SpoolError(f"The log cannot be read back: {error.strerror}.") from error
        if len(data) < wanted:
            raise SpoolError(f"{self.path} has become shorter while it was read.")
        self._blocks[number] = data
        self._blocks.move_to_end(number)
        if len(self._blocks) > _CACHED_BLOCKS:
            self._blocks.popitem(last=False)
        return data
