"""The errors of a log: marked on the bar beside it, and gone to one by one."""

import asyncio
from collections.abc import Iterator
from itertools import islice

from textual import work
from textual.binding import Binding, BindingType

from studio_tui import clock
from studio_tui.errors import SpoolError
from studio_tui.failures.origins import split_origin
from studio_tui.presentation.logs.levels import Level
from studio_tui.presentation.logs.search import Problems
from studio_tui.presentation.logs.tracebacks import unit_lines
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
_MIXED_UNITS = 200
"""The same where the lines of several come mixed."""


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
                start = await self._next_unit(store, hits, here, window.top.start)
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

    async def _next_unit(
        self, store: LogStore, hits: LineMatches, here: int | None, top: int
    ) -> int | None:
        """Return where the next error begins that is no part of this one, or of one before it.

        Raises:
            SpoolError: the log cannot be read back.
        """
        begin = top if here is None else here + 1
        own = frozenset[int]() if here is None else frozenset(self._unit(store, here))
        while True:
            start = await self.nearest_shown(hits, begin, backwards=False)
            if start is None or not (start in own or self._is_later_line(store, hits, start)):
                return start
            begin = start + 1

    def _is_later_line(self, store: LogStore, hits: LineMatches, start: int) -> bool:
        """Whether an error is but a later line of a traceback that is mixed with another."""
        return bool(self._origin(start)) and self._unit_start(store, hits, start) != start

    def _origin(self, start: int) -> str:
        return split_origin(self.pane.text_at(start))[0]

    def _unit(self, store: LogStore, start: int) -> list[int]:
        """Return where the lines begin of the error at `start`, with all of its traceback."""
        starts: list[int] = []

        def texts() -> Iterator[str]:
            for at, text in self._texts(store, start):
                starts.append(at)
                yield text

        return [starts[number] for number in unit_lines(texts())]

    def _unit_start(self, store: LogStore, hits: LineMatches, start: int) -> int:
        """Return where the traceback begins that the error at `start` is part of, if any."""
        origin = self._origin(start)
        before = nearest = first = start
        missed = 0
        for _ in range(_MIXED_UNITS if origin else _OUTER_UNITS):
            earlier = hits.previous(before)
            if earlier is None:
                break
            before = earlier
            if origin and self._origin(earlier) != origin:
                continue
            unit = self._unit(store, earlier)
            if unit[-1] < nearest:
                # The last line of an exception that another followed is an error by itself.
                missed += 1
                if missed > 1:
                    break
                continue
            missed = 0
            nearest = earlier
            if start in unit:
                first = earlier
        return first

    def _texts(self, store: LogStore, start: int) -> Iterator[tuple[int, str]]:
        """Yield the lines from `start` on as they are drawn, and where they begin."""

        def starts() -> Iterator[int]:
            at: int | None = start
            while at is not None and at < store.size:
                yield at
                at = store.next_start(at)

        for at in islice(starts(), _UNIT_LINES):
            yield at, self.pane.text_at(at)
