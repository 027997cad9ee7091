"""Iterates over the lines of one log while they are merged with those of others."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from studio_tui.service.logs.store.line_index import BLOCK
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.marks import Mark

TimeOf = Callable[[bytes], float | None]
"""Returns the time a line itself states, in seconds since the epoch, or `None`."""

_HEAD = 512
"""Bytes of a line that are searched for its time."""
_PIECE = 256 * 1024
"""Bytes of a long line that are read at once."""


@dataclass(frozen=True, eq=False)
class MergedSource:
    """One of the merged logs."""

    number: int
    """Identifies the log in tags."""
    name: str
    """Safe text, for marks."""
    store: LogStore
    is_over: Callable[[], bool]
    """Whether nothing more will come, so that an unterminated last line is complete."""
    begins_at: float
    """When the log begins, in seconds since the epoch; used if nothing else gives a time."""
    time_of: TimeOf | None = None
    """Reads the times of its lines; `None` for the default."""


class LineCursor:
    """A position in one log: lines before it are in the merged log, lines after it are not yet."""

    position: int
    """Bytes that are in the merged log: always whole lines."""
    due: int
    """Bytes whose lines have waited long enough for earlier ones of other logs."""
    key: float
    """Time of the next line in seconds since the epoch, once `find` has found one."""

    def __init__(self, source: MergedSource, time_of: TimeOf) -> None:
        self.source = source
        self.position = self.due = self.noted = 0
        self.ordered = 0
        """Bytes that were present at the last full ordering."""
        self.grew_at = 0.0
        """When bytes last arrived, in seconds on the clock of `make_due`."""
        self.key = self._last = source.begins_at
        self.marked: set[Mark] = set()
        """The marks of the log that are in the merged one."""
        self._store = source.store
        self._version = source.store.version
        self._time_of = source.time_of or time_of
        self._has_times = False
        self._has_own = False
        self._found: tuple[int, int] | None = None
        """Start and end of the line found."""
        self._at = 0
        self._buffer = b""
        self._ends_open = False
        """Whether the last line was taken without a newline, as nothing more was expected."""

    def is_true(self) -> bool:
        """Whether the taken lines are unchanged in the log."""
        store = self._store
        if self._version != store.version:
            changed = store.changed_since(self._version)
            self._version = store.version
            self._buffer, self._found = b"", None
            if changed < self.position or not self.marked.issubset(store.marks):
                return False
        return not (self._ends_open and store.size > self.position)

    @property
    def is_due(self) -> bool:
        """Whether the next line has waited long enough."""
        return self.position < self.due

    @property
    def arrival(self) -> datetime | None:
        """When the next line arrived, if it came live."""
        return self._store.arrivals.at(self.position)

    @property
    def is_late(self) -> bool:
        """Whether the next line arrived after the last ordering, but was not printed just now."""
        return self.position >= self.ordered and self.arrival is None

    def find(self) -> bool:
        """Find the next line; return whether there is a complete one."""
        if self._found is not None:
            return True
        end = self._buffer.find(b"\n", self.position - self._at)
        if end < 0:
            self._at, self._buffer = self.position, self._store.read(self.position, BLOCK)
            end = self._buffer.find(b"\n")
        end = self._at + end if end >= 0 else self._store.line_end(self.position)
        if end >= self._store.size and (end == self.position or not self.source.is_over()):
            return False
        self._found = (self.position, end)
        own = self._time_of(self._piece(self.position, min(end, self.position + _HEAD)))
        self._has_own = own is not None
        if own is not None:
            self.key = max(own, self._last) if self._has_times else own
        elif self._has_times:
            self.key = self._last
        else:
            arrival = self.arrival
            self.key = max(self._last, arrival.timestamp()) if arrival else self._last
        return True

    def take(self, put: Callable[[bytes], None]) -> None:
        """Pass the line found to `put`, in pieces, without its newline; advance to the next."""
        if self._found is None:
            return
        start, end = self._found
        while start < end:
            stop = min(end, start + _PIECE)
            put(self._piece(start, stop))
            start = stop
        self._found = None
        self._last = self.key
        self._has_times |= self._has_own
        self._ends_open = end >= self._store.size
        self.position = min(end + 1, self._store.size)

    def marks(self) -> list[Mark]:
        """Return the marks above the next line that are not in the merged log yet."""
        return [mark for mark in self._store.marks_of(self.position) if mark not in self.marked]

    @property
    def unfinished(self) -> bytes:
        """The displayable part of an unfinished line; empty if the rest are whole lines."""
        if self.position >= self._store.size or self._found is not None or self.find():
            return b""
        line = self._store.line_at(self.position)
        return line.tail or line.head

    def make_due(self, now: float) -> None:
        """Make the bytes present at the last call due; `now` is in seconds, on any clock."""
        size = self._store.size
        if size != self.noted:
            self.grew_at = now
        self.due, self.noted = min(self.noted, size), size

    def make_all_due(self) -> None:
        """Make all present bytes due, and count them as ordered."""
        self.due = self.noted = self.ordered = self._store.size

    def _piece(self, start: int, end: int) -> bytes:
        inside = start - self._at
        if inside >= 0 and end - self._at <= len(self._buffer):
            return self._buffer[inside : end - self._at]
        return self._store.read(start, end - start)
