"""A log as read by REST: it is compared with the store, and fills gaps that the websocket left."""

import asyncio
import logging
from collections.abc import Callable, Iterable

from studio_tui.api.client import StudioClient
from studio_tui.api.log_body import LogBody
from studio_tui.api.log_stream import LogMessage
from studio_tui.errors import SpoolError, StudioError, TransportError
from studio_tui.service.logs.assembler import NEW_EPOCH
from studio_tui.service.logs.comparison import Comparison
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.polling.reachability import Reachability

_OVERLAP = 4096
"""Bytes at the end of the store that are compared with the first answer.

The comparison begins at the start of the line with the first of them.
"""
_BYTES_AT_ONCE = 256 * 1024
"""Maximum bytes that are compared at once, which takes half a millisecond."""
_ANSWERS = 2
"""Consecutive final answers that must be equal to be accepted."""
_SHORT_ANSWERS = 5
"""The same for answers shorter than what is stored, which were probably cut, or are outdated."""
_BEYOND_ANY_OFFSET = 1 << 62


class RestLog:
    """Reads one job's log by REST, in any number of requests."""

    def __init__(self, source: StudioClient, job_id: str, store: LogStore) -> None:
        self._source = source
        self._job_id = job_id
        self._store = store
        self._lock = asyncio.Lock()
        self._comparison: Comparison | None = None
        self._version = store.version
        self._etag: str | None = None
        self._excess = 0
        """Bytes that the store may have in excess, as characters were replaced in transit."""
        self._padding = 0
        self._is_store_doubted = False
        self._live_end = _BEYOND_ANY_OFFSET
        """Offset after the bytes that came over the websocket, or were stored earlier.

        Until `note_live`, it is so great that no short answer is accepted.
        """
        self.differs = False
        """Whether an answer differed from what is stored; reset by an equal one of full length."""
        self.is_confirmed = False
        """Whether the last final answer is not short, and equals all that it was compared with."""
        self._is_answer_short = False
        self._last_answer: tuple[int, int] | None = None
        self._agreeing_answers = 0

    @property
    def is_settled(self) -> bool:
        """Whether enough final answers were equal, so that nothing more is expected."""
        return self._agreeing_answers >= (_SHORT_ANSWERS if self._is_answer_short else _ANSWERS)

    async def read(self, *, is_final: bool = False) -> tuple[int, int]:
        """Request the log up to its end; return the offset reached in it and the size of the store.

        First only the end of what is stored is compared; if it differs, the whole log is compared.
        An answer that is shorter than what is stored is ignored, unless many in a row are equal.

        If the job has ended, the answer `is_final`: it fills gaps and removes their marks, unless
        the log has started over and nothing stored is in doubt. A final answer is requested without
        an etag: that of a truncated answer would hide the remaining bytes.

        Raises:
            StudioError: the request failed; what was received before is stored.
        """
        async with self._lock:
            answer = await self._read(is_final=is_final)
            self._agreeing_answers = (
                self._agreeing_answers + 1 if answer == self._last_answer else int(is_final)
            )
            self._last_answer = answer if is_final else None
            return answer

    async def _read(self, *, is_final: bool) -> tuple[int, int]:
        has_marks = self._is_store_doubted or bool(self._store.marks)
        has_new_epoch = any(mark.text == NEW_EPOCH for mark in self._store.marks)
        mends = is_final and (self._is_store_doubted or not has_new_epoch)
        self.is_confirmed = False
        is_from_start = mends and (has_marks or self._excess > 0) and not self._is_comparing_whole()
        if is_from_start:
            self._compare_from_start(mends=True)
        while True:
            comparison = self._current_comparison()
            if comparison.differs:
                if comparison.is_whole and (is_from_start or not mends):
                    return comparison.received, self._store.size
                comparison = self._compare_from_start(mends=mends)
                is_from_start = True
            requested_from = comparison.received
            etag = None if is_final else self._etag
            body = await self._source.job_logs(self._job_id, offset=requested_from, etag=etag)
            if self._version != self._store.version or not await self._compare_body(
                comparison, body, is_final=is_final
            ):
                continue
            ends_before = body.total is not None and body.total < requested_from
            if is_final and not is_from_start and ends_before:
                self._compare_from_start(mends=mends)
                is_from_start = True
                continue
            if body.more and comparison.received == requested_from:
                raise TransportError("Studio's answer ends before the log does.")
            if not body.more and (comparison.is_whole or not comparison.differs):
                if is_final:
                    self._conclude(comparison, body, mends=mends)
                return comparison.received, self._store.size

    def _conclude(self, comparison: Comparison, body: LogBody, *, mends: bool) -> None:
        """Drop bytes and marks that a complete final answer has shown to be wrong.

        Bytes that came only by REST are dropped once enough answers were shorter. Others are
        dropped if the answer outranks them.
        """
        comparison.finish()
        if comparison.is_whole and comparison.end < self._store.size:
            self._is_answer_short = True
        is_accepted = self._outranks(body) or (
            self._is_accepted_if_short and comparison.end >= self._live_end
        )
        if self._is_answer_short and is_accepted and comparison.is_whole and not comparison.differs:
            self._store.cut(comparison.end)
        if mends and comparison.has_proved_whole:
            for mark in self._store.marks:
                self._store.unmark(mark)
        self.is_confirmed = comparison.has_proved_end and not self._is_answer_short
        self._version = self._store.version

    @property
    def _is_accepted_if_short(self) -> bool:
        """Whether enough answers, including the current one, were equal to accept a short one."""
        return self._agreeing_answers + 1 >= _SHORT_ANSWERS

    def _outranks(self, body: LogBody) -> bool:
        """Whether an answer is accepted although more bytes came over the websocket."""
        return self._is_store_doubted and body.is_exact and self._is_accepted_if_short

    def note_live(self, end: int, *, padding: int, is_doubted: bool) -> None:
        """Set the offset after the bytes that came over the websocket, or were stored earlier.

        `padding` is how many bytes this program added; `is_doubted` is whether some may be wrong.
        """
        self._live_end = end
        self._padding = padding
        self._is_store_doubted = is_doubted

    def note_replacements(self, pieces: Iterable[LogMessage]) -> None:
        """Count the bytes that replacements in transit may have added to these pieces."""
        text = "".join(piece.text for piece in pieces)
        # A replacement character has three bytes, in place of one.
        self._excess += 2 * text.count("\N{REPLACEMENT CHARACTER}")

    async def _compare_body(self, comparison: Comparison, body: LogBody, *, is_final: bool) -> bool:
        """Compare an answer; return `False` if something else has changed the store meanwhile."""
        least_size = self._store.size - self._excess - self._padding
        self._is_answer_short = body.total is not None and body.total < least_size
        if body.total is None or (
            self._is_answer_short and not (is_final and self._outranks(body))
        ):
            comparison.mends = False
        if body.offset == comparison.received:
            for start in range(0, len(body.data), _BYTES_AT_ONCE):
                if start:
                    await asyncio.sleep(0)  # 32 MiB take 60 ms
                    if self._version != self._store.version:
                        return False
                comparison.add(body.data[start : start + _BYTES_AT_ONCE])
                self._version = self._store.version
        if comparison.differs or not self._is_answer_short:
            self.differs = comparison.differs
        self._etag = None if body.more else body.etag
        self._version = self._store.version
        return True

    def _compare_from_start(self, *, mends: bool) -> Comparison:
        return self._begin(Comparison(self._store, mends=mends))

    def _begin(self, comparison: Comparison) -> Comparison:
        self._comparison, self._version, self._etag = comparison, self._store.version, None
        return comparison

    def _is_comparing_whole(self) -> bool:
        comparison = self._comparison
        return (
            comparison is not None and comparison.is_whole and self._version == self._store.version
        )

    def _current_comparison(self) -> Comparison:
        """Return the current comparison, or one of the end if something else changed the store."""
        if self._comparison is None or self._version != self._store.version:
            begin = self._store.line_start(max(0, self._store.size - _OVERLAP))
            return self._begin(Comparison(self._store, offset=begin))
        return self._comparison


