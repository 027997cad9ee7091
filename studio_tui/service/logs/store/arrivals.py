"""When the bytes of a log arrived, if they came live: right after the job printed them.

Bytes of the replay of a connection have no arrival times: see `connection`.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_UNKNOWN = 0
"""Stands for the arrival time of bytes that did not come live."""


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
            self.replace(offset, end, end)
        else:
            self.cut(offset)
            self._begin_second(offset, _UNKNOWN)
        return True

    def cut(self, offset: int) -> None:
        """Forget the times from `offset` on."""
        place = bisect_left(self._offsets, offset)
        del self._offsets[place:], self._seconds[place:]

    def replace(self, offset: int, end: int, new_end: int) -> None:
        """Note that the bytes from `offset` to `end` were replaced.

        The new bytes end at `new_end`, and count as not live.
        """
        place, second_after = bisect_right(self._offsets, end), self._second_at(end)
        offsets, seconds = self._offsets[place:], self._seconds[place:]
        self.cut(offset)
        self._begin_second(offset, _UNKNOWN)
        self._begin_second(new_end, second_after)
        self._offsets.extend(at + new_end - end for at in offsets)
        self._seconds.extend(seconds)

    def _second_at(self, offset: int) -> int:
        place = bisect_right(self._offsets, offset)
        return self._seconds[place - 1] if place else _UNKNOWN

    def _begin_second(self, offset: int, seconds: int) -> None:
        self._offsets.append(offset)
        self._seconds.append(seconds)
