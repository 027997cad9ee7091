"""Interleaves the lines of several logs by time, each whole and once.

A line without a time stays with the line before it in its log, so that tracebacks stay whole.
A new line is merged once it is complete and due. The last line of a job that has ended counts as
complete. A line becomes due after a moment, as earlier lines of other logs may arrive later.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import datetime
from heapq import heapify, heappop, heapreplace

from studio_tui import clock
from studio_tui.service.logs.merged.cursor import LineCursor, MergedSource
from studio_tui.service.logs.store.tagged_store import TAG_LENGTH, TaggedStore, number_in, tag_of

_SLICE = 0.003
"""Seconds of work before the event loop gets its turn."""
_LINES_PER_CHECK = 32
_FLUSH = 256 * 1024
_STOP_INTERVAL = 128 * 1024
"""Minimum bytes between two stops; see `Interleaver._stops`."""


class Interleaver:
    """Merges logs into one store, and maps the lines of this store to those of the logs.

    If a log cannot be read or written, methods raise a `SpoolError`.
    """

    def __init__(self, store: TaggedStore, sources: Iterable[MergedSource]) -> None:
        self.store = store
        self.cursors = [LineCursor(source) for source in sources]
        self.is_stale = False
        """Whether a merged part of a log has changed, so that everything must be merged again."""
        self.is_unsorted = False
        """Whether old lines of a log arrived after newer lines of other logs were merged."""
        self._pending = bytearray()
        self._arrival: datetime | None = None
        self._latest_key = float("-inf")
        self._stops: list[tuple[int, dict[int, int]]] = [(0, {})]
        """Offsets between lines, each with the positions of all logs there, by number."""

    def add(self, source: MergedSource) -> None:
        self.cursors.append(LineCursor(source))

    def remove(self, number: int) -> None:
        """Stop reading the log with this number; its merged lines stay."""
        self.cursors = [cursor for cursor in self.cursors if cursor.source.number != number]

    # --- merging ---------------------------------------------------------------------------------

    def make_due(self) -> None:
        """Make due what was present at the last call."""
        for cursor in self.cursors:
            cursor.make_due()

    def make_all_due(self) -> None:
        """Make all present bytes due."""
        for cursor in self.cursors:
            cursor.make_all_due()

    async def merge(self) -> None:
        """Merge all due lines, in slices, and the lines that belong before one of them."""
        while True:
            if not self._merge_some():
                return
            await asyncio.sleep(0)

    def _merge_some(self) -> bool:
        """Merge for a few milliseconds; return whether there is more to do."""
        self.is_stale |= not all(cursor.is_unchanged() for cursor in self.cursors)
        if self.is_stale:
            return False
        heap = [(c.key, c.source.number, c) for c in self.cursors if c.find_line()]
        heapify(heap)
        due = sum(cursor.is_due for _, _, cursor in heap)
        deadline = clock.monotonic() + _SLICE
        lines = 0
        try:
            while due:
                cursor = heap[0][2]
                due -= cursor.is_due
                self._merge_line(cursor)
                if cursor.find_line():
                    due += cursor.is_due
                    heapreplace(heap, (cursor.key, cursor.source.number, cursor))
                else:
                    heappop(heap)
                lines += 1
                if lines % _LINES_PER_CHECK == 0 and clock.monotonic() > deadline:
                    return True
        finally:
            self._flush()
        self._put_end_marks()
        return False

    def _merge_line(self, cursor: LineCursor) -> None:
        self._put_marks(cursor)
        self.is_unsorted |= cursor.key < self._latest_key and cursor.is_late
        self._latest_key = max(self._latest_key, cursor.key)
        if (arrival := cursor.arrival) != self._arrival:
            self._flush()
            self._arrival = arrival
        self._write(tag_of(cursor.source.number))
        cursor.take_line(self._write)
        self._write(b"\n")

    def _write(self, data: bytes) -> None:
        self._pending += data
        if len(self._pending) > _FLUSH:
            self._flush()

    def _flush(self) -> None:
        if self._pending:
            data, self._pending = bytes(self._pending), bytearray()
            with self.store.arrivals.live(self._arrival):
                self.store.append(data)
        # Positions are known only between lines. A flush may be within a line: then the stop
        # follows at a later flush.
        end = self.store.size
        if end - self._stops[-1][0] > _STOP_INTERVAL and not self.store.ends_within_line:
            positions = {cursor.source.number: cursor.position for cursor in self.cursors}
            self._stops.append((end, positions))

    def _put_marks(self, cursor: LineCursor) -> None:
        for mark in cursor.marks():
            self._flush()
            self.store.mark(self.store.size, f"{cursor.source.name}: {mark.text}")
            cursor.merged_marks.add(mark)

    def _put_end_marks(self) -> None:
        for cursor in self.cursors:
            if cursor.position == cursor.source.store.size and cursor.marks():
                self._put_marks(cursor)

    @property
    def is_done(self) -> bool:
        """Whether all complete lines are merged."""
        return not any(cursor.find_line() for cursor in self.cursors)

    # --- mapping of lines ------------------------------------------------------------------------

    def source_of(self, start: int) -> tuple[int, int] | None:
        """Return the number of the log that the line at `start` is from, and its offset there."""
        number = self.store.number_at(start)
        if number is None:
            return None
        stop, positions = self._stops[bisect_right(self._stops, start, key=lambda s: s[0]) - 1]
        offset = positions.get(number, 0)
        for line in self._lines(stop, start):
            if number_in(line) == number:
                offset += len(line) - TAG_LENGTH
        return number, offset

    def start_of(self, number: int, offset: int) -> int | None:
        """Return the start of the line that holds byte `offset` of a log; `None` if not merged."""
        place = bisect_right(self._stops, offset, key=lambda s: s[1].get(number, 0)) - 1
        line_start, positions = self._stops[max(0, place)]
        end = self._stops[place + 1][0] if place + 1 < len(self._stops) else self.store.size
        position = positions.get(number, 0)
        for line in self._lines(line_start, end):
            if number_in(line) == number:
                position += len(line) - TAG_LENGTH
                if position > offset:
                    return line_start
            line_start += len(line)
        return None

    def _lines(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the whole lines between two offsets, with their newlines."""
        for line in self.store.read(start, end - start).split(b"\n")[:-1]:
            yield line + b"\n"
