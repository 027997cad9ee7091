"""The end of a long log, read by REST and shown while the websocket still replays its beginning."""

import asyncio
import codecs
import logging
from bisect import bisect_right
from collections.abc import Callable
from operator import itemgetter

from studio_tui.api.client import StudioClient
from studio_tui.api.log_body import LogBody
from studio_tui.errors import BrokenAnswer, RateLimited, ServerError, StudioError, TransportError
from studio_tui.service.listeners import Listeners
from studio_tui.service.logs.comparison import BYTES_AT_ONCE
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.polling.backoff import wait_for
from studio_tui.service.polling.reachability import Reachability

LENGTH = 256 * 1024
"""Bytes of the end that are requested."""
BEYOND = 1024 * 1024
"""The end is shown if the log lacks more bytes than this; fewer arrive in a moment."""
FLOOD = 8 * 1024 * 1024
"""Bytes that must arrive before it is checked again whether the log is behind."""
PAUSE = 2.0
"""Minimum seconds between two requests."""

_SOUGHT = 4096
"""Bytes of the preview that are searched for in the log."""
_NEARBY = 64 * 1024
"""Bytes before and after the expected offset that are searched for them."""

logger = logging.getLogger(__name__)


class LogTailPreview:
    """The end of one job's log; `run` is owned by the caller, and can be called again."""

    def __init__(
        self,
        source: StudioClient,
        job_id: str,
        whole: LogStore,
        make_store: Callable[[], LogStore],
        reachability: Reachability | None = None,
    ) -> None:
        """Initialize; `whole` is the store of the log itself, `make_store` creates an empty one."""
        self.store: LogStore | None = None
        """The end, from the start of a line on, under a mark; `None` until it is needed."""
        self.is_needed = False
        """Whether the log itself is so far behind that its end is shown first."""
        self.offset = 0
        """Offset of the preview's first byte in the whole log, as Studio counts."""
        self._source = source
        self._job_id = job_id
        self._whole = whole
        self._make_store = make_store
        self._reachability = reachability or Reachability()
        self._end = 0
        """Offset in the whole log after the bytes received."""
        self._parts: list[tuple[int, int]] = [(0, 0)]
        """Start of each contiguous part, in the preview and in the whole log."""
        self._etag: str | None = None
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._reached = asyncio.Event()
        self._listeners = Listeners[[]]()

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` when `is_needed` changes; return a function to unsubscribe."""
        return self._listeners.add(listener)

    def offset_in_log(self, position: int) -> int:
        """Return the offset in the log itself of the byte at `position` of the preview.

        Bytes that are not UTF-8 may take more bytes here than in Studio, so the text at `position`
        is searched for near the offset that Studio's counts give. If it is not found, that offset
        is returned.
        """
        begin, offset = self._parts[
            max(0, bisect_right(self._parts, position, key=itemgetter(0)) - 1)
        ]
        whole, guess = self._whole, min(offset + position - begin, self._whole.size)
        line = self.store.read(position, _SOUGHT) if self.store is not None else b""
        if not line or whole.read(guess, len(line)) == line:
            return guess
        first = max(0, guess - _NEARBY)
        nearby = whole.read(first, 2 * _NEARBY + len(line))
        nearby_places = (nearby.rfind(line, 0, guess - first), nearby.find(line, guess - first))
        offsets = [first + place for place in nearby_places if place >= 0]
        return min(offsets, key=lambda place: abs(place - guess), default=guess)

    @property
    def behind(self) -> int:
        """Bytes by which the log itself is known to be behind."""
        return max(0, self._end - self._whole.size) if self.is_needed else 0

    async def run(self) -> None:
        """Update the preview whenever the log itself is far behind; return if Studio refuses it."""
        while await self._catch_up():
            await self._wait_for_growth(FLOOD)

    async def _wait_for_growth(self, count: int) -> None:
        has_grown = asyncio.Event()
        size = self._whole.size
        leave = self._whole.watch(
            lambda: has_grown.set() if self._whole.size - size > count else None
        )
        try:
            await has_grown.wait()
        finally:
            leave()

    async def _catch_up(self) -> bool:
        """Request the end until the log has caught up; return `False` if Studio refuses it."""
        self._reached.clear()
        leave = self._whole.watch(self._check_reached)
        try:
            while not self._reached.is_set():
                rest = PAUSE
                await self._reachability.wait()
                try:
                    with self._reachability.asking("end of a log"):
                        await self._request_end()
                except (TransportError, RateLimited, ServerError, BrokenAnswer) as error:
                    rest = max(PAUSE, error.retry_after)
                except StudioError as error:
                    logger.info("end of the log of job %s: %s", self._job_id, error)
                    return False
                await wait_for(self._reached, rest)
        finally:
            leave()
        return True

    def close(self) -> None:
        """Close the preview, once it has no viewers."""
        self.is_needed = False
        self._etag = None
        if self.store is not None:
            self.store.close()
            self.store = None

    # --- answers ---------------------------------------------------------------------------------

    async def _request_end(self) -> None:
        """Request the end, and add what is new to the preview."""
        size = self._whole.size
        body = await self._source.job_log_end(self._job_id, LENGTH, etag=self._etag)
        self._whole.mark_not_live(size, body.offset + len(body.data))
        if not self.is_needed:
            await self._begin(body)
            return
        if body.unchanged or self._reached.is_set():
            return
        self._etag = body.etag
        overlap = self._end - body.offset
        if overlap > len(body.data):  # the log was cut, or started over
            await self._begin(body)
        elif overlap >= 0:
            await self._add(body.data[overlap:])
        else:
            await self._add_beyond(body)

    async def _add_beyond(self, body: LogBody) -> None:
        """Add an end that does not follow on the preview, under a mark for the gap."""
        if self.store is None:
            return
        skipped = body.data.find(b"\n") + 1
        left_out = body.offset + skipped - self._end
        if self.store.ends_within_line:
            self.store.append(b"\n")
        self.store.mark(self.store.size, f"{_size(left_out)} more are still arriving here.")
        self._end = body.offset + skipped
        self._parts.append((self.store.size, self._end))
        self._decoder.reset()
        await self._add(body.data[skipped:])

    async def _begin(self, body: LogBody) -> None:
        """Begin the preview with an answer; end it if the log itself is not far behind."""
        end = body.offset + len(body.data)
        if end - self._whole.size <= BEYOND:
            self._end_preview()
            return
        skipped = body.data.find(b"\n") + 1
        if self.store is None:
            self.store = self._make_store()
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
        self._listeners.notify()

    async def _add(self, data: bytes) -> None:
        for start in range(0, len(data), BYTES_AT_ONCE):
            if start:
                await asyncio.sleep(0)  # 32 MiB take 60 ms
            if self.store is None or not self.is_needed:
                return
            part = data[start : start + BYTES_AT_ONCE]
            self._end += len(part)
            self.store.append(self._decoder.decode(part).encode())

    def _check_reached(self) -> None:
        if self.is_needed and self._whole.size >= self._end:
            self._end_preview()

    def _end_preview(self) -> None:
        self._reached.set()
        if self.is_needed:
            self.is_needed = False
            self._listeners.notify()


def _size(count: int) -> str:
    return f"{count / 1024:,.1f} KiB" if count < 1024**2 else f"{count / 1024**2:,.1f} MiB"
