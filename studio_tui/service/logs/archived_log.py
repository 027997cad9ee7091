"""An archived log: Studio sends its addresses, usually on another host, instead of its lines."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing

from studio_tui.addresses import address
from studio_tui.api.client import StudioClient
from studio_tui.errors import SpoolError, StudioError
from studio_tui.service.logs.comparison import Comparison
from studio_tui.service.logs.retry import Next, Verdict, refused
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.text import safe_line

MayFetch = Callable[[str], Awaitable[bool]]
"""Asks whether an archived log may be fetched from a host, whose name is not safe to draw."""


async def always(_host: str) -> bool:
    """Allow every host."""
    return True


class ArchivedLog:
    """Reads the parts of an archived log into a store, comparing them with the stored bytes."""

    def __init__(
        self,
        source: StudioClient,
        store: LogStore,
        may_fetch: MayFetch,
        progressed: Callable[[], None],
    ) -> None:
        """Initialise; `may_fetch` is asked about each host, `progressed` is called per piece."""
        self._source = source
        self._store = store
        self._may_fetch = may_fetch
        self._progressed = progressed
        self.is_whole = False
        """Whether an archive matched everything stored."""
        self.differs = False
        """Whether the last one that was read has something else than what was stored."""

    async def read(self, urls: Sequence[str]) -> Verdict | None:
        """Read all parts; return why that was not possible.

        Raises:
            SpoolError: writing to the disk failed.
        """
        whole = Comparison(self._store)
        for url in urls:
            if (reason := await self._why_not(url)) is not None:
                return Verdict(Next.STOP, reason)
            try:
                async with aclosing(self._source.log_blob(url)) as parts:
                    async for data in parts:
                        whole.add(data)
                        self._progressed()
            except SpoolError:
                raise
            except StudioError as error:
                return refused(error)  # the archive's, which says nothing about Studio
        whole.finish()
        self.is_whole, self.differs = whole.has_proved_whole, whole.differs
        return None

    async def _why_not(self, url: str) -> str | None:
        """Return why a part may not be read, as a sentence."""
        archive = address(url)
        if archive is None or not archive.is_web:
            return "Studio sent an address for the archived log that is not allowed."
        if not await self._may_fetch(archive.host):
            host = safe_line(archive.host)
            return f"The log is archived at {host}, which may not be contacted."
        return None
