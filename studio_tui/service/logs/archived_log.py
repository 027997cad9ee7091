"""An archived log: instead of its lines Studio sends the URLs of its parts."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing

from studio_tui.addresses import address
from studio_tui.api.client import StudioClient
from studio_tui.errors import SpoolError, StudioError
from studio_tui.service.logs.comparison import Comparison
from studio_tui.service.logs.connection import AfterConnection, Verdict, verdict_of_error
from studio_tui.text import safe_line

MayFetch = Callable[[str], Awaitable[bool]]
"""Returns whether an archived log may be fetched from a host, whose name is untrusted."""


async def read_archive(
    source: StudioClient,
    urls: Sequence[str],
    comparison: Comparison,
    may_fetch: MayFetch,
    on_progress: Callable[[], None],
) -> Verdict | None:
    """Read all parts of an archived log; return why that was not possible, or `None` if it was.

    `may_fetch` is called for each part, `on_progress` when bytes have been compared.

    Raises:
        SpoolError: the stored log could not be read or written.
    """
    for url in urls:
        archive = address(url)
        if archive is None or not archive.is_web:
            reason = "Studio sent an address for the archived log that is not allowed."
            return Verdict(AfterConnection.STOP, reason)
        if not await may_fetch(archive.host):
            host = safe_line(archive.host)
            reason = f"The log is archived at {host}, which may not be contacted."
            return Verdict(AfterConnection.STOP, reason)
        try:
            async with aclosing(source.log_blob(url)) as parts:
                async for data in parts:
                    comparison.add(data)
                    on_progress()
        except SpoolError:
            raise
        except StudioError as error:
            # Not reported to `polling.reachability`: this error comes from the archive's host
            # and says nothing about Studio.
            return verdict_of_error(error)
    comparison.finish()
    return None
