"""The lines of a log that match a filter, and the lines under its marks."""

from typing import Protocol

from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.matches import LineMatches


class Lines(Protocol):
    """Lines in order, each identified by the offset at which it starts."""

    def next_start(self, start: int) -> int | None:
        """Return the start of the line after the one at `start`."""

    def previous_start(self, start: int) -> int | None:
        """Return the start of the line before the one at `start`."""

    def last_start(self) -> int:
        """Return the start of the last line; 0 if there is none."""


class FilteredLines:
    """The starts of a store's lines that are in `matches` or under a mark."""

    def __init__(self, store: LogStore, matches: LineMatches) -> None:
        self.matches = matches
        self._store = store

    def next_start(self, start: int) -> int | None:
        """Return the start of the next included line, as far as known."""
        marked = (line for line in self._starts_under_marks() if line > start)
        return min(_known(self.matches.next(start + 1), next(marked, None)), default=None)

    def previous_start(self, start: int) -> int | None:
        """Return the start of the last included line before `start`, as far as known."""
        marked = (line for line in reversed(self._starts_under_marks()) if line < start)
        return max(_known(self.matches.previous(start), next(marked, None)), default=None)

    def last_start(self) -> int:
        """Return the start of the last included line, as far as known; 0 if there is none."""
        last = self.previous_start(self._store.size + 1)
        return 0 if last is None else last

    def nearest(self, start: int) -> int | None:
        """Return `start` if its line is included, else the next included one, or the one before."""
        after = self.next_start(start - 1)
        return after if after is not None else self.previous_start(start)

    def _starts_under_marks(self) -> tuple[int, ...]:
        store = self._store
        return tuple(
            mark.offset if mark.offset == store.size else store.line_start(mark.offset)
            for mark in store.marks
        )


def _known(*starts: int | None) -> list[int]:
    return [start for start in starts if start is not None]
