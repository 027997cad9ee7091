"""The end of a long log, asked of REST and shown while the websocket still replays its beginning.

It is a preview with a store of its own, of use until the log itself has come as far.
"""

import asyncio
import codecs
import logging
from bisect import bisect_right
from collections.abc import Callable

from studio_tui.api.log_body import LogBody
from studio_tui.errors import BrokenAnswer, RateLimited, ServerError, StudioError, TransportError
from studio_tui.service.listeners import Listeners
from studio_tui.service.logs.comparison import COMPARED
from studio_tui.service.logs.source import LogEnds
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.polling.poller import wait_for
from studio_tui.service.polling.reachability import Reachability

LENGTH = 256 * 1024
"""Bytes of the end that are asked for."""
BEYOND = 1024 * 1024
"""Bytes by which a log must be behind to be previewed; fewer will have come in a moment."""
FLOOD = 8 * 1024 * 1024
"""Bytes after which it is asked again whether the log has fallen behind."""
REST = 2.0
"""Seconds between questions."""

_LAST = 1 << 62
_LINE = 4096
_AROUND = 64 * 1024

logger = logging.getLogger(__name__)


class LogTailPreview:
    """The end of one job's log; `run` is owned by whoever starts it, and can be run again."""

    store: LogStore | None
    """The end in whole lines, until the last viewer leaves; `None` before there was need of it.

    A mark at its top says how much of the log stands before it.
    """
    is_needed: bool
    """Whether the log itself has not come as far."""
    offset: int
    """Of the first byte of the preview in the whole log, as Studio counts."""

    def __init__(
        self,
        source: LogEnds,
        job_id: str,
        whole: LogStore,
        new: Callable[[], LogStore],
        reachability: Reachability | None = None,
    ) -> None:
        """Take the store of the log itself, and how a store is made."""
        self.store = None
        self.is_needed = False
        self.offset = 0
        self._source = source
        self._job_id = job_id
        self._whole = whole
        self._new = new
        self._reachability = reachability or Reachability()
        self._end = 0
        """Offset in the whole log after what has been asked for."""
        self._parts: list[tuple[int, int]] = [(0, 0)]
        """Where parts of the preview begin in it, and in the whole."""
        self._etag: str | None = None
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._reached = asyncio.Event()
        self._listeners = Listeners[[]]()

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` when the preview begins or ceases to be needed, until told to stop."""
        return self._listeners.add(listener)

    def in_whole(self, position: int) -> int:
        """Return where in the log itself the byte at `position` of the preview stands.

        Studio may count bytes that are no UTF-8 otherwise than the log here does, so the text is
        sought nearby; before the log has come so far the place is a guess.
        """
        begin, offset = self._parts[max(0, bisect_right(self._parts, (position, _LAST)) - 1)]
        whole, guess = self._whole, min(offset + position - begin, self._whole.size)
        sought = self.store.read(position, _LINE) if self.store is not None else b""
        if not sought or whole.read(guess, len(sought)) == sought:
            return guess
        first = max(0, guess - _AROUND)
        around = whole.read(first, 2 * _AROUND + len(sought))
        places = (around.rfind(sought, 0, guess - first), around.find(sought, guess - first))
        found = [first + place for place in places if place >= 0]
        return min(found, key=lambda place: abs(place - guess), default=guess)

    @property
    def behind(self) -> int:
        """Bytes by which the log itself is known to be behind; 0 when it is not."""
        return max(0, self._end - self._whole.size) if self.is_needed else 0

    async def run(self) -> None:
        """Keep the end fresh while the log itself is far behind; end if Studio does not say it.

        A log is behind at first, and again when its job prints faster than it can be sent.
        """
        while await self._catch_up():
            await self._grown(FLOOD)

    async def _grown(self, count: int) -> None:
        """Wait until so many bytes more have come."""
        grown = asyncio.Event()
        size = self._whole.size
        leave = self._whole.watch(lambda: grown.set() if self._whole.size - size > count else None)
        try:
            await grown.wait()
        finally:
            leave()

    async def _catch_up(self) -> bool:
        """Ask until the log itself has come as far; return whether Studio tells the end."""
        self._reached.clear()
        leave = self._whole.watch(self._look)
        try:
            while not self._reached.is_set():
                rest = REST
                await self._reachability.wait()
                try:
                    with self._reachability.asking("end of a log"):
                        await self._ask()
                except (TransportError, RateLimited, ServerError, BrokenAnswer) as error:
                    rest = max(REST, error.asked_rest)
                except StudioError as error:
                    logger.info("end of the log of job %s: %s", self._job_id, error)
                    return False
                await wait_for(self._reached, rest)
        finally:
            leave()
        return True

    def close(self) -> None:
        """Let go of the preview, once nobody looks at it."""
        self.is_needed = False
        self._etag = None
        if self.store is not None:
            self.store.close()
            self.store = None

    # --- what comes ------------------------------------------------------------------------------

    async def _ask(self) -> None:
        """Ask for the end, and add what is new of it.

        What it tells of, and is not here when it is asked, nobody has seen coming.
        """
        here = self._whole.size
        body = await self._source.job_log_end(self._job_id, LENGTH, etag=self._etag)
        self._whole.unwatch(here, body.offset + len(body.data))
        if not self.is_needed:
            await self._begin(body)
            return
        if body.unchanged or self._reached.is_set():
            return
        self._etag = body.etag
        known = self._end - body.offset
        if known > len(body.data):  # it was cut, or begun anew
            await self._begin(body)
        elif known >= 0:
            await self._add(body.data[known:])
        else:
            await self._add_beyond(body)

    async def _add_beyond(self, body: LogBody) -> None:
        """Add an end that does not touch what is shown, under a mark of what is between."""
        if self.store is None:
            return
        skipped = body.data.find(b"\n") + 1
        left_out = body.offset + skipped - self._end
        if self.store.size and self.store.read(self.store.size - 1, 1) != b"\n":
            self.store.append(b"\n")
        self.store.mark(self.store.size, f"{_size(left_out)} more here are still arriving.")
        self._end = body.offset + skipped
        self._parts.append((self.store.size, self._end))
        self._decoder.reset()
        await self._add(body.data[skipped:])

    async def _begin(self, body: LogBody) -> None:
        """Show an end, if it is far beyond what is here."""
        end = body.offset + len(body.data)
        if end - self._whole.size <= BEYOND:
            self._cease()
            return
        skipped = body.data.find(b"\n") + 1
        if self.store is None:
            self.store = self._new()
        else:
            self.store.cut(0)
            for mark in self.store.marks:
                self.store.unmark(mark)
        self.offset = self._end = body.offset + skipped
        self._parts = [(0, self.offset)]
        self._etag = body.etag
        self._decoder.reset()
        self.store.mark(0, f"{_size(self.offset)} before this are still arriving.")
        self.is_needed = True
        await self._add(body.data[skipped:])
        self._listeners.tell()

    async def _add(self, data: bytes) -> None:
        for start in range(0, len(data), COMPARED):
            if start:
                await asyncio.sleep(0)  # 32 MiB take 60 ms
            if self.store is None or not self.is_needed:
                return
            part = data[start : start + COMPARED]
            self._end += len(part)
            self.store.append(self._decoder.decode(part).encode())

    def _look(self) -> None:
        """See whether the log itself has come as far."""
        if self.is_needed and self._whole.size >= self._end:
            self._cease()

    def _cease(self) -> None:
        self._reached.set()
        if self.is_needed:
            self.is_needed = False
            self._listeners.tell()


def _size(count: int) -> str:
    if count < 1024**2:
        return f"{count / 1024:.1f} KiB"
    if count >= 1024**3:
        return f"{count / 1024**3:.1f} GiB"
    return f"{count / 1024**2:.1f} MiB"
