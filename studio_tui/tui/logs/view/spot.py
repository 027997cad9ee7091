"""The user's place in a log while it is shown, and the lines from a place on."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.tui.logs.view.viewport import Row


class Spot(NamedTuple):
    """The user's place in a log while it is shown; lines that arrive do not change it."""

    current: int | None
    """Start of the current line."""
    top: Row | None
    """The first visible row; `None` while following."""

    def starts(self) -> set[int]:
        return {start for start in (self.current, self.top and self.top.start) if start is not None}

    def moved(self, moved: Callable[[int], int | None]) -> "Spot":
        """Return the same place after lines have moved.

        `moved` returns the new start of a line; `None` if the line is gone.
        """
        current = None if self.current is None else moved(self.current)
        if self.top is None:
            return Spot(current, None)
        start = moved(self.top.start)
        if start is None:
            return Spot(current, Row(current or 0, 0))
        return Spot(current, Row(start, self.top.part))


def line_starts(store: LogStore, first: int = 0) -> Iterator[int]:
    """Yield the starts of the lines from the one at `first` on."""
    start: int | None = first
    while start is not None and start < store.size:
        yield start
        start = store.next_start(start)


def starts_upwards(store: LogStore, last: int) -> Iterator[int]:
    """Yield the starts of the lines from the one at `last` up to the first."""
    start: int | None = last
    while start is not None:
        yield start
        start = store.previous_start(start)
