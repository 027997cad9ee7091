"""One log on disk: a spool file that grows at its end, an index of its lines, marks at its gaps.

The bytes on disk are exactly those of the log. Marks are not among them, so that no log text can
forge a mark.
"""

from array import array
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Self, TypeVar

from studio_tui.service.listeners import Listeners
from studio_tui.service.logs.store.arrivals import Arrivals
from studio_tui.service.logs.store.line_index import BLOCK, LineIndex
from studio_tui.service.logs.store.marks import LogMarks, Mark
from studio_tui.service.logs.store.spool import Spool

T = TypeVar("T")

LINE_LIMIT = 64 * 1024
"""Maximum bytes of a line's head, and of its tail, that are read."""


class LogLine(NamedTuple):
    """One line as stored on disk: untrusted bytes."""

    start: int
    length: int
    """Bytes without the newline."""
    head: bytes
    """Its first bytes, at most `LINE_LIMIT`."""
    tail: bytes
    """Its last bytes after `head`, at most `LINE_LIMIT`, or empty."""


class StoredRow(NamedTuple):
    """A line with everything that is drawn beside it."""

    line: LogLine
    end: int
    """Offset of the newline that ends the line, else the size of the log."""
    marks: tuple[Mark, ...]
    number: int | None
    """Its number, from 0; `None` if it has not been counted yet."""


