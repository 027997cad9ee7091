"""Goes through one of several logs line by line, as far as they stand in the merged one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from studio_tui.service.logs.store.line_index import BLOCK
from studio_tui.service.logs.store.log_store import LogStore, Mark

TimeOf = Callable[[bytes], float | None]
"""Returns when a line was written, in seconds since the epoch, by what it says itself."""

_HEAD = 512
"""Bytes of a line that tell its time."""
_PIECE = 256 * 1024
"""Bytes of a long line that are read at once."""


@dataclass(frozen=True, eq=False)
class Source:
    """One of the logs that are merged."""

    number: int
    """Says in tags which log a line is of."""
    name: str
    """Safe text, for remarks."""
    store: LogStore
    is_over: Callable[[], bool]
    """Whether nothing more will come, so that the last line is whole as it is."""
    origin: float
    """When its lines begin, in seconds since the epoch, where nothing else says so."""
    time_of: TimeOf | None = None
    """Reads the times of its lines; `None` as those of all others."""


class LineCursor:
    """A place in one log: what stands before it is in the merged log, what follows is to come."""

    position: int
    """Bytes that are in the merged log: always whole lines."""
    ripe: int
    """Bytes whose lines have waited long enough for those of other logs."""
    key: float
    """Time of the next line, once `find` has found one."""

    def __init__(self, source: Source, time_of: TimeOf) -> None:
        self.source = source
        self.position = self.ripe = self.noted = 0
        self.settled = 0
        """Bytes that were there when all was put in order last."""
        self.grew_at = 0.0
        """When something came last, on the clock of who looks."""
        self.key = self._last = source.origin
        self.marked: set[Mark] = set()
        """The remarks of the log that are in the merged one."""
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
        """Whether the last line was taken without its newline, as nothing more was to come."""

    def is_true(self) -> bool:
        """Whether what was taken still stands in the log as it did."""
        store = self._store
        if self._version != store.version:
            changed = store.changed_since(self._version)
            self._version = store.version
            self._buffer, self._found = b"", None
            if changed < self.position or not self.marked.issubset(store.marks):
                return False
        return not (self._ends_open and store.size > self.position)

    @property
    def is_ripe(self) -> bool:
        """Whether the next line has waited long enough."""
        return self.position < self.ripe

    @property
    def arrival(self) -> datetime | None:
        """When the next line came, if it came live."""
        return self._store.arrival_of(self.position)

    @property
    def is_late(self) -> bool:
        """Whether the next line came later than others of its time for being an old one."""
        return self.position >= self.settled and self.arrival is None

    def find(self) -> bool:
        """Find the next line; return whether there is a whole one."""
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
        """Put the line that was found, in pieces, without its newline; go on to the next."""
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
        """Return the remarks above the next line that are not in the merged log yet."""
        return [mark for mark in self._store.marks_of(self.position) if mark not in self.marked]

    @property
    def unfinished(self) -> bytes:
        """What of an unfinished line can be shown; empty if the rest are whole lines."""
        if self.position >= self._store.size or self._found is not None or self.find():
            return b""
        line = self._store.line_at(self.position)
        return line.tail or line.head

    def ripen(self, now: float) -> None:
        """Take what was here at the last look for ripe."""
        size = self._store.size
        if size != self.noted:
            self.grew_at = now
        self.ripe, self.noted = min(self.noted, size), size

    def settle(self) -> None:
        """Take all that is here for ripe, and for what is put in order now."""
        self.ripe = self.noted = self.settled = self._store.size

    def _piece(self, start: int, end: int) -> bytes:
        inside = start - self._at
        if inside >= 0 and end - self._at <= len(self._buffer):
            return self._buffer[inside : end - self._at]
        return self._store.read(start, end - start)
