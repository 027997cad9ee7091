"""The errors of a log: marked on the bar beside it, and gone to one by one."""

import asyncio
from collections.abc import Iterator
from itertools import islice

from textual import work
from textual.binding import Binding, BindingType

from studio_tui import clock
from studio_tui.errors import SpoolError
from studio_tui.presentation.logs.levels import Level
from studio_tui.presentation.logs.search import Problems
from studio_tui.presentation.logs.tracebacks import unit_length
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.matches import LineMatches
from studio_tui.tui.logs.view.search import LogSeeking

ERROR_KEYS: list[BindingType] = [
    Binding("e", "error(1)", "next error", id="logs.error", tooltip="The next error or traceback"),
    Binding(
        "E",
        "error(-1)",
        "previous error",
        show=False,
        id="logs.previous_error",
        tooltip="The error or traceback before",
    ),
]

_BLOCKS = 8
"""Blocks that are looked through at once: some milliseconds."""
_REST = 9.0
"""How long is rested after looking, in multiples of the looking."""
_QUIET = 0.5
"""Seconds without a key before errors are looked for."""
_UNIT_LINES = 2000
"""Lines that are looked at for the end of a traceback."""
_OUTER_UNITS = 50
"""Errors before one that are looked at for the traceback it may belong to."""


class LogErrors(LogSeeking):
    """The part of the log view that knows where something went wrong."""

    _errors: LineMatches | None = None
    _is_looking_for_errors = False
    _moved_at = 0.0

    def begin_errors(self, store: LogStore | None) -> None:
        """Look for the errors of another log, in the background."""
        self.workers.cancel_group(self, "log-errors")
        self._is_looking_for_errors = False
        self.note_key()  # the first paint comes first
        self._errors = LineMatches(store, Problems(Level.ERROR).starts) if store else None

    def note_key(self) -> None:
        """Leave the machine to the reader for a moment."""
        self._moved_at = clock.monotonic()

    def error_ticks(self, rows: int) -> frozenset[int]:
        """Return beside which of the bar's rows there are errors."""
        return self._errors.places(rows) if self._errors else frozenset()

    def keep_looking(self) -> None:
        """Look on in the background where there is something to be looked at."""
        super().keep_looking()
        hits = self._errors
        if hits is not None and not self._is_looking_for_errors and not hits.is_complete:
            self._is_looking_for_errors = True
            self._look_for_errors(hits)

    @work(name="look for errors", group="log-errors", exclusive=True)
    async def _look_for_errors(self, hits: LineMatches) -> None:
        """Look for what nobody waits for: the reader and the log come first."""
        try:
            while not hits.is_complete:
                quiet = clock.monotonic() - self._moved_at
                if quiet < _QUIET:
                    await asyncio.sleep(_QUIET - quiet)
                    continue
                begun = clock.monotonic()
                await hits.look_on(_BLOCKS)
                await asyncio.sleep(_REST * (clock.monotonic() - begun))
        except SpoolError as error:
            self.say(str(error))
        finally:
            self._is_looking_for_errors = False
        self.settle()

    @work(name="go to an error", group="log-search", exclusive=True)
    async def action_error(self, step: int) -> None:
        """Go to the next error or traceback, or to the one before; a traceback is one."""
        store, hits, window = self.store, self._errors, self.pane.window
        if store is None or hits is None or window is None or not self.pane.in_sight:
            return
        here = self.current_in_sight()
        try:
            if step > 0:
                after = window.top.start if here is None else self._unit_end(store, here)
                start = await self.nearest_shown(hits, after, backwards=False)
            else:
                before = self.pane.in_sight[-1].start + 1 if here is None else here
                start = await self.nearest_shown(hits, before, backwards=True)
                start = None if start is None else self._unit_start(store, hits, start)
        except SpoolError as error:
            self.say(str(error))
            return
        if start is None:
            self.say("no error after this" if step > 0 else "no error before this")
        else:
            self.go(start)

    def _unit_end(self, store: LogStore, start: int) -> int:
        """Return where the next line begins after the error, with all of its traceback."""
        for _ in range(unit_length(self._texts(store, start))):
            start = store.line_end(start) + 1
        return start

    def _unit_start(self, store: LogStore, hits: LineMatches, start: int) -> int:
        """Return where the traceback begins that the error at `start` is part of, if any."""
        before = first = start
        for _ in range(_OUTER_UNITS):
            earlier = hits.previous(before)
            if earlier is None or self._unit_end(store, earlier) <= before:
                break
            before = earlier
            if self._unit_end(store, earlier) > start:
                first = earlier
        return first

    def _texts(self, store: LogStore, start: int) -> Iterator[str]:
        """Yield the lines from `start` on as they are drawn."""

        def starts() -> Iterator[int]:
            at: int | None = start
            while at is not None and at < store.size:
                yield at
                at = store.next_start(at)

        for at in islice(starts(), _UNIT_LINES):
            yield self.pane.text_at(at)
