"""The end of a long log, read by REST and shown while the websocket still replays its beginning."""

import asyncio
import codecs
import logging
from collections.abc import Callable

from studio_tui.api.client import StudioClient
from studio_tui.api.log_body import LogBody
from studio_tui.errors import BrokenAnswer, RateLimited, ServerError, StudioError, TransportError
from studio_tui.service.listeners import Listeners
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.polling.backoff import wait_for
from studio_tui.service.polling.reachability import Reachability

LENGTH = 256 * 1024
"""Bytes of the end that are requested."""
BEYOND = 1024 * 1024
"""The end is shown if the log lacks more bytes than this; fewer arrive in a moment."""
PAUSE = 2.0
"""Minimum seconds after a failed request until the next."""
CHECK = 30.0
"""Seconds after which the end is requested again, as the log may have started over."""

_SOUGHT = 4096
"""Bytes of the preview that are searched for in the log."""
_NEARBY = 64 * 1024
"""Bytes of the log, from the expected offset on, in which they are searched for."""

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
        self._reached = asyncio.Event()
        self._listeners = Listeners[[]]()

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` when `is_needed` changes; return a function to unsubscribe."""
        return self._listeners.add(listener)

    def offset_in_log(self, position: int) -> int:
        """Return the offset in the log itself of the byte at `position` of the preview.

        Bytes that are not UTF-8 may take more bytes here than in Studio, so the text at `position`
        is searched for after the offset that Studio's counts give. If it is not found, that offset
        is returned.
        """
        guess = min(self.offset + position, self._whole.size)
        sought = self.store.read(position, _SOUGHT) if self.store is not None else b""
        return guess + max(0, self._whole.read(guess, _NEARBY + len(sought)).find(sought))

    @property
    def behind(self) -> int:
        """Bytes by which the log itself is known to be behind."""
        return max(0, self._end - self._whole.size) if self.is_needed else 0

    async def run(self) -> None:
        """Show the end while the log itself is far behind, unless Studio refuses it."""
        leave = self._whole.watch(self._check_reached)
        try:
            while (body := await self._request()) is not None:
                end = body.offset + len(body.data)
                if not self.is_needed or end < self._end:  # a log that is shorter has started over
                    if end - self._whole.size <= BEYOND:
                        break
                    self._show(body, end)
                await wait_for(self._reached, CHECK)
        finally:
            leave()
        self.end()

    async def _request(self) -> LogBody | None:
        """Return the end, after as many requests as are needed; `None` if Studio refuses it."""
        while True:
            await self._reachability.wait()
            size = self._whole.size
            try:
                with self._reachability.asking():
                    body = await self._source.job_log_end(self._job_id, LENGTH)
            except (TransportError, RateLimited, ServerError, BrokenAnswer) as error:
                await asyncio.sleep(max(PAUSE, error.retry_after))
            except StudioError as error:
                logger.info("end of the log of job %s: %s", self._job_id, error)
                return None
            else:
                self._whole.mark_not_live(size, body.offset + len(body.data))
                return body

    def _show(self, body: LogBody, end: int) -> None:
        self.end()
        self.close()
        skipped = body.data.find(b"\n") + 1
        self.store = self._make_store()
        self.offset, self._end = body.offset + skipped, end
        self.store.mark(0, f"{_size(self.offset)} before this are still arriving.")
        decoder = codecs.getincrementaldecoder("utf-8")("replace")  # a cut character is left out
        self.store.append(decoder.decode(body.data[skipped:]).encode())
        self.is_needed = True
        self._reached.clear()
        self._listeners.notify()

    def _check_reached(self) -> None:
        if self._whole.size >= self._end:
            self.end()

    def end(self) -> None:
        """Show the log itself from now on."""
        self._reached.set()
        if self.is_needed:
            self.is_needed = False
            self._listeners.notify()

    def close(self) -> None:
        """Close the preview, once it has no viewers."""
        self.is_needed = False
        if self.store is not None:
            self.store.close()
            self.store = None


def _size(count: int) -> str:
    return f"{count / 1024:,.1f} KiB" if count < 1024**2 else f"{count / 1024**2:,.1f} MiB"
