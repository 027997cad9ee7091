"""An archived log: instead of its lines Studio sends the URLs of its parts."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing

from studio_tui.addresses import address
from studio_tui.api.client import StudioClient
from studio_tui.errors import SpoolError, StudioError
from studio_tui.service.logs.comparison import Comparison
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.verdicts import AfterConnection, Verdict, verdict_of_error
from studio_tui.text import safe_line

MayFetch = Callable[[str], Awaitable[bool]]
"""Returns whether an archived log may be fetched from a host, whose name is untrusted."""


async def allow_every_host(_host: str) -> bool:
    """Allow every host."""
    return True


class ArchivedLog:
    """Reads the parts of an archived log into a store, comparing them with the stored bytes."""

    def __init__(
        self,
        source: StudioClient,
        store: LogStore,
        may_fetch: MayFetch,
        on_progress: Callable[[], None],
    ) -> None:
        """Initialize; `may_fetch` is called for each part, `on_progress` when bytes arrive."""
        self._source = source
        self._store = store
        self._may_fetch = may_fetch
        self._on_progress = on_progress
        self.is_whole = False
        """Whether everything stored equals the last archive that was read."""
        self.differs = False

    async def read(self, urls: Sequence[str]) -> Verdict | None:
        """Read all parts of an archive; return why that was not possible, or `None` if it was.

        Raises:
            SpoolError: writing to the disk failed.
        """
        comparison = Comparison(self._store)
        for url in urls:
            if (reason := await self._why_not(url)) is not None:
                return Verdict(AfterConnection.STOP, reason)
            try:
                async with aclosing(self._source.log_blob(url)) as parts:
                    async for data in parts:
                        comparison.add(data)
                        self._on_progress()
            except SpoolError:
                raise
            except StudioError as error:
                # Not reported to `polling.reachability`: this error comes from the archive's host
                # and says nothing about Studio.
                return verdict_of_error(error)
        comparison.finish()
        self.is_whole, self.differs = comparison.has_proved_whole, comparison.differs
        return None

    async def _why_not(self, url: str) -> str | None:
        archive = address(url)
        if archive is None or not archive.is_web:
            return "Studio sent an address for the archived log that is not allowed."
        if not await self._may_fetch(archive.host):
            host = safe_line(archive.host)
            return f"The log is archived at {host}, which may not be contacted."
        return None