OUTAGE_AFTER = 3
"""Consecutive failures of the websocket after which REST is polled as well."""
OUTAGE_INTERVAL = 5.0
"""Seconds between two polls of REST while the websocket fails."""

logger = logging.getLogger(__name__)


class RestFallback:
    """Polls one log while its websocket keeps failing, until the websocket answers."""

    def __init__(
        self, job_id: str, rest: RestLog, reachability: Reachability, succeeded: Callable[[], None]
    ) -> None:
        """Initialize; `succeeded` is called after each poll that succeeded."""
        self._job_id = job_id
        self._rest = rest
        self._reachability = reachability
        self._succeeded = succeeded
        self._is_failing = asyncio.Event()

    def note_failures(self, failures: int, at_least: float) -> None:
        """Note consecutive failures of the websocket; if Studio asked to wait, stop polling."""
        if at_least:
            self.stop()
        elif failures >= OUTAGE_AFTER:
            self._is_failing.set()

    def stop(self) -> None:
        """Stop polling until the websocket has failed often enough again."""
        self._is_failing.clear()

    async def run(self) -> None:
        """Poll while the websocket keeps failing, until canceled or the disk fails."""
        while True:
            await self._is_failing.wait()
            await self._reachability.wait()
            pause = OUTAGE_INTERVAL
            try:
                with self._reachability.asking():
                    await self._rest.read()
                self._succeeded()
            except SpoolError:
                raise
            except StudioError as error:
                logger.info("log of job %s: %s", self._job_id, error)
                pause = max(pause, error.retry_after)
            await asyncio.sleep(pause)
