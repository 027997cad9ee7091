"""What REST has of a log, held against what is here; it fills what the websocket cannot."""

import asyncio
from typing import Protocol

from studio_tui.api.log_body import LogBody
from studio_tui.service.log_merge import Comparison
from studio_tui.service.log_store import LogStore

_OVERLAP = 4096


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

    @property
    def differs(self) -> bool:
        """Whether the whole of what REST has was found not to be what is here."""
        return self._comparison is not None and self._comparison.differs

    async def read(self) -> tuple[int, int]:
        """Ask once; return how many bytes REST has shown and how many are here now.

        The first time only the end is compared; if it does not fit, the whole is. A shorter
        answer is a cut or a lagging one, and says nothing.

        Raises:
            StudioError: there was no answer; what came before is kept.
        """
        async with self._lock:
            is_whole = False
            while True:
                comparison = self._current()
                if comparison.differs:
                    return comparison.received, self._store.size
                body = await self._source.job_logs(
                    self._job_id, offset=comparison.received, etag=self._etag
                )
                if self._version != self._store.version:
                    continue
                if body.offset == comparison.received:
                    comparison.add(body.data)
                self._etag = body.etag
                if comparison.differs and not is_whole:
                    is_whole = True
                    self._comparison, self._etag = Comparison(self._store), None
                elif not body.more:
                    return comparison.received, self._store.size

    def _current(self) -> Comparison:
        """Return the comparison under way; a store that was changed is compared anew."""
        if self._comparison is None or self._version != self._store.version:
            self._comparison = Comparison.of_end(self._store, overlap=_OVERLAP)
            self._version = self._store.version
            self._etag = None
        return self._comparison