class LogStore:
    """A log that several viewers read while one writer appends to it, all on one event loop.

    Lines are found by byte offset or by number, from 0; that reads only a few blocks. If the disk
    fails, methods raise a `SpoolError`; what was written before is part of the log.
    """

    tag_length: int = 0
    """Bytes at the beginning of each line that are a tag of this program, not text."""

    def __init__(self, spool: Spool) -> None:
        self.version = 0
        """Incremented by changes other than appended bytes: data derived before may be wrong."""
        self._spool = spool
        self._marks = LogMarks()
        self._index = LineIndex()
        self.arrivals = Arrivals()
        self._watchers = Listeners[[]]()
        self._changed_from: array[int] = array("Q")
        """The lowest offset that each version after the first has changed."""

    @classmethod
    def create(cls, folder: Path) -> Self:
        """Create an empty log, which is gone when it is closed, unless `keep` was awaited."""
        return cls(Spool.create(folder))

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a whole log for reading; its lines have no numbers before `index` was awaited."""
        return cls(Spool.open(path))

    def close(self) -> None:
        self._watchers.clear()
        self._spool.close()

    async def make_writable(self) -> None:
        """Make the file writable; if other programs may be reading it, it is replaced by a copy."""
        await self._spool.make_writable()

    async def keep(self, path: Path, is_whole: Callable[[], bool]) -> None:
        """Copy the file to a lasting path and use it there.

        The copy is deleted if the log has changed meanwhile, or `is_whole` then returns False.
        """
        state_before = (self.version, self.size)
        await self._spool.keep(
            path, lambda: state_before == (self.version, self.size) and is_whole()
        )

    @property
    def folder(self) -> Path:
        """The folder for the files of this log."""
        return self._spool.folder

    @property
    def path(self) -> Path | None:
        """The lasting path of a log that is not written any more; `None` for any other."""
        return self._spool.path

    @property
    def size(self) -> int:
        return self._spool.size

    @property
    def lines(self) -> int:
        """Number of lines counted so far, including an unfinished last one."""
        return self._index.newlines + (self.is_indexed and self.ends_within_line)

    @property
    def ends_within_line(self) -> bool:
        """Whether the last line has no newline."""
        return self.size > 0 and self.read(self.size - 1, 1) != b"\n"

    @property
    def is_indexed(self) -> bool:
        """Whether every line has been counted."""
        return self._index.covered == self.size

    @property
    def is_closed(self) -> bool:
        return self._spool.is_closed

    # --- writing ---------------------------------------------------------------------------------

    def append(self, added: bytes) -> None:
        self.arrivals.note(self.size)
        self._write(added)
        self._watchers.notify()

    def _write(self, added: bytes) -> None:
        remaining = memoryview(added)
        while remaining:
            written = self._spool.write(remaining)
            self._index.extend(bytes(remaining[:written]))
            remaining = remaining[written:]

    def insert(self, offset: int, added: bytes, *, replaced_length: int = 0) -> None:
        """Insert bytes, or replace `replaced_length` bytes.

        If the disk fails, the end may be lost.
        """
        following = offset + replaced_length
        moved = self.read(following, self.size - following)
        self.arrivals.replace(offset, following, offset + len(added))
        self._cut_bytes(offset)
        self._marks.shift(offset, len(added) - replaced_length)
        self._write(added + moved)
        self._watchers.notify()

    def cut(self, offset: int) -> None:
        """Drop everything from `offset` on."""
        self.arrivals.cut(offset)
        self._cut_bytes(offset)
        self._marks.cut(offset)
        self._watchers.notify()

    def _cut_bytes(self, offset: int) -> None:
        block, inside = divmod(offset, BLOCK)
        self._index.truncate(offset, self._spool.block(block)[:inside])
        self._spool.cut(offset)
        self._note_change(offset)

    def mark(self, offset: int, text: str) -> None:
        """Set a mark at `offset`, unless there is an equal one."""
        if self._marks.add(Mark(offset, text)):
            self._note_change(offset)
            self._watchers.notify()

    def unmark(self, mark: Mark) -> None:
        if self._marks.remove(mark):
            self._note_change(mark.offset)
            self._watchers.notify()

    def _note_change(self, offset: int) -> None:
        self.version += 1
        self._changed_from.append(offset)

    def changed_since(self, version: int) -> int:
        """Return the lowest offset that has changed since `version`, apart from appended bytes."""
        return min(self._changed_from[version:], default=self.size)

    @property
    def marks(self) -> tuple[Mark, ...]:
        """All marks, in order of offset."""
        return self._marks.all

    async def index(self) -> None:
        """Count the lines of an opened file, which a thread reads part by part."""
        while not self.is_indexed and not self.is_closed:
            self._index.extend(await self._spool.read_part(self._index.covered))
        self._watchers.notify()

    def watch(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed` after every change until the returned function is called."""
        return self._watchers.add(changed)

    # --- reading ---------------------------------------------------------------------------------

    def read(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes; use it for at most a megabyte, as it blocks."""
        return self._spool.read(offset, length)

    async def read_in_thread(self, offset: int, length: int, work: Callable[[bytes], T]) -> T:
        """Read up to some megabytes in a thread; return the result of `work`."""
        return await self._spool.read_in_thread(offset, length, work)

    def row(self, start: int) -> StoredRow:
        """Return the line that begins at byte `start`, with its end, its marks and its number."""
        end = start + self.tag_length + (line := self.line_at(start)).length
        return StoredRow(line, end, self.marks_of(start, end), self.number_of(start))

    def line_at(self, start: int) -> LogLine:
        """Return the line that begins at byte `start`."""
        block, inside = self._spool.block(start // BLOCK), start % BLOCK
        if (newline := block.find(b"\n", inside)) >= 0:  # nearly always
            return LogLine(start, newline - inside, block[inside:newline], b"")
        length = self.line_end(start) - start
        head = self.read(start, min(length, LINE_LIMIT))
        tail_length = min(length - len(head), LINE_LIMIT)
        return LogLine(start, length, head, self.read(start + length - tail_length, tail_length))

    def line_end(self, offset: int) -> int:
        """Return the offset of the first newline from `offset` on; the size if there is none."""
        block: int | None = offset // BLOCK
        inside = offset % BLOCK
        while block is not None and block * BLOCK < self.size:
            newline = self._spool.block(block).find(b"\n", inside)
            if newline >= 0:
                return block * BLOCK + newline
            block, inside = self._index.next_block(block), 0
        return self.size

    def line_start(self, offset: int) -> int:
        """Return the start of the line that contains byte `offset`."""
        block: int | None
        block, end = divmod(min(offset, self.size), BLOCK)
        while block is not None:
            newline = self._spool.block(block).rfind(b"\n", 0, end) if end else -1
            if newline >= 0:
                return block * BLOCK + newline + 1
            block, end = self._index.previous_block(block), BLOCK
        return 0

    def next_start(self, start: int) -> int | None:
        """Return the start of the next line, or the size if a mark is there; else `None`."""
        following = self.line_end(start) + 1
        return following if self._holds_row(following) else None

    def previous_start(self, start: int) -> int | None:
        """Return the start of the line before the one at `start`; `None` at the first."""
        return self.line_start(start - 1) if start else None

    def last_start(self) -> int:
        """Return the start of the last line, or the size if a mark is there; 0 for an empty log."""
        if self.size == 0 or self._holds_row(self.size):
            return self.size
        return self.line_start(self.size - 1)

    def start_of(self, number: int) -> int:
        """Return the start of line `number`, at most that of the last line counted so far."""
        newline = min(number, self.lines - 1)
        return self._index.offset_after(newline, self._spool.block) if newline > 0 else 0

    def number_of(self, start: int) -> int | None:
        """Return the number of the line that begins at `start`; `None` if it is not counted yet."""
        return self._index.number_of(start, self._spool.block)

    def mark_not_live(self, offset: int, end: int) -> None:
        """Remove the arrival times of bytes from `offset` to `end`, also of those added later."""
        if self.arrivals.mark_not_live(offset, end, self.size):
            self._note_change(offset)
            self._watchers.notify()

    def marks_of(self, start: int, end: int | None = None) -> tuple[Mark, ...]:
        """Return the marks of the line from `start` to `end`, by default the end of the line."""
        if not self._marks:  # nearly always, and the end need not be found
            return ()
        return self._marks.between(start, self.line_end(start) if end is None else end)

    def _holds_row(self, start: int) -> bool:
        return start < self.size or (start == self.size and self._marks.is_last_at(start))
