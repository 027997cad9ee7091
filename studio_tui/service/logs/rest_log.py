"""A log as read by REST, compared with the stored one; fills gaps that the websocket leaves."""

import asyncio
import logging
from collections.abc import Callable, Iterable

from studio_tui.api.client import StudioClient
from studio_tui.api.log_body import LogBody
from studio_tui.api.log_stream import LogMessage
from studio_tui.errors import SpoolError, StudioError, TransportError
from studio_tui.service.logs.assembler import NEW_EPOCH
from studio_tui.service.logs.comparison import COMPARED, Comparison
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.polling.reachability import Reachability

_OVERLAP = 4096
_ANSWERS = 2
"""Final answers that must agree to be accepted."""
_SHORT_ANSWERS = 5
"""The same for answers shorter than what is stored: they were cut, or lag behind."""
_NOTHING_LIVE = 1 << 62


class RestLog:
    """One job's log as read by REST, across requests."""

    def __init__(self, source: StudioClient, job_id: str, store: LogStore) -> None:
        self._source = source
        self._job_id = job_id
        self._store = store
        self._lock = asyncio.Lock()
        self._comparison: Comparison | None = None
        self._version = store.version
        self._etag: str | None = None
        self._spoiled = 0
        """Maximum number of excess bytes in the store due to characters lost in transit."""
        self._padding = 0
        """Bytes in the store that are not Studio's but ours."""
        self._is_doubted = False
        self._live = _NOTHING_LIVE
        self.differs = False
        """Whether REST's log differs from the stored one."""
        self.is_confirmed = False
        """Whether the last final answer equals everything stored."""
        self._is_short = False
        """Whether the last answer was shorter than what is stored."""
        self._answer: tuple[int, int] | None = None
        """The last final answer."""
        self._agreeing = 0
        """Number of consecutive equal final answers."""

    @property
    def is_settled(self) -> bool:
        """Whether enough final answers agree that nothing more is expected."""
        return self._agreeing >= (_SHORT_ANSWERS if self._is_short else _ANSWERS)

    async def read(self, *, is_final: bool = False) -> tuple[int, int]:
        """Read once; return the bytes that REST has shown and the bytes that are stored now.

        The first time only the end is compared; if it does not fit, the whole log is. A shorter
        answer was cut or lags behind, and is ignored unless many in a row agree. Once the job has
        ended, the answer `is_final`: it fills gaps and removes their marks, unless the log
        started over. No etag is sent then, as the etag of a truncated answer would hide the rest.

        Raises:
            StudioError: there was no answer; what came before is kept.
        """
        async with self._lock:
            answer = await self._read(is_final=is_final)
            self._agreeing = self._agreeing + 1 if answer == self._answer else int(is_final)
            self._answer = answer if is_final else None
            return answer

    async def _read(self, *, is_final: bool) -> tuple[int, int]:
        has_marks = self._is_doubted or bool(self._store.marks)
        has_new_epoch = any(mark.text == NEW_EPOCH for mark in self._store.marks)
        mends = is_final and (self._is_doubted or not has_new_epoch)
        self.is_confirmed = False
        has_begun = mends and (has_marks or self._spoiled > 0) and not self._has_whole()
        if has_begun:
            self._begin(mends=True)
        while True:
            comparison = self._current()
            if comparison.differs:
                if comparison.is_whole and (has_begun or not mends):
                    return comparison.received, self._store.size
                comparison = self._begin(mends=mends)
                has_begun = True
            asked = comparison.received
            body = await self._source.job_logs(
                self._job_id,
                offset=asked,
                etag=None if is_final else self._etag,
            )
            if self._version != self._store.version:
                continue
            if not await self._compare_body(comparison, body, is_final=is_final):
                continue
            if is_final and not has_begun and body.total is not None and body.total < asked:
                self._begin(mends=mends)  # more was compared than there is
                has_begun = True
                continue
            if body.more and comparison.received == asked:
                raise TransportError("Studio's answer ends before the log does.")
            if not body.more and (comparison.is_whole or not comparison.differs):
                if is_final:
                    self._conclude(comparison, body, mends=mends)
                return comparison.received, self._store.size

    def _conclude(self, comparison: Comparison, body: LogBody, *, mends: bool) -> None:
        """Apply a complete final answer: drop excess bytes and obsolete marks.

        Bytes from REST only are dropped once enough answers are shorter.
        """
        comparison.finish()
        if comparison.is_whole and comparison.end < self._store.size:
            self._is_short = True
        is_accepted = self._outranks(body) or (self._is_agreed and comparison.end >= self._live)
        if self._is_short and is_accepted and comparison.is_whole and not comparison.differs:
            self._store.cut(comparison.end)
        if mends and comparison.has_proved_whole:
            self._unmark()
        self.is_confirmed = comparison.has_proved_end and not self._is_short
        self._version = self._store.version

    @property
    def _is_agreed(self) -> bool:
        """Whether enough answers, including the current one, agree to accept even a shorter one."""
        return self._agreeing + 1 >= _SHORT_ANSWERS

    def _outranks(self, body: LogBody) -> bool:
        """Whether an answer is accepted although more came live."""
        return self._is_doubted and body.is_exact and self._is_agreed

    def note_live(self, end: int, *, padding: int, is_doubted: bool) -> None:
        """Set where the live part ends in the store, and whether it may not be Studio's.

        `padding` is the number of bytes in the store that are ours.
        """
        self._live = end
        self._padding = padding
        self._is_doubted = is_doubted

    def note_spoiled(self, pieces: Iterable[LogMessage]) -> None:
        """Count characters of these pieces that were lost in transit."""
        text = "".join(piece.text for piece in pieces)
        self._spoiled += 2 * text.count("\N{REPLACEMENT CHARACTER}")

    async def _compare_body(self, comparison: Comparison, body: LogBody, *, is_final: bool) -> bool:
        """Compare an answer; return False if the store was changed by others meanwhile."""
        here = self._store.size - self._spoiled - self._padding
        self._is_short = body.total is not None and body.total < here
        if body.total is None or (self._is_short and not (is_final and self._outranks(body))):
            comparison.mends = False
        if body.offset == comparison.received:
            for start in range(0, len(body.data), COMPARED):
                if start:
                    await asyncio.sleep(0)  # 32 MiB take 60 ms
                    if self._version != self._store.version:
                        return False
                comparison.add(body.data[start : start + COMPARED])
                self._version = self._store.version
        if comparison.differs or not self._is_short:
            self.differs = comparison.differs
        self._etag = None if body.more else body.etag
        self._version = self._store.version
        return True

    def _unmark(self) -> None:
        """Remove all marks, as the log proved to be whole."""
        for mark in self._store.marks:
            self._store.unmark(mark)
        self._version = self._store.version

    def _begin(self, *, mends: bool) -> Comparison:
        """Start comparing the whole log."""
        self._comparison = Comparison(self._store, mends=mends)
        self._version = self._store.version
        self._etag = None
        return self._comparison

    def _has_whole(self) -> bool:
        """Whether a comparison of the whole log is under way and still valid."""
        comparison = self._comparison
        return (
            comparison is not None and comparison.is_whole and self._version == self._store.version
        )

    def _current(self) -> Comparison:
        """Return the current comparison; start a new one if the store has changed."""
        if self._comparison is None or self._version != self._store.version:
            self._comparison = Comparison.of_end(self._store, overlap=_OVERLAP)
            self._version = self._store.version
            self._etag = None
        return self._comparison


