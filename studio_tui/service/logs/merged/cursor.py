"""Iterates over the lines of one log while they are merged with the lines of other logs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from studio_tui.service.logs.store.log_store import LogLine, LogStore
from studio_tui.service.logs.store.marks import Mark

TimeOf = Callable[[bytes], float | None]
"""Returns the time that a line begins with, in seconds since the epoch, or `None`."""

_TIME_WITHIN = 512
"""Bytes of a line that are searched for its time."""
_PIECE = 256 * 1024


@dataclass(frozen=True, eq=False)
class MergedSource:
    """One of the merged logs."""

    number: int
    """Identifies the log in the tags of its lines."""
    name: str
    """Begins the text of the log's marks; safe to draw."""
    store: LogStore
    is_over: Callable[[], bool]
    begins_at: float
    """Seconds since the epoch: the time of lines that have no other."""
    time_of: TimeOf


class LineCursor:
    """A position in one log: the lines before it are in the merged log, those after it not yet."""

    def __init__(self, source: MergedSource) -> None:
        self.source = source
        self.position = 0
        self.due = 0
        """Offset up to which lines have waited long enough for earlier lines of other logs."""
        self.last_size = 0
        """Size of the log at the last call of `make_due`."""
        self.ordered_size = 0
        """Size of the log when all logs were last ordered again."""
        self.key = self._last_key = source.begins_at
        """Time of the next line in seconds since the epoch, once `find_line` has found it."""
        self.merged_marks: set[Mark] = set()
        """Marks of the log that are in the merged log."""
        self._store = source.store
        self._version = source.store.version
        self._has_times = False
        self._has_own_time = False
        self._next_line: LogLine | None = None
        """The next line, if found."""
        self._size_if_open: int | None = None
        """Size of the log when the next line was found, if it has no newline."""
        self._ends_without_newline = False
        """Whether the last line taken had no newline, as the log had ended."""

    def is_unchanged(self) -> bool:
        """Whether the lines that were taken are still the same in the log."""
        store = self._store
        if self._version != store.version:
            changed = store.changed_since(self._version)
            self._version = store.version
            self._next_line = None
            if changed < self.position or not self.merged_marks.issubset(store.marks):
                return False
        if self._next_line is not None and self._size_if_open not in {None, store.size}:
            self._next_line = None
        return not (self._ends_without_newline and store.size > self.position)

    @property
    def is_due(self) -> bool:
        """Whether the next line has waited long enough."""
        return self.position < self.due

    @property
    def arrival(self) -> datetime | None:
        """When the next line was received; `None` if it was not received live."""
        return self._store.arrivals.at(self.position)

    @property
    def is_late(self) -> bool:
        """Whether the next line arrived after the last full ordering, and not live."""
        return self.position >= self.ordered_size and self.arrival is None

    def find_line(self) -> bool:
        """Find the next line and its time; return whether there is a complete line."""
        if self._next_line is not None:
            return True
        line = self._store.line_at(self.position)
        is_open = self.position + line.length >= self._store.size
        if is_open and not (line.length and self.source.is_over()):
            return False
        self._next_line = line
        self._size_if_open = self._store.size if is_open else None
        own_time = self.source.time_of(line.head[:_TIME_WITHIN])
        self._has_own_time = own_time is not None
        if own_time is not None:
            self.key = max(own_time, self._last_key) if self._has_times else own_time
        elif self._has_times:
            self.key = self._last_key
        else:
            arrival = self.arrival
            self.key = max(self._last_key, arrival.timestamp()) if arrival else self._last_key
        return True

    def take_line(self, put: Callable[[bytes], None]) -> None:
        """Pass the next line to `put`, in pieces, without its newline; then advance."""
        if (line := self._next_line) is None:
            return
        put(line.head)
        start, end = line.start + len(line.head), line.start + line.length
        while start < end:
            put(self._store.read(start, min(_PIECE, end - start)))
            start += _PIECE
        self._next_line = None
        self._last_key = self.key
        self._has_times |= self._has_own_time
        self._ends_without_newline = end >= self._store.size
        self.position = min(end + 1, self._store.size)

    def marks(self) -> list[Mark]:
        """Return the marks of the next line that are not in the merged log yet."""
        marks = self._store.marks_of(self.position)
        return [mark for mark in marks if mark not in self.merged_marks]

    def make_due(self) -> None:
        """Make due what was present at the last call."""
        size = self._store.size
        self.due, self.last_size = min(self.last_size, size), size

    def make_all_due(self) -> None:
        """Make all present bytes due, for a full ordering."""
        self.due = self.last_size = self.ordered_size = self._store.size
