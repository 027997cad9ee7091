"""The errors of a log: marked on the scroll bar, with keys to go to them."""

from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any, ClassVar

from studio_tui.errors import SpoolError
from studio_tui.failures.origins import split_origin
from studio_tui.presentation.logs.levels import LogLevel
from studio_tui.presentation.logs.search import LevelPattern
from studio_tui.presentation.logs.tracebacks import unit_lines
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.matches import LineMatches
from studio_tui.tui.frame.commands import Command
from studio_tui.tui.logs.view.background import BackgroundSearch
from studio_tui.tui.logs.view.line_filter import LineFilter
from studio_tui.tui.logs.view.reader import Reader, WorkGroup, why_no_line

# A unit is what counts as one error: a line, or a traceback with the lines of its exception.
_UNIT_LINES = 2000
"""Maximum number of lines that are searched for the end of a unit."""
_OUTER_UNITS = 50
"""Maximum number of earlier units that are searched for the one an error is part of."""
_MIXED_UNITS = 200
"""The same for a line with an origin, as lines of other processes may be in between."""


class LogErrors:
    """Controller of the errors in a log view."""

    def __init__(
        self, view: Reader, lines: LineFilter, background: BackgroundSearch, work: WorkGroup
    ) -> None:
        """Initialise; `background` finds errors ahead of time, `work` goes to one after a key."""
        self._view = view
        self._lines = lines
        self._background = background
        self._work = work
        self._hits: LineMatches | None = None

    def begin(self, store: LogStore | None) -> None:
        """Start searching another log in the background; `None` ends the search."""
        self._hits = LineMatches(store, LevelPattern(LogLevel.ERROR).starts) if store else None
        self._background.begin(self._hits)

    def ticks(self, rows: int) -> frozenset[int]:
        """Return which of the `rows` rows of the scroll bar contain errors, from 0 at the top."""
        return self._hits.occupied_parts(rows) if self._hits else frozenset()

    def find(self, step: int) -> None:
        """Go to the next error if `step` is positive, else to the previous one.

        A traceback counts as one error.
        """
        self._work.run(partial(self._find, step), "go to an error")

    async def _find(self, step: int) -> None:
        store, hits = self._view.store, self._hits
        if store is None or hits is None or not self._view.pane.in_sight:
            return
        total, typed = hits.total, self._lines.typed
        try:
            start = await self._target(store, hits, step)
            if start is not None:
                self._view.go(start)
                return
            has_others = await self._target(store, hits, -step) is not None
        except SpoolError as error:
            self._view.show_message(str(error))
            return
        self._view.show_message(
            self._why_stayed(hits, step, has_others=has_others),
            lambda: self._hits is hits and (hits.total, self._lines.typed) == (total, typed),
        )

    def _why_stayed(self, hits: LineMatches, step: int, *, has_others: bool) -> str:
        """Return why there is no error in a direction; `has_others` is about the opposite one."""
        if has_others:
            return "no error " + (
                "after this; E goes to those before"
                if step > 0
                else "before this; e goes to those after"
            )
        here = self._view.pane.current_in_sight
        if here is not None and hits.holds(here) and self._lines.shows(here):
            return "the only error" + (" among the lines shown" if self._lines.typed else "")
        if hits.total:
            return "no error among the lines shown"
        return f"no errors{'' if self._view.is_all_here else ' so far'}"

    async def _target(self, store: LogStore, hits: LineMatches, step: int) -> int | None:
        """Return the start of the error after the current one if `step` is 1, before it if -1.

        Raises:
            SpoolError: the log cannot be read back.
        """
        pane = self._view.pane
        here, rows = pane.current_in_sight, pane.in_sight
        if not rows:
            return None
        if step > 0:
            return await self._next_unit(store, hits, here, rows[0].start)
        before = rows[-1].start + 1 if here is None else here
        start = await self._lines.nearest_shown(hits, before, backwards=True)
        return None if start is None else self._unit_start(store, hits, start)

    async def _next_unit(
        self, store: LogStore, hits: LineMatches, here: int | None, top: int
    ) -> int | None:
        """Return the start of the next unit; errors in the current or an earlier one do not count.

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
        """Return whether an error is a later line of a unit among lines of other origins."""
        return bool(self._origin(start)) and self._unit_start(store, hits, start) != start

    def _origin(self, start: int) -> str:
        """Return the prefix that names the process that printed a line; may be empty."""
        return split_origin(self._view.pane.text_at(start))[0]

    def _unit(self, store: LogStore, start: int) -> list[int]:
        """Return the starts of all lines of the unit that begins at `start`."""
        starts: list[int] = []

        def texts() -> Iterator[str]:
            for at, text in self._texts(store, start):
                starts.append(at)
                yield text

        return [starts[number] for number in unit_lines(texts())]

    def _unit_start(self, store: LogStore, hits: LineMatches, start: int) -> int:
        """Return the start of the unit that contains the error at `start`, which may begin it."""
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
                # The last line of an exception in a chain is an error of its own.
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
        """Yield the lines from `start` on as displayed, with their starts."""

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
            "Go to the next error or traceback",
            lambda errors: errors.find(1),
            lambda self: why_no_line(self._view),
        ),
        Command(
            "logs.previous_error",
            "E",
            "previous error",
            "Go to the previous error or traceback",
            lambda errors: errors.find(-1),
            lambda self: why_no_line(self._view),
        ),
    )
