"""The errors of a log: marked on the bar beside it, and gone to one by one."""

from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any, ClassVar

from studio_tui.errors import SpoolError
from studio_tui.failures.origins import split_origin
from studio_tui.presentation.logs.levels import Level
from studio_tui.presentation.logs.search import OfLevel
from studio_tui.presentation.logs.tracebacks import unit_lines
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.matches import LineMatches
from studio_tui.tui.frame.commands import Command
from studio_tui.tui.logs.view.background import QuietLooking
from studio_tui.tui.logs.view.line_filter import LineFilter
from studio_tui.tui.logs.view.reader import Reader, WorkGroup

_UNIT_LINES = 2000
"""Lines that are looked at for the end of a traceback."""
_OUTER_UNITS = 50
"""Errors before one that are looked at for the traceback it may belong to."""
_MIXED_UNITS = 200
"""The same where the lines of several come mixed."""


class LogErrors:
    """Controller of a log view: where something went wrong."""

    def __init__(
        self, view: Reader, lines: LineFilter, looking: QuietLooking, work: WorkGroup
    ) -> None:
        """Take which lines are shown, what looks for errors, and what runs instead of a search."""
        self._view = view
        self._lines = lines
        self._looking = looking
        self._work = work
        self._hits: LineMatches | None = None

    def begin(self, store: LogStore | None) -> None:
        """Look for the errors of another log, in the background."""
        self._hits = LineMatches(store, OfLevel(Level.ERROR).starts) if store else None
        self._looking.begin(self._hits)

    def ticks(self, rows: int) -> frozenset[int]:
        """Return beside which of the bar's rows there are errors."""
        return self._hits.places(rows) if self._hits else frozenset()

    def find(self, step: int) -> None:
        """Go to the next error or traceback, or to the one before; a traceback is one."""
        self._work.run(partial(self._find, step), "go to an error")

    async def _find(self, step: int) -> None:
        store, hits, pane = self._view.store, self._hits, self._view.pane
        if store is None or hits is None or pane.window is None or not pane.in_sight:
            return
        here = pane.current_in_sight
        try:
            if step > 0:
                start = await self._next_unit(store, hits, here, pane.window.top.start)
            else:
                before = pane.in_sight[-1].start + 1 if here is None else here
                start = await self._lines.nearest_shown(hits, before, backwards=True)
                start = None if start is None else self._unit_start(store, hits, start)
        except SpoolError as error:
            self._view.say(str(error))
            return
        if start is None:
            end, typed = store.size, self._lines.typed
            where, others = ("after", "E") if step > 0 else ("before", "e")
            there_are = f"; {others} goes to those {'before' if step > 0 else 'after'}"
            self._view.say(
                f"no error {where} this{there_are if hits.total else ''}",
                lambda: (store.size, self._lines.typed) == (end, typed),
            )
        else:
            self._view.go(start)

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
            start = await self._lines.nearest_shown(hits, begin, backwards=False)
            if start is None or not (start in own or self._is_later_line(store, hits, start)):
                return start
            begin = start + 1

    def _is_later_line(self, store: LogStore, hits: LineMatches, start: int) -> bool:
        """Whether an error is but a later line of a traceback that is mixed with another."""
        return bool(self._origin(start)) and self._unit_start(store, hits, start) != start

    def _origin(self, start: int) -> str:
        return split_origin(self._view.pane.text_at(start))[0]

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
            yield at, self._view.pane.text_at(at)

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "logs.error",
            "e",
            "next error",
            "The next error or traceback",
            lambda errors: errors.find(1),
        ),
        Command(
            "logs.previous_error",
            "E",
            "previous error",
            "The error or traceback before",
            lambda errors: errors.find(-1),
        ),
    )
