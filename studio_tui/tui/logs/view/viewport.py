"""The visible rows of a log, positioned by byte, so that lines above need not be counted."""

from collections.abc import Callable
from typing import NamedTuple

from studio_tui.service.logs.store.filtered import FilteredLines, Lines
from studio_tui.service.logs.store.log_store import LogStore

_SCREENFULS = 4
"""Screenfuls whose rows are remembered, such as the first and the last."""


class Row(NamedTuple):
    """A row of the screen: a part of the line that begins at byte `start`."""

    start: int
    part: int
    """From 0; a line has several if it is wrapped or has a mark above it."""


class LogWindow:
    """A window of `height` rows over a store; moving it reads only the lines it passes."""

    height: int
    """Rows, at least 1."""
    top: Row
    """The first visible row."""

    def __init__(self, store: LogStore, parts: Callable[[int], int]) -> None:
        self._store = store
        self._parts = parts
        """Returns the number of rows of the line at an offset, at least 1."""
        self._version = store.version
        self._lines: Lines = store
        self._chosen: FilteredLines | None = None
        self._anchor = 0
        """The reader's place when the lines were filtered; kept while matches are searched."""
        self.height = 1
        self.top = Row(0, 0)
        self.shape: object = None
        """Everything except the line itself that determines its number of rows."""
        self._known: list[tuple[object, list[Row]]] = []
        """The rows of the latest screenfuls, with the values they depend on; the newest last."""
        self._end: tuple[object, Row] = (None, self.top)
        """The first row of the last screenful, with the values it depends on."""

    def choose(self, chosen: FilteredLines | None, anchor: int) -> None:
        """Restrict the window to these lines, near `anchor`; `None` for all lines.

        With all lines, the one at `anchor` stays in its row if it is in sight.
        """
        starts = [row.start for row in self.rows()] if chosen is None else []
        above = starts.index(anchor) if anchor in starts else 0
        self._chosen = chosen
        self._lines = chosen or self._store
        self._anchor = anchor
        self._known = []
        self.to(self._store.line_start(anchor), above)

    def rows(self) -> list[Row]:
        """Return the visible rows, fewer than `height` only if the log has no more."""
        if self._chosen is not None and not self._chosen.is_whole:
            return self._find_rows()
        origin = (self.top, *self._origin)
        for known, rows in reversed(self._known):
            if known == origin:
                return rows
        rows = self._find_rows()
        self._known = [*self._known[1 - _SCREENFULS :], (origin, rows)]
        return rows

    @property
    def _origin(self) -> tuple[object, ...]:
        """The settings that the rows depend on, besides the first one and a filter."""
        return (self.height, self.shape, self._store.size, self._store.version)

    def _find_rows(self) -> list[Row]:
        if self._store.size == 0 and not self._store.marks:
            return []
        if self._chosen is not None and self._chosen.near(self.top.start) != self.top.start:
            return []
        rows = [self.top]
        while len(rows) < self.height and (below := self._below(rows[-1])):
            rows.append(below)
        return rows

    def beyond(self, count: int) -> list[Row]:
        """Return up to `count` rows below those in sight, or above if negative, from the top."""
        shown = self.rows()
        step = self._below if count > 0 else self._above
        near = (shown[-1] if count > 0 else shown[0]) if shown else None
        rows: list[Row] = []
        while near is not None and len(rows) < abs(count):
            near = step(near)
            if near is not None:
                rows.append(near)
        return rows if count > 0 else rows[::-1]

    @property
    def is_at_end(self) -> bool:
        """Whether the last row of the log is visible, and known to be the last."""
        rows = self.rows()
        if self._chosen is not None and not self._chosen.is_whole:
            return False
        return not rows or self._below(rows[-1]) is None

    @property
    def is_at_start(self) -> bool:
        """Whether the first row of the log is visible."""
        rows = self.rows()
        return not rows or self._above(rows[0]) is None

    def move(self, count: int) -> None:
        """Move down by `count` rows, or up if negative, but not past an end."""
        for _ in range(count, 0):
            self.top = self._above(self.top) or self.top
        last = self.rows()[-1:] if count > 0 else []
        for _ in range(count if last else 0):
            below = self._below(last[0])
            if below is None:
                break
            last = [below]
            self.top = self._below(self.top) or self.top
        if count:
            self._anchor = self.top.start

    def to_start(self) -> None:
        """Show the first rows."""
        self._anchor = 0
        self.top = Row(0, 0)
        self.settle()

    def to_end(self) -> None:
        """Show the last rows, as many as fit."""
        self._anchor = self._store.size
        if self._chosen is None and self._end[0] == self._origin:
            self.top = self._end[1]
            return
        start = self._lines.last_start()
        self.top = Row(start, self._parts(start) - 1)
        self._rise(self.height - 1)
        if self._chosen is None:
            self._end = (self._origin, self.top)

    def to(self, start: int, above: int = 0) -> None:
        """Show the line at `start` with up to `above` rows over it."""
        self._anchor = start
        self.top = Row(start, 0)
        self.settle()
        self._rise(above)
        if len(self.rows()) < self.height:
            self._fill()

    def settle(self) -> None:
        """Correct the position after the store or the number of rows per line has changed."""
        start, part = self.top
        if self._version != self._store.version:
            self._version = self._store.version
            start = self._store.line_start(min(start, self._store.last_start()))
        if self._chosen is not None:
            near = self._chosen.near(start)
            if near != start:
                again = self._chosen.near(self._anchor)
                start, part = (start if again is None else again), 0
        self.top = Row(start, min(part, self._parts(start) - 1))

    def next_line(self, start: int) -> int | None:
        """Return the start of the next line in the window; `None` at the end."""
        return self._lines.next_start(start)

    def previous_line(self, start: int) -> int | None:
        """Return the start of the previous line in the window; `None` at the start."""
        return self._lines.previous_start(start)

    def bring_in_sight(self, start: int) -> None:
        """Scroll as little as needed to make the line at `start` visible."""
        rows = self.rows()
        if start < self.top.start:
            self.to(start)
        elif rows and start > rows[-1].start:
            self.to(start, above=self.height - 1)

    def fill(self) -> None:
        """Fill empty rows at the bottom from above, as more matching lines become known."""
        rows = self.rows()
        if rows and len(rows) < self.height and self._below(rows[-1]) is None:
            self._fill()

    def _fill(self) -> None:
        """Move up until the window is full."""
        self._rise(self.height - len(self.rows()))

    def _rise(self, count: int) -> None:
        for _ in range(count):
            above = self._above(self.top)
            if above is None:
                return
            self.top = above

    def _below(self, row: Row) -> Row | None:
        if row.part + 1 < self._parts(row.start):
            return Row(row.start, row.part + 1)
        start = self._lines.next_start(row.start)
        return None if start is None else Row(start, 0)

    def _above(self, row: Row) -> Row | None:
        if row.part > 0:
            return Row(row.start, row.part - 1)
        start = self._lines.previous_start(row.start)
        return None if start is None else Row(start, self._parts(start) - 1)
