"""The times of a log's lines, and the lines with a time."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice

from studio_tui.presentation.logs.line_clock import HEAD_BYTES, LineClock
from studio_tui.presentation.logs.lines import styled_line
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.tui.logs.view.spot import line_starts, starts_upwards

_MOST_TRIED = 200
"""Maximum number of lines that are searched for a time, before or after a line."""
_TRIED_AT_ONCE = 32
"""Lines tried before control returns to the event loop; takes up to two milliseconds."""


def _state(store: LogStore) -> tuple[LogStore, int, int]:
    """Return what changes with the lines of a log."""
    return store, store.version, store.size


def _lines_to_try(store: LogStore) -> Iterator[int]:
    """Yield the starts of the last lines, then of those that `find` tries while none has a time."""
    yield from islice(starts_upwards(store, store.last_start()), _MOST_TRIED)
    low, high = 0, store.size
    while low < high:
        last = middle = store.line_start((low + high) // 2)
        for last in islice(line_starts(store, middle), _MOST_TRIED):
            yield last
        low = store.line_end(last) + 1


class LineTimes:
    """Reads the time of a line: the one in its text, or when it arrived."""

    def __init__(self) -> None:
        unknown = LineClock()
        self.clock_at: Callable[[int], LineClock] = lambda _: unknown
        """Returns what parses the time of the line at an offset; it depends on the line's job."""
        self._timeless: object = None
        """The state of the log in which no line was found to have a time."""

    def are_missing(self, store: LogStore) -> bool:
        """Whether `exist` has found no time in the log as it is now."""
        return self._timeless == _state(store)

    async def exist(self, store: LogStore) -> bool:
        """Return whether a line has a time: the last lines are tried, and those that `find` tries.

        True also if the log is closed, or stored bytes change, before all of them were tried.
        """
        state = _state(store)
        if self._timeless == state:
            return False
        for tried, start in enumerate(_lines_to_try(store), 1):
            if self.at(store, start) is not None:
                return True
            if tried % _TRIED_AT_ONCE == 0:
                await asyncio.sleep(0)
                if store.is_closed or store.version != state[1]:
                    return True
        self._timeless = state
        return False

    def find(self, store: LogStore, moment: datetime) -> int | None:
        """Return the start of the first line at or after a time; `None` if no line has a time.

        If all lines are earlier, return the last one. It is a binary search, which assumes that the
        lines are ordered by time.
        """
        low, high = 0, store.size
        has_time = False
        while low < high:
            middle = store.line_start((low + high) // 2)
            time, line = self.first_from(store, middle, high)
            has_time = has_time or time is not None
            if time is not None and time >= moment:
                high = middle
            else:
                low = store.line_end(line) + 1
        if not has_time:
            return None
        return store.line_start(min(low, store.size - 1))

    def first_from(
        self, store: LogStore, start: int, end: int | None = None
    ) -> tuple[datetime | None, int]:
        """Return the first time from `start` up to `end`, or `None`, and the last line tried."""
        last = start
        for line in islice(line_starts(store, start), _MOST_TRIED):
            if end is not None and line >= end:
                break
            last = line
            if time := self.at(store, line):
                return time, line
        return None, last

    def line_up_to(self, store: LogStore, start: int, moment: datetime) -> int:
        """Return the start of the last line at or before `moment`; `start` if there is none.

        `start` is that of the first line at or after `moment`.
        """
        time = self.last_up_to(store, start)
        before = store.previous_start(start)
        return before if before is not None and time is not None and time > moment else start

    def last_up_to(self, store: LogStore, start: int | None) -> datetime | None:
        """Return the time of the line at `start`; if it has none, the last time before it."""
        if start is None:
            return None
        times = (self.at(store, line) for line in starts_upwards(store, start))
        return next(filter(None, islice(times, _MOST_TRIED)), None)

    def at(self, store: LogStore, start: int) -> datetime | None:
        """Return the time in a line; if it has none, when the line arrived."""
        arrived_at = store.arrivals.at(start)
        return self.own(store, start, arrived_at) or arrived_at

    def own(self, store: LogStore, start: int, arrived_at: datetime | None) -> datetime | None:
        """Return the time in the text of a line; `None` if it has none.

        `arrived_at` is when the line arrived; an ambiguous time is resolved with it.
        """
        length = min(HEAD_BYTES, store.line_end(start) - start - store.tag_length)
        text = styled_line(store.read(start + store.tag_length, length)).text
        return self.clock_at(start).time(text, arrived_at)
