"""Looking through a log in the background, for what is waited for and for what is not."""

import asyncio
from collections.abc import Callable, Sequence

from studio_tui import clock
from studio_tui.errors import SpoolError
from studio_tui.service.logs.store.matches import LineMatches
from studio_tui.tui.logs.view.reader import Reader, WorkGroup

_REPORT_EVERY = 0.1
"""Seconds between looks at how far the looking has come."""

_BLOCKS = 8
"""Blocks that are looked through at once: some milliseconds."""
_REST = 9.0
"""How long is rested after looking, in multiples of the looking."""
_QUIET = 0.5
"""Seconds without a key before errors are looked for."""


class LookingOn:
    """Looks through the log for what the reader waits for, as fast as it can."""

    def __init__(
        self,
        view: Reader,
        work: WorkGroup,
        hits: Callable[[], Sequence[LineMatches]],
        *,
        progressed: Callable[[], None],
    ) -> None:
        """Take what is looked for, what is waited for first, and what is told now and then."""
        self._view = view
        self._work = work
        self._hits = hits
        self._progressed = progressed
        self._is_looking = False

    def begin(self) -> None:
        """Look no more for what was looked for."""
        self._work.cancel()
        self._is_looking = False

    def go_on(self) -> None:
        """Look on where there is something to be looked at."""
        if self._is_looking or all(hits.is_complete for hits in self._hits()):
            return
        self._is_looking = True
        self._work.run(self._look, "look through the log")

    async def _look(self) -> None:
        try:
            told = clock.monotonic()
            while open_hits := [hits for hits in self._hits() if not hits.is_complete]:
                await open_hits[0].look_on()
                if clock.monotonic() - told > _REPORT_EVERY:
                    told = clock.monotonic()
                    self._progressed()
        except SpoolError as error:
            self._view.say(str(error))
        finally:
            self._is_looking = False
        self._progressed()


class QuietLooking:
    """Looks through the log for what nobody waits for: the reader and the log come first."""

    def __init__(self, view: Reader, work: WorkGroup) -> None:
        """Begin with nothing to look for."""
        self._view = view
        self._work = work
        self._hits: LineMatches | None = None
        self._is_looking = False
        self._moved_at = 0.0

    def begin(self, hits: LineMatches | None) -> None:
        """Look for something else from now on."""
        self._work.cancel()
        self._is_looking = False
        self.note_key()  # the first paint comes first
        self._hits = hits

    def note_key(self) -> None:
        """Leave the machine to the reader for a moment."""
        self._moved_at = clock.monotonic()

    def go_on(self) -> None:
        """Look on where there is something to be looked at."""
        if self._hits is not None and not self._is_looking and not self._hits.is_complete:
            self._is_looking = True
            self._work.run(self._look, "look for errors")

    async def _look(self) -> None:
        hits = self._hits
        try:
            while hits is not None and not hits.is_complete:
                quiet = clock.monotonic() - self._moved_at
                if quiet < _QUIET:
                    await asyncio.sleep(_QUIET - quiet)
                    continue
                begun = clock.monotonic()
                await hits.look_on(_BLOCKS)
                await asyncio.sleep(_REST * (clock.monotonic() - begun))
        except SpoolError as error:
            self._view.say(str(error))
        finally:
            self._is_looking = False
        self._view.settle()
