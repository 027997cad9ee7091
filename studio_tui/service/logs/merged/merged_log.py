"""The logs of several jobs merged into one, which grows with them; jobs may join and leave.

A new line waits a moment for earlier lines of other logs. If earlier lines come later than that, as
when a job with a long log joins, everything is ordered again in the background.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping

from studio_tui.service.logs.merged.cursor import MergedSource, TimeOf
from studio_tui.service.logs.merged.interleave import Interleaver
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.tagged_store import TAG_COUNT, TaggedStore

LIMIT = 64
"""Maximum number of logs that callers may merge."""
MERGE_DELAY = 0.3
"""Maximum seconds that a new line waits for earlier lines of other logs."""
REORDER_DELAY = 0.5
"""Seconds to wait for more changes before everything is ordered again."""

_PAUSE_RATIO = 10
"""Ratio of the pause after a full ordering to the time that it took."""

Moved = Mapping[int, int]
"""Offsets of lines after a full ordering, by their offsets before it."""


class MergedLog:
    """Several logs merged into one store; the viewer owns `run`.

    If the disk fails, methods raise a `SpoolError`.
    """

    def __init__(
        self,
        make_store: Callable[[], TaggedStore],
        *,
        viewed_lines: Callable[[], Iterable[int]] = tuple,
        on_moved: Callable[[Moved], None] = lambda _: None,
    ) -> None:
        """Initialize; `make_store` creates an empty store.

        When everything has been ordered again, `on_moved` is called with the new offsets of the
        lines that `viewed_lines` returns.
        """
        self.store = make_store()
        """The lines of all logs, each after the tag of its log; always the same object."""
        self._make_store = make_store
        self._viewed_lines = viewed_lines
        self._on_moved = on_moved
        self._interleaver = Interleaver(self.store, ())
        self._next_interleaver: Interleaver | None = None
        """Orders everything again and then replaces the current one; else `None`."""
        self._sources: dict[int, MergedSource] = {}
        self._unsubscribers: dict[int, Callable[[], None]] = {}
        self._next_number = 0
        self._may_have_changed = asyncio.Event()
        self._has_left = False
        """Whether the store still has lines of a log that has left."""
        self._misordered_since: float | None = None
        self._earliest_ordering = 0.0
        self.is_ordering = False
        """Whether everything is being ordered again, or will be in a moment."""

    def join(
        self,
        store: LogStore,
        name: str,
        *,
        is_over: Callable[[], bool],
        time_of: TimeOf,
        begins_at: float = 0.0,
    ) -> int:
        """Merge another log from now on; return the number in the tags of its lines.

        `name` begins the text of its marks. `is_over` returns whether the log has ended; call
        `poke` when that changes. `time_of` and `begins_at` are as in `MergedSource`.
        """
        number = self._next_number
        while number in self._sources:
            number = (number + 1) % TAG_COUNT
        self._next_number = (number + 1) % TAG_COUNT
        source = MergedSource(number, name, store, is_over, begins_at, time_of)
        self._sources[number] = source
        self._unsubscribers[number] = store.watch(self.poke)
        self._interleaver.add(source)
        self.poke()
        return number

    def leave(self, number: int) -> None:
        """Stop merging a log, and remove its lines."""
        if self._sources.pop(number, None) is not None:
            self._unsubscribers.pop(number)()
            self._has_left = True
            for interleaver in (self._interleaver, self._next_interleaver):
                if interleaver is not None:
                    interleaver.remove(number)
            self.poke()

    def source_of(self, start: int) -> tuple[int, int] | None:
        """Return the number of the log that the line at `start` is from, and its offset there."""
        return self._interleaver.source_of(start)

    def start_of(self, number: int, offset: int) -> int | None:
        """Return the start of the line with byte `offset` of a log; `None` if it is not merged."""
        return self._interleaver.start_of(number, offset)

    def poke(self) -> None:
        """Check the logs again, as they may have changed."""
        self._may_have_changed.set()

    def close(self) -> None:
        """Close the store and leave the logs, after `run` has ended."""
        for unsubscribe in self._unsubscribers.values():
            unsubscribe()
        self._unsubscribers.clear()
        self._sources.clear()
        self.store.close()

    async def run(self) -> None:
        """Merge incoming lines until canceled."""
        while True:
            await self._may_have_changed.wait()
            self._may_have_changed.clear()
            while await self._step() or self._may_have_changed.is_set():
                self._may_have_changed.clear()
                await asyncio.sleep(MERGE_DELAY / 2)

    async def _step(self) -> bool:
        """Merge due lines; return whether there is more to do soon, even if nothing arrives."""
        if self._has_left:
            await self._order()
            return True
        interleaver, now = self._interleaver, _now()
        interleaver.make_due()
        await interleaver.merge()
        self.is_ordering = interleaver.is_stale or interleaver.is_unsorted
        if not self.is_ordering:
            return not interleaver.is_done
        if self._misordered_since is None:
            self._misordered_since = now
        if now >= max(self._misordered_since + REORDER_DELAY, self._earliest_ordering):
            await self._order()
        return True

    async def _order(self) -> None:
        """Order everything again, in a second store, while the first one is shown."""
        began_at = _now()
        self._misordered_since = None
        self.is_ordering = True
        sources = dict(self._sources)
        interleaver = self._next_interleaver = Interleaver(self._make_store(), sources.values())
        try:
            interleaver.make_all_due()
            await interleaver.merge()
            if not interleaver.is_stale:
                self._replace(interleaver)
                self._has_left = not sources.keys() <= self._sources.keys()
                for number in self._sources.keys() - sources.keys():
                    interleaver.add(self._sources[number])
        finally:
            self._next_interleaver = None
            if interleaver.store is not self.store:
                interleaver.store.close()
        now = _now()
        self._earliest_ordering = now + _PAUSE_RATIO * (now - began_at)

    def _replace(self, interleaver: Interleaver) -> None:
        sources = {start: self._interleaver.source_of(start) for start in self._viewed_lines()}
        self.store.become(interleaver.store)
        interleaver.store, self._interleaver = self.store, interleaver
        moved = {}
        for old_start, line in sources.items():
            if line is not None and (new_start := interleaver.start_of(*line)) is not None:
                moved[old_start] = new_start
        self._on_moved(moved)


def _now() -> float:
    return asyncio.get_running_loop().time()
