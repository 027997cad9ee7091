"""When the bytes of a log came, of those that came live: what is replayed tells nothing of it."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

QUIET = 0.2
"""Seconds without a frame after which the replay of a connection is over."""
LONG = 256 * 1024
"""Characters of a replay in which there may be breaks, as a server or a line is slow."""
LONG_QUIET = 2.0
"""Seconds without a frame after which a long replay is over."""
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
        self._unwatched = 0
        """What is added before this offset had come before anybody watched."""

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
        moment = _UNKNOWN if offset < self._unwatched else self._moment
        if last != moment:
            self._append(offset, moment)

    def unwatch(self, offset: int, end: int, size: int) -> bool:
        """Note of bytes, or of those to be added, that they had come before anybody watched.

        `size` is how many bytes there are. Return whether a moment was known of some of them.
        """
        self._unwatched = max(self._unwatched, end)
        first, last = bisect_left(self._offsets, offset), bisect_left(self._offsets, end)
        known = [self._at(offset), *self._seconds[first:last]] if offset < min(end, size) else []
        if not any(known):
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

    def __init__(self, *, is_all: bool = False) -> None:
        """Take whether everything is repeated, as the job has ended."""
        self.is_over = False
        """Whether what comes now comes live."""
        self._is_all = is_all
        self._length: int | None = None
        """Characters that have come; `None` before any piece."""

    def waited(self, seconds: float) -> None:
        """Note how long the next frame was waited for."""
        if seconds > self._quiet and not self._is_all:
            self.is_over = True

    @property
    def _quiet(self) -> float:
        """Seconds without a frame that mean the end."""
        if self._length is None:
            return SILENT
        return LONG_QUIET if self._length > LONG else QUIET

    def note_pieces(self, texts: Iterable[str]) -> None:
        """Note that pieces of the log have come."""
        if not self.is_over:
            self._length = sum(map(len, texts), self._length or 0)

    def note_end(self) -> None:
        """Note that the job has ended; if nothing has come yet, all that will is repeated."""
        self._is_all |= self._length is None and not self.is_over
