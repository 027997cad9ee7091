"""When the bytes of a log arrived, if they came live: right after the job printed them.

A new connection first repeats what was printed before: its replay, without arrival times.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

PAUSE = 0.2
"""Seconds without a frame after which the replay of a connection is over."""
LONG = 256 * 1024
"""Characters from which a replay is long: a slow server or network can pause it for longer."""
LONG_PAUSE = 2.0
TRICKLE = 32 * 1024
"""A replay brings more characters than this in `TRICKLE_SECONDS`; fewer come live."""
TRICKLE_SECONDS = 2.0
"""Total seconds of waiting for frames."""
SILENT = 5.0
"""Seconds without a frame, before the first piece, after which there is no replay."""

_UNKNOWN = 0
"""The second of bytes that did not come live."""


class Arrivals:
    """The arrival times of bytes: one entry per second in which bytes arrived, 16 bytes each."""

    def __init__(self) -> None:
        self._offsets = array("q")
        """Where the bytes of each entry begin."""
        self._seconds = array("q")
        """When they arrived, in seconds since the epoch, or `_UNKNOWN`."""
        self._current_second = _UNKNOWN
        self._live_from = 0
        """Offset before which added bytes do not count as live."""

    def at(self, offset: int) -> datetime | None:
        """Return the second in which the byte at `offset` arrived live; `None` if it did not."""
        seconds = self._second_at(offset)
        return datetime.fromtimestamp(seconds, UTC) if seconds else None

    def next_live(self, offset: int) -> int | None:
        """Return the first offset from `offset` on whose byte arrived live; `None` if none did."""
        if self._second_at(offset):
            return offset
        for place in range(bisect_right(self._offsets, offset), len(self._offsets)):
            if self._seconds[place]:
                return self._offsets[place]
        return None

    @contextmanager
    def live(self, moment: datetime | None) -> Iterator[None]:
        """Use `moment` as the arrival time of bytes added in this context; `None`: not live."""
        self._current_second = int(moment.timestamp()) if moment else _UNKNOWN
        try:
            yield
        finally:
            self._current_second = _UNKNOWN

    def note(self, offset: int) -> None:
        """Note that bytes are added at the end, from `offset` on."""
        last = self._seconds[-1] if self._seconds else _UNKNOWN
        second = _UNKNOWN if offset < self._live_from else self._current_second
        if last != second:
            self._begin_second(offset, second)

    def mark_not_live(self, offset: int, end: int, size: int) -> bool:
        """Remove the times of the bytes from `offset` to `end`, also of those added later.

        `size` is how many are stored. Return whether any of them had a time.
        """
        self._live_from = max(self._live_from, end)
        first, last = bisect_left(self._offsets, offset), bisect_left(self._offsets, end)
        times = (
            [self._second_at(offset), *self._seconds[first:last]] if offset < min(end, size) else []
        )
        if not any(times):
            return False
        if size > end:
            self._replace(offset, end, end)
        else:
            self.cut(offset)
            self._begin_second(offset, _UNKNOWN)
        return True

    def cut(self, offset: int) -> None:
        """Forget the times from `offset` on."""
        place = bisect_left(self._offsets, offset)
        del self._offsets[place:], self._seconds[place:]

    def insert(self, offset: int, length: int) -> None:
        """Insert `length` bytes at `offset`, which did not come live."""
        self._replace(offset, offset, offset + length)

    def _replace(self, offset: int, end: int, new_end: int) -> None:
        """Replace the bytes from `offset` to `end` by others up to `new_end`, not live."""
        place, second_after = bisect_right(self._offsets, end), self._second_at(end)
        offsets, seconds = self._offsets[place:], self._seconds[place:]
        self.cut(offset)
        self._begin_second(offset, _UNKNOWN)
        self._begin_second(new_end, second_after)
        self._offsets.extend(at + new_end - end for at in offsets)
        self._seconds.extend(seconds)

    def shift(self, offset: int, by: int) -> None:
        """Shift the times after `offset` by `by` bytes, as the bytes there are replaced."""
        place = bisect_right(self._offsets, offset)
        moved = [max(offset, at + by) for at in self._offsets[place:]]
        self._offsets[place:] = array("q", moved)

    def _second_at(self, offset: int) -> int:
        place = bisect_right(self._offsets, offset)
        return self._seconds[place - 1] if place else _UNKNOWN

    def _begin_second(self, offset: int, seconds: int) -> None:
        self._offsets.append(offset)
        self._seconds.append(seconds)


class Replay:
    """Detects the end of a connection's replay: a pause after its first pieces, or a trickle."""

    def __init__(self, *, is_all: bool = False) -> None:
        """Initialize; with `is_all` the job has ended, so that everything is replay."""
        self.is_over = False
        """Whether bytes that arrive now come live."""
        self._is_all_replay = is_all
        self._length: int | None = None
        """Characters received; `None` before any piece."""
        self._waited = 0.0
        self._since_waiting = 0
        """Characters received while `_waited` seconds were spent waiting, up to `TRICKLE`."""

    def note_pause(self, seconds: float) -> None:
        """Note how many seconds passed before a frame arrived."""
        if self._length is not None:
            self._waited += seconds
        is_trickle = self._waited >= TRICKLE_SECONDS
        if (seconds > self._longest_pause or is_trickle) and not self._is_all_replay:
            self.is_over = True

    @property
    def _longest_pause(self) -> float:
        if self._length is None:
            return SILENT
        return LONG_PAUSE if self._length > LONG else PAUSE

    def note_pieces(self, texts: Iterable[str]) -> None:
        """Note that pieces of the log have arrived."""
        if self.is_over:
            return
        length = sum(map(len, texts))
        self._length = (self._length or 0) + length
        self._since_waiting += length
        if self._since_waiting > TRICKLE:
            self._waited, self._since_waiting = 0.0, 0

    def note_end(self) -> None:
        """Note that the job has ended; if no piece has arrived yet, everything is replay."""
        self._is_all_replay |= self._length is None and not self.is_over
