"""The logs of several jobs as one that grows with them; jobs join and leave while it is read.

Live lines are held back a moment to be put in order. If that was not enough, as when a job with a
long log joins, everything is ordered again in the background.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping

from studio_tui.service.logs.merged.cursor import MergedSource, TimeOf
from studio_tui.service.logs.merged.interleave import Interleaver
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.tagged_store import TAGS, TaggedStore

LIMIT = 64
"""Maximum number of merged logs."""
MERGE_DELAY = 0.3
"""Seconds that lines are held back to be ordered before they are shown."""
REORDER_DELAY = 0.5
"""Seconds to wait for more changes before everything is ordered again."""

_SHARE = 10
"""Ratio of the pause after an ordering to the time it took."""

Moved = Mapping[int, int]
"""New starts of lines, by their old starts."""


class MergedLog:
    """Several logs in one store; the viewer owns `run`."""

    store: TaggedStore
    """The lines of all logs, each after its log's tag; the object stays the same."""

    def __init__(
        self,
        new: Callable[[], TaggedStore],
        time_of: TimeOf,
        *,
        viewed_lines: Callable[[], Iterable[int]] = tuple,
        moved: Callable[[Moved], None] = lambda _: None,
    ) -> None:
        """Initialise; `new` creates stores, `time_of` reads the times of lines.

        Before everything is ordered again, `viewed_lines` returns the starts of lines that the
        viewer wants to keep track of; `moved` is then called with their new starts.

        Raises:
            SpoolError: there is no room for it on this machine's disk.
        """
        self.store = new()
        self._new = new
        self._time_of = time_of
        self._viewed_lines = viewed_lines
        self._moved = moved
        self._interleaver = Interleaver(self.store, (), time_of)
        self._fresh: Interleaver | None = None
        """The next ordering, in progress; shown once it is complete."""
        self._sources: dict[int, MergedSource] = {}
        self._unwatch: dict[int, Callable[[], None]] = {}
        self._next = 0
        self._news = asyncio.Event()
        self._has_left = False
        """Whether the store has lines of a log that has left."""
        self._wrong_since: float | None = None
        self._not_before = 0.0
        """Earliest time for the next full ordering."""
        self.is_ordering = False
        """Whether everything is being ordered again, or will be in a moment."""

    def __len__(self) -> int:
        return len(self._sources)

    def join(
        self,
        store: LogStore,
        name: str,
        *,
        is_over: Callable[[], bool],
        begins_at: float = 0.0,
        time_of: TimeOf | None = None,
    ) -> int:
        """Merge another log from now on; return the number in the tags of its lines.

        `is_over` returns whether the log is finished; call `poke` when that changes. `begins_at` is
        when it begins, in seconds since the epoch; `time_of` reads the times of its lines, if they
        differ from those of other logs.
        """
        number = self._next
        while number in self._sources:
            number = (number + 1) % TAGS
        self._next = (number + 1) % TAGS
        source = MergedSource(number, name, store, is_over, begins_at, time_of)
        self._sources[number] = source
        self._unwatch[number] = store.watch(self.poke)
        self._interleaver.add(source)
        self.poke()
        return number

    def leave(self, number: int) -> None:
        """Stop merging a log, and remove its lines."""
        if self._sources.pop(number, None) is not None:
            self._unwatch.pop(number)()
            self._has_left = True
            for interleaver in (self._interleaver, self._fresh):
                if interleaver is not None:
                    interleaver.remove(number)
            self.poke()

    def source_of(self, start: int) -> tuple[int, int] | None:
        """Return the number of the log that the line at `start` is from, and its offset there."""
        return self._interleaver.source_of(start)

    def poke(self) -> None:
        """Check the logs again."""
        self._news.set()

    def close(self) -> None:
        """Release everything, once `run` has ended."""
        for unwatch in self._unwatch.values():
            unwatch()
        self._unwatch.clear()
        self._sources.clear()
        self.store.close()

    async def run(self) -> None:
        """Merge incoming lines until canceled.

        Raises:
            SpoolError: writing to the disk failed.
        """
        while True:
            await self._news.wait()
            self._news.clear()
            while await self._step() or self._news.is_set():
                self._news.clear()
                await asyncio.sleep(MERGE_DELAY / 2)

    async def _step(self) -> bool:
        """Merge due lines; return whether there is more to do, even if nothing arrives."""
        if self._has_left:
            await self._order()
            return True
        interleaver, now = self._interleaver, _now()
        interleaver.make_due(now)
        await interleaver.merge()
        waits = False if interleaver.is_stale else interleaver.show_open(now)
        self.is_ordering = interleaver.is_stale or interleaver.is_unsorted
        if not self.is_ordering:
            return waits or not interleaver.is_done
        if self._wrong_since is None:
            self._wrong_since = now
        if now >= max(self._wrong_since + REORDER_DELAY, self._not_before):
            await self._order()
        return True

    async def _order(self) -> None:
        """Order everything again, in a second store while the first is shown."""
        begun = _now()
        self._wrong_since = None
        self.is_ordering = True
        sources = dict(self._sources)
        interleaver = self._fresh = Interleaver(self._new(), sources.values(), self._time_of)
        try:
            interleaver.make_all_due()
            await interleaver.merge()
            if not interleaver.is_stale:
                self._replace(interleaver)
                self._has_left = not sources.keys() <= self._sources.keys()
                for number in self._sources.keys() - sources.keys():
                    interleaver.add(self._sources[number])
        finally:
            self._fresh = None
            if interleaver.store is not self.store:
                interleaver.store.close()
        now = _now()
        self._not_before = now + _SHARE * (now - begun)

    def _replace(self, interleaver: Interleaver) -> None:
        """Show the new ordering, and report the new places of the viewer's lines."""
        now = _now()
        for cursor in interleaver.cursors:
            cursor.grew_at = now
        sources = {place: self._interleaver.source_of(place) for place in self._viewed_lines()}
        self.store.become(interleaver.store)
        interleaver.store, self._interleaver = self.store, interleaver
        places = {
            before: interleaver.start_of(*line)
            for before, line in sources.items()
            if line is not None
        }
        self._moved({before: after for before, after in places.items() if after is not None})


def _now() -> float:
    return asyncio.get_running_loop().time()
