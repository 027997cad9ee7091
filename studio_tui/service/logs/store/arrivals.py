"""When the bytes of a log arrived, for those that came live; replayed bytes have no time."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

PAUSE = 0.2
"""Seconds without a frame after which the replay of a connection is over."""
LONG = 256 * 1024
"""Characters of a replay above which pauses are expected, as a server or a line is slow."""
LONG_PAUSE = 2.0
"""Seconds without a frame after which a long replay is over."""
SILENT = 5.0
"""Seconds without a first frame after which there is no replay."""

_UNKNOWN = 0


class Arrivals:
    """Arrival times of bytes: one entry per second in which any arrived, 16 bytes each."""

    def __init__(self) -> None:
        self._offsets = array("q")
        """Start of the bytes that arrived within one second, ascending."""
        self._seconds = array("q")
        """That second, since the epoch; 0 for unknown."""
        self._moment = _UNKNOWN
        self._unwatched = 0
        """Offset before which added bytes did not arrive live."""

    def at(self, offset: int) -> datetime | None:
        """Return the second in which the byte at `offset` arrived; `None` if not live."""
        seconds = self._at(offset)
        return datetime.fromtimestamp(seconds, UTC) if seconds else None

    @contextmanager
    def live(self, moment: datetime | None) -> Iterator[None]:
        """Use `moment` as the arrival time of bytes noted inside the context."""
        self._moment = int(moment.timestamp()) if moment else _UNKNOWN
        try:
            yield
        finally:
            self._moment = _UNKNOWN

    def note(self, offset: int) -> None:
        """Note that the bytes added at the end, from `offset` on, arrive now."""
        last = self._seconds[-1] if self._seconds else _UNKNOWN
        moment = _UNKNOWN if offset < self._unwatched else self._moment
        if last != moment:
            self._append(offset, moment)

    def unwatch(self, offset: int, end: int, size: int) -> bool:
        """Mark bytes from `offset` to `end`, stored or still to be added, as not arrived live.

        `size` is how many bytes are stored. Return whether any of them had an arrival time.
        """
        self._unwatched = max(self._unwatched, end)
        first, last = bisect_left(self._offsets, offset), bisect_left(self._offsets, end)
        times = [self._at(offset), *self._seconds[first:last]] if offset < min(end, size) else []
        if not any(times):
            return False
        here, place = self._at(end), bisect_right(self._offsets, end)
        later = (self._offsets[place:], self._seconds[place:])
        self.cut(offset)
        self._append(offset, _UNKNOWN)
        if size > end:
            self._append(end, here)
            self._offsets.extend(later[0])
            self._seconds.extend(later[1])
        return True

    def cut(self, offset: int) -> None:
        """Forget the times from `offset` on."""
        place = bisect_left(self._offsets, offset)
        del self._offsets[place:], self._seconds[place:]

    def insert(self, offset: int, length: int) -> None:
        """Insert bytes without an arrival time before those from `offset` on."""
        here = self._at(offset)
        place = bisect_right(self._offsets, offset)
        later = (self._offsets[place:], self._seconds[place:])
        self.cut(offset)
        self._append(offset, _UNKNOWN)
        self._append(offset + length, here)
        self._offsets.extend(at + length for at in later[0])
        self._seconds.extend(later[1])

    def shift(self, offset: int, by: int) -> None:
        """Shift everything after `offset` by `by` bytes, as the bytes there change in length."""
        place = bisect_right(self._offsets, offset)
        moved = [max(offset, at + by) for at in self._offsets[place:]]
        self._offsets[place:] = array("q", moved)

    def _at(self, offset: int) -> int:
        place = bisect_right(self._offsets, offset)
        return self._seconds[place - 1] if place else _UNKNOWN

    def _append(self, offset: int, seconds: int) -> None:
        self._offsets.append(offset)
        self._seconds.append(seconds)


class Replay:
    """Detects when a connection has finished its replay: the first burst of pieces is over."""

    def __init__(self, *, is_all: bool = False) -> None:
        """Initialise; `is_all`: the job has ended, so everything is replay."""
        self.is_over = False
        """Whether bytes that arrive now come live."""
        self._is_all = is_all
        self._length: int | None = None
        """Characters received; `None` before any piece."""

    def waited(self, seconds: float) -> None:
        """Note the seconds that passed before the next frame arrived."""
        if seconds > self._quiet and not self._is_all:
            self.is_over = True

    @property
    def _quiet(self) -> float:
        """Seconds without a frame that mean the end of the replay."""
        if self._length is None:
            return SILENT
        return LONG_PAUSE if self._length > LONG else PAUSE

    def note_pieces(self, texts: Iterable[str]) -> None:
        """Note that pieces of the log have arrived."""
        if not self.is_over:
            self._length = sum(map(len, texts), self._length or 0)

    def note_end(self) -> None:
        """Note that the job has ended; if nothing has arrived yet, all that will is replay."""
        self._is_all |= self._length is None and not self.is_over
