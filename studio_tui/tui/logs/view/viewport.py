"""The window of visible rows of a log; its position is a byte, so no lines need be counted."""

from collections.abc import Callable
from typing import NamedTuple

from studio_tui.service.logs.store.filtered import FilteredLines, Lines
from studio_tui.service.logs.store.log_store import LogStore

_SCREENFULS = 4
"""Number of screenfuls whose rows are cached, such as the first and the last one."""


class Row(NamedTuple):
    """A row of the screen: a part of the line that begins at byte `start`."""

    start: int
    part: int
    """Number of the row within its line, from 0; marks above the line are its first rows."""


class LogWindow:
    """A window of `height` rows over a store; a move by rows reads only the lines in between."""

    height: int
    """Rows, at least 1."""
    top: Row
    """The first visible row."""

    def __init__(self, store: LogStore, parts: Callable[[int], int]) -> None:
        self._store = store
        self._parts = parts
        """Returns the number of rows of the line at an offset, at least 1."""
        self._version = store.version
        self.lines: Lines = store
        """The lines that rows are taken from: `_chosen`, else all lines of the store."""
        self._chosen: FilteredLines | None = None
        """The lines that a filter shows; `None` for all."""
        self._anchor = 0
        """Start of the line to which the window was moved last; at the end, the size of the log.
        While a filter's matches are being searched for, `settle` keeps the window near it.
        """
        self._rows_above = 0
        """Number of rows to show above the line at `_anchor`, once a filter has found as many."""
        self.height = 1
        self.top = Row(0, 0)
        self.shape: object = None
        """The display options, on which the number of rows of a line depends."""
        self._cached_rows: list[tuple[object, list[Row]]] = []
        """The rows of the latest screenfuls, the newest last.

        Before each list of rows are the values on which the rows depend.
        """
        self._end: tuple[object, Row] = (None, self.top)
        """The values on which the last screenful of the log depends, and its first row."""

    def choose(self, chosen: FilteredLines | None, anchor: int) -> None:
        """Show only the lines in `chosen`; `None` shows all.

        The line at `anchor`, or the nearest one shown, stays in its row of the screen.
        """
        starts = [row.start for row in self.rows()]
        above = starts.index(anchor) if anchor in starts else 0
        self._chosen = chosen
        self.lines = chosen or self._store
        self._anchor = anchor
        self._cached_rows = []
        self.to(self._store.line_start(anchor), above)
        self._rows_above = above

    def rows(self) -> list[Row]:
        """Return the visible rows, from the top.

        They are fewer than `height` if the log has no more, or if matches are still to be found.
        """
        if self._chosen is not None and not self._chosen.matches.is_complete:
            return self._find_rows()
        depends_on = (self.top, *self._conditions)
        for conditions, rows in reversed(self._cached_rows):
            if conditions == depends_on:
                return rows
        rows = self._find_rows()
        self._cached_rows = [*self._cached_rows[1 - _SCREENFULS :], (depends_on, rows)]
        return rows

    @property
    def _conditions(self) -> tuple[object, ...]:
        """The values that the rows below the first one depend on, besides a filter."""
        return (self.height, self.shape, self._store.size, self._store.version)

    def _find_rows(self) -> list[Row]:
        if self._store.size == 0 and not self._store.marks:
            return []
        if self._chosen is not None and self._chosen.nearest(self.top.start) != self.top.start:
            return []
        rows = [self.top]
        while len(rows) < self.height and (below := self._below(rows[-1])):
            rows.append(below)
        return rows

    def beyond(self, count: int) -> list[Row]:
        """Return up to `count` rows below the visible ones, or above if negative, top row first."""
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
        """Whether the last row is visible; False while a filter may find further lines."""
        rows = self.rows()
        if self._chosen is not None and not self._chosen.matches.is_complete:
            return False
        return not rows or self._below(rows[-1]) is None

    @property
    def is_at_start(self) -> bool:
        rows = self.rows()
        return not rows or self._above(rows[0]) is None

    def move(self, count: int) -> None:
        """Move down by `count` rows, or up if negative, but not past an end."""
        self._move_up(-count)
        for _ in self.beyond(count) if count > 0 else ():
            self.top = self._below(self.top) or self.top
        if count:
            self._anchor, self._rows_above = self.top.start, 0

    def step(self, start: int, direction: int) -> int | None:
        """Scroll to the line after the visible one at `start`, or before it if `direction` is -1.

        Return its start; `None` at an end of the log. If the line at `start` continues beyond the
        visible rows in this direction, scroll by one row instead, and return `start`.
        """
        rows, beyond = self.rows(), self.beyond(direction)
        if beyond and beyond[0].start == start:
            self.move(direction)
            return start
        lines = self.lines
        line = lines.next_start(start) if direction > 0 else lines.previous_start(start)
        if line is not None:
            visible = sum(row.start == line for row in rows)
            self.move(direction * min(self._parts(line) - visible, len(rows) - visible))
        return line

    def to_start(self) -> None:
        self._anchor = self._rows_above = 0
        self.top = Row(0, 0)
        self.settle()

    def to_end(self) -> None:
        """Show the last rows, as many as fit."""
        self._anchor, self._rows_above = self._store.size, 0
        if self._chosen is None and self._end[0] == self._conditions:
            self.top = self._end[1]
            return
        start = self.lines.last_start()
        self.top = Row(start, self._parts(start) - 1)
        self._move_up(self.height - 1)
        if self._chosen is None:
            self._end = (self._conditions, self.top)

    def to(self, start: int, above: int = 0) -> None:
        """Show the line at `start`, with up to `above` rows above it."""
        self._anchor, self._rows_above = start, 0
        self.top = Row(start, 0)
        self.settle()
        self._move_up(above)
        self._move_up(self.height - len(self.rows()))

    def settle(self) -> None:
        """Correct the position after the store or the number of rows per line has changed."""
        start, part = self.top
        if self._version != self._store.version:
            self._version = self._store.version
            start = self._store.line_start(min(start, self._store.last_start()))
        if self._chosen is not None and self._chosen.nearest(start) != start:
            nearest = self._chosen.nearest(self._anchor)
            start, part = (start if nearest is None else nearest), 0
        self.top = Row(start, min(part, self._parts(start) - 1))

    def bring_in_sight(self, start: int) -> None:
        """Scroll as little as needed to make the line at `start` visible."""
        rows = self.rows()
        if start < self.top.start:
            self.to(start)
        elif rows and start > rows[-1].start:
            self.to(start, above=self.height - 1)

    def fill(self) -> None:
        """Fill empty rows at the bottom and above the anchor, as more matches may be known."""
        if above := self._rows_above:
            self.to(self._anchor, above)
            self._rows_above = above
            return
        rows = self.rows()
        if rows and self._below(rows[-1]) is None:
            self._move_up(self.height - len(rows))

    def _move_up(self, count: int) -> None:
        for _ in range(count):
            above = self._above(self.top)
            if above is None:
                return
            self.top = above

    def _below(self, row: Row) -> Row | None:
        if row.part + 1 < self._parts(row.start):
            return Row(row.start, row.part + 1)
        start = self.lines.next_start(row.start)
        return None if start is None else Row(start, 0)

    def _above(self, row: Row) -> Row | None:
        if row.part > 0:
            return Row(row.start, row.part - 1)
        start = self.lines.previous_start(row.start)
        return None if start is None else Row(start, self._parts(start) - 1)
