"""The errors of a log: marked on the scroll bar, with keys that go to them.

The keys go from unit to unit. A unit is a single line with an error, or a traceback with the lines
of its exceptions. Where several processes print to one log, each line begins with its origin, such
as `[rank3]: `, and lines of other origins may be between the lines of a unit.
"""

import asyncio
from functools import partial
from typing import Any, ClassVar

from studio_tui import clock
from studio_tui.presentation.logs.levels import LogLevel
from studio_tui.presentation.logs.search import error_units, level_starts
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.matches import LineMatches
from studio_tui.tui.frame.commands import Command
from studio_tui.tui.logs.view.controller import MatchSteps

_NEAR = 200
"""Maximum errors above an error, and below it, that may be in its unit."""
_REACH = 64 * 1024
"""Maximum bytes from an error to the others of its unit."""

_BLOCKS = 8
"""Blocks searched by one step of the search for errors, which takes a few milliseconds."""
_PAUSE_FACTOR = 9.0
"""Length of the pause after each step, as a multiple of its duration."""
_GROWING_PAUSE_FACTOR = 19.0
"""`_PAUSE_FACTOR` while the log grows.

A flood of lines is faster than the search, so the search can end only after the flood.
"""
_QUIET = 0.5
"""Seconds after the user last scrolled until the search for errors starts or goes on."""


class LogErrors(MatchSteps):
    """The lines with errors, as far as they are found, are its `matches`."""

    name = "error"
    _moved_at = 0.0
    """When the user last scrolled, or another log was shown, by the monotonic clock."""

    def begin(self, store: LogStore | None) -> None:
        """Set the log whose errors `go_on` searches for; `None` for none.

        A current search is canceled.
        """
        self._work.cancel()
        self.note_move()  # so that the new log is painted before it is searched
        self.matches = LineMatches(store, partial(level_starts, LogLevel.ERROR)) if store else None

    def note_move(self) -> None:
        """Pause the search for a moment, as the user scrolls."""
        self._moved_at = clock.monotonic()

    def go_on(self) -> None:
        """Start the search, or go on with it, if it is incomplete.

        It pauses often, so that it delays neither keys nor the download.
        """
        if self.matches is not None and not self.matches.is_complete:
            self._work.run_if_idle(self._search, "search for errors")

    async def _search(self) -> None:
        matches, size = self.matches, self._size
        while matches is not None and not matches.is_complete:
            quiet_for = clock.monotonic() - self._moved_at
            if quiet_for < _QUIET:
                await asyncio.sleep(_QUIET - quiet_for)
                continue
            begun_at = clock.monotonic()
            await matches.search_next(_BLOCKS)
            size_before, size = size, self._size
            factor = _GROWING_PAUSE_FACTOR if size > size_before else _PAUSE_FACTOR
            await asyncio.sleep(factor * (clock.monotonic() - begun_at))
        self._view.settle()

    @property
    def _size(self) -> int:
        return self._view.store.size if self._view.store is not None else 0

    def find(self, direction: int) -> None:
        """Go to the next error, or the previous one (`direction` -1), when earlier steps end."""
        self._going.run_next(partial(self._find, direction), "go to an error")

    async def _find(self, direction: int) -> None:
        view, matches, cursor = self._view, self.matches, self._view.pane.cursor
        if matches is None or cursor is None:
            return
        if direction < 0:
            offset = cursor + view.following
        else:
            # While the view follows, no line is below, so the next error is the first visible one.
            offset = view.pane.in_sight[0].start if view.following else cursor + 1
        start, note = await self._next(matches, offset, direction)
        if start is None or (note and start == view.pane.cursor):
            note = self._why_no_other(matches)
        else:
            view.go(start)
            if direction > 0 and start < cursor and not note:
                note = "the first visible error"
        self._show_until_changed(note)

    def _why_no_other(self, matches: LineMatches) -> str:
        cursor = self._view.pane.cursor
        if cursor is not None and cursor in matches and self._view.filter.shows(cursor):
            return "the only error" + (" among the lines shown" if self._view.filter.typed else "")
        if matches.total:
            return "no error among the lines shown"
        return f"no errors{self._view.so_far}"

    async def _nearest(self, matches: LineMatches, offset: int, step: int) -> int | None:
        units: dict[int, list[int]] = {}
        while (start := await super()._nearest(matches, offset, step)) is not None:
            if start not in units:
                units = await self._units_near(matches, start)
            first = next(filter(self._view.filter.shows, units.get(start, ())), start)
            if first == start or step < 0 or self._view.following:
                return first
            offset = start + 1
        return None

    async def _units_near(self, matches: LineMatches, error: int) -> dict[int, list[int]]:
        """Return the errors in the unit of each error near `error`, all by their starts."""
        store = self._view.store
        if store is None:
            return {}
        near = [error]
        for step in (matches.previous, lambda start: matches.next(start + 1)):
            start = step(error)
            for _ in range(_NEAR):
                if start is None or abs(start - error) > _REACH:
                    break
                near.append(start)
                start = step(start)
        begin, tag_length = min(near), store.tag_length

        def find(data: bytes) -> list[list[int]]:
            return error_units(data, {start - begin for start in near}, tag_length)

        units = await store.read_in_thread(begin, max(near) - begin + _REACH, find)
        return {begin + start: [begin + each for each in unit] for unit in units for start in unit}

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "logs.error",
            "e",
            "next error",
            "Go to the next error or traceback",
            lambda errors: errors.find(1),
            lambda self: self._view.why_no_line(),
        ),
        Command(
            "logs.previous_error",
            "E",
            "previous error",
            "Go to the previous error or traceback",
            lambda errors: errors.find(-1),
            lambda self: self._view.why_no_line(),
        ),
    )
