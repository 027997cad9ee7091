"""What REST has of a log, held against what is here; it fills what the websocket cannot."""

import asyncio
from collections.abc import Iterable
from typing import Protocol

from studio_tui.api.log_body import LogBody
from studio_tui.api.log_stream import LogMessage
from studio_tui.errors import TransportError
from studio_tui.service.logs.assembler import NEW_EPOCH
from studio_tui.service.logs.comparison import COMPARED, Comparison
from studio_tui.service.logs.store.log_store import LogStore

_OVERLAP = 4096
_ANSWERS = 2
"""Final answers that must agree before they are believed."""
_SHORT_ANSWERS = 5
"""As many of those that end before what is here already: they were cut, or lag behind."""
_NOTHING_LIVE = 1 << 62


class LogBodies(Protocol):
    """What of the client is needed to ask REST for a log."""

    async def job_logs(self, job_id: str, *, offset: int = 0, etag: str | None = None) -> LogBody:
        """Return the log from `offset` on."""


class RestLog:
    """One job's log as REST tells it, from one question to the next."""

    def __init__(self, source: LogBodies, job_id: str, store: LogStore) -> None:
        self._source = source
        self._job_id = job_id
        self._store = store
        self._lock = asyncio.Lock()
        self._comparison: Comparison | None = None
        self._version = store.version
        self._etag: str | None = None
        self._spoiled = 0
        """Bytes that what is here may have too many, as characters of it were spoiled."""
        self._padding = 0
        """Bytes that what is here has too many, as they are ours."""
        self._is_doubted = False
        self._live = _NOTHING_LIVE
        self.differs = False
        """Whether what REST has was found not to be what is here."""
        self.is_confirmed = False
        """Whether the last final answer had all that is here, and nothing else."""
        self._is_short = False
        """Whether the last answer told of less than is here."""
        self._answer: tuple[int, int] | None = None
        """The last final answer."""
        self._agreeing = 0
        """Final answers in a row that were the same."""

    @property
    def is_settled(self) -> bool:
        """Whether so many final answers agree that nothing more is to be expected."""
        return self._agreeing >= (_SHORT_ANSWERS if self._is_short else _ANSWERS)

    async def read(self, *, is_final: bool = False) -> tuple[int, int]:
        """Ask once; return how many bytes REST has shown and how many are here now.

        The first time only the end is compared; if it does not fit, the whole is. A shorter
        answer is a cut or a lagging one, and says nothing, unless many in a row agree on it. When
        the job has ended REST's word `is_final`: it fills gaps and takes their marks away, unless
        the log began anew. No etag is sent then, as one that came with a cut answer would hide what
        was cut off.

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
        is_anew = any(mark.text == NEW_EPOCH for mark in self._store.marks)
        mends = is_final and (self._is_doubted or not is_anew)
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
            if not await self._take(comparison, body, is_final=is_final):
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
        """Act on a final answer that has come to its end: drop what is too much, and old marks.

        What only REST itself had brought goes as soon as it says otherwise often enough.
        """
        comparison.finish()
        if comparison.is_whole and comparison.end < self._store.size:
            self._is_short = True
        is_heard = self._outranks(body) or (self._is_agreed and comparison.end >= self._live)
        if self._is_short and is_heard and comparison.is_whole and not comparison.differs:
            self._store.cut(comparison.end)
        if mends and comparison.has_proved_whole:
            self._unmark()
        self.is_confirmed = comparison.has_proved_end and not self._is_short
        self._version = self._store.version

    @property
    def _is_agreed(self) -> bool:
        """Whether with the answer at hand so many agree that even a shorter one is believed."""
        return self._agreeing + 1 >= _SHORT_ANSWERS

    def _outranks(self, body: LogBody) -> bool:
        """Whether an answer is believed although more came live."""
        return self._is_doubted and body.is_exact and self._is_agreed

    def note_live(self, end: int, *, padding: int, is_doubted: bool) -> None:
        """Say where what came live ends in the store, and whether it may not be Studio's.

        `padding` is how many bytes in the store are ours.
        """
        self._live = end
        self._padding = padding
        self._is_doubted = is_doubted

    def note_spoiled(self, pieces: Iterable[LogMessage]) -> None:
        """Say that characters of these pieces were lost on the way, which the end cannot tell."""
        self._spoiled += 2 * sum(piece.text.count("\N{REPLACEMENT CHARACTER}") for piece in pieces)

    async def _take(self, comparison: Comparison, body: LogBody, *, is_final: bool) -> bool:
        """Compare an answer; return whether nobody else changed the store meanwhile."""
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
        """Take away the marks of what proved to be whole."""
        for mark in self._store.marks:
            self._store.unmark(mark)
        self._version = self._store.version

    def _begin(self, *, mends: bool) -> Comparison:
        """Compare the whole from now on."""
        self._comparison = Comparison(self._store, mends=mends)
        self._version = self._store.version
        self._etag = None
        return self._comparison

    def _has_whole(self) -> bool:
        """Whether a comparison of the whole is under way, with which the next answer goes on."""
        comparison = self._comparison
        return (
            comparison is not None and comparison.is_whole and self._version == self._store.version
        )

    def _current(self) -> Comparison:
        """Return the comparison under way; a store that was changed is compared anew."""
        if self._comparison is None or self._version != self._store.version:
            self._comparison = Comparison.of_end(self._store, overlap=_OVERLAP)
            self._version = self._store.version
            self._etag = None
        return self._comparison