OUTAGE_AFTER = 3
"""Consecutive failures of the websocket after which REST is polled as well."""
OUTAGE_REST = 5.0
"""Seconds between those polls."""

logger = logging.getLogger(__name__)


class RestBeside:
    """Polls one log while its websocket keeps failing, until the websocket answers."""

    def __init__(
        self, job_id: str, rest: RestLog, reachability: Reachability, came: Callable[[], None]
    ) -> None:
        """Initialise; `came` is called after each poll that succeeded."""
        self._job_id = job_id
        self._rest = rest
        self._reachability = reachability
        self._came = came
        self._is_wanted = asyncio.Event()

    def failed(self, failures: int, at_least: float) -> None:
        """Note consecutive failures of the websocket; `at_least`: seconds for which Studio asks."""
        if at_least:
            self.stop()  # Studio is there, and asks to be left alone
        elif failures >= OUTAGE_AFTER:
            self._is_wanted.set()

    def stop(self) -> None:
        """Poll no more until the websocket keeps failing again."""
        self._is_wanted.clear()

    async def run(self) -> None:
        """Poll whenever it is wanted, until canceled.

        Raises:
            SpoolError: writing to the disk failed.
        """
        while True:
            await self._is_wanted.wait()
            await self._reachability.wait()
            rest = OUTAGE_REST
            try:
                with self._reachability.asking("log"):
                    await self._rest.read()
                self._came()
            except SpoolError:
                raise
            except StudioError as error:
                logger.info("log of job %s: %s", self._job_id, error)
                rest = max(rest, error.asked_rest)
            await asyncio.sleep(rest)
