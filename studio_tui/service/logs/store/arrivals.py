"""When the bytes of a log came, of those that came live: what is replayed tells nothing of it."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

QUIET = 0.2
"""Seconds without a frame after which the replay of a connection is over."""
SILENT = 5.0
"""Seconds without a frame after which there is no replay, when none of it has come."""

_UNKNOWN = 0


class Arrivals:
    """Seconds at which bytes came: one entry a second in which any came, 16 bytes each."""

    def __init__(self) -> None:
        self._offsets = array("q")
        """Where bytes begin that came within one second, in rising order."""
        self._seconds = array("q")
        """That second, since the epoch; 0 for bytes of which nobody knows."""
        self._moment = _UNKNOWN

    def at(self, offset: int) -> datetime | None:
        """Return the second in which the byte at `offset` came; `None` if it did not come live."""
        seconds = self._at(offset)
        return datetime.fromtimestamp(seconds, UTC) if seconds else None

    @contextmanager
    def live(self, moment: datetime | None) -> Iterator[None]:
        """Take what is noted meanwhile as coming at `moment`."""
        self._moment = int(moment.timestamp()) if moment else _UNKNOWN
        try:
            yield
        finally:
            self._moment = _UNKNOWN

    def note(self, offset: int) -> None:
        """Note that what is added at the end, from `offset` on, comes now."""
        last = self._seconds[-1] if self._seconds else _UNKNOWN
        if last != self._moment:
            self._append(offset, self._moment)

    def cut(self, offset: int) -> None:
        """Forget all from `offset` on."""
        place = bisect_left(self._offsets, offset)
        del self._offsets[place:], self._seconds[place:]

    def insert(self, offset: int, length: int) -> None:
        """Put bytes of which nobody knows before those from `offset` on."""
        here = self._at(offset)
        place = bisect_right(self._offsets, offset)
        later = (self._offsets[place:], self._seconds[place:])
        self.cut(offset)
        self._append(offset, _UNKNOWN)
        self._append(offset + length, here)
        self._offsets.extend(at + length for at in later[0])
        self._seconds.extend(later[1])

    def shift(self, offset: int, by: int) -> None:
        """Move all after `offset` by so many bytes, as what stands there has another length."""
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
    """Tells when a connection has repeated what it has to: the first burst of pieces is over."""

    def __init__(self) -> None:
        self.is_over = False
        """Whether what comes now comes live."""
        self._has_begun = False

    def waited(self, seconds: float) -> None:
        """Note how long the next frame was waited for."""
        if seconds > (QUIET if self._has_begun else SILENT):
            self.is_over = True

    def note_pieces(self) -> None:
        """Note that pieces of the log have come."""
        self._has_begun = True
