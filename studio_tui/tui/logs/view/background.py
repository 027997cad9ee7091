"""Searching a log for errors: slowly, as the reader does not wait for them."""

import asyncio

from studio_tui import clock
from studio_tui.errors import SpoolError
from studio_tui.service.logs.store.matches import LineMatches
from studio_tui.tui.logs.view.reader import Reader, WorkGroup

_BLOCKS = 8
"""Blocks searched by one step of the search for errors, which takes a few milliseconds."""
_REST = 9.0
"""Length of the pause after each step, as a multiple of its duration."""
_REST_GROWING = 19.0
"""`_REST` while the log grows.

A flood of lines is faster than the search, so the search can end only after the flood.
"""
_QUIET = 0.5
"""Seconds without a move by rows before the search for errors starts or goes on."""


class BackgroundSearch:
    """Searches the log slowly, so that keys and the download are not delayed."""

    def __init__(self, view: Reader, work: WorkGroup) -> None:
        self._view = view
        self._work = work
        self._hits: LineMatches | None = None
        self._is_searching = False
        self._key_at = 0.0
        """When the reader last moved by rows or the log changed, by the monotonic clock."""

    def begin(self, hits: LineMatches | None) -> None:
        """Search for other matches from now on; `None` ends the search."""
        self._work.cancel()
        self._is_searching = False
        self.note_key()  # so that the new log is painted before it is searched
        self._hits = hits

    def note_key(self) -> None:
        """Pause the search for a moment, as the reader moves by rows, with a key or the wheel."""
        self._key_at = clock.monotonic()

    def go_on(self) -> None:
        """Start the search, or go on with it, if it is incomplete."""
        if self._hits is not None and not self._is_searching and not self._hits.is_complete:
            self._is_searching = True
            self._work.run(self._search, "search for errors")

    async def _search(self) -> None:
        hits, size = self._hits, self._size
        try:
            while hits is not None and not hits.is_complete:
                quiet_for = clock.monotonic() - self._key_at
                if quiet_for < _QUIET:
                    await asyncio.sleep(_QUIET - quiet_for)
                    continue
                begun_at = clock.monotonic()
                await hits.search_next(_BLOCKS)
                size_before, size = size, self._size
                rest = _REST_GROWING if size > size_before else _REST
                await asyncio.sleep(rest * (clock.monotonic() - begun_at))
        except SpoolError as error:
            self._view.show_message(str(error))
        finally:
            self._is_searching = False
        self._view.settle()

    @property
    def _size(self) -> int:
        return self._view.store.size if self._view.store is not None else 0
