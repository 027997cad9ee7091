"""The lines of a log that match a filter, as a log of their own; marks are always included."""

from typing import Protocol

from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.matches import LineMatches


class Lines(Protocol):
    """Lines that can be iterated over, identified by their start offsets."""

    def next_start(self, start: int) -> int | None:
        """Return the start of the line after the one at `start`."""

    def previous_start(self, start: int) -> int | None:
        """Return the start of the line before the one at `start`."""

    def last_start(self) -> int:
        """Return the start of the last line; 0 if there is none."""


class FilteredLines:
    """The lines of a store that `hits` holds, and the lines under a mark, without their text."""

    def __init__(self, store: LogStore, hits: LineMatches) -> None:
        self.hits = hits
        self._store = store

    @property
    def is_whole(self) -> bool:
        """Whether every line of the log has been searched."""
        return self.hits.is_complete

    def next_start(self, start: int) -> int | None:
        """Return the start of the next included line, as far as known."""
        marked = (at for at in self._marked() if at > start)
        return min(_known(self.hits.next(start + 1), next(marked, None)), default=None)

    def previous_start(self, start: int) -> int | None:
        """Return the start of the last included line before `start`, as far as known."""
        marked = (at for at in reversed(self._marked()) if at < start)
        return max(_known(self.hits.previous(start), next(marked, None)), default=None)

    def last_start(self) -> int:
        """Return the start of the last included line, as far as known; 0 if there is none."""
        last = self.previous_start(self._store.size + 1)
        return 0 if last is None else last

    def near(self, start: int) -> int | None:
        """Return the included line at `start`, else the next one, else the one before."""
        after = self.next_start(start - 1)
        return after if after is not None else self.previous_start(start)

    def _marked(self) -> tuple[int, ...]:
        """Return the starts of the lines under marks."""
        store = self._store
        return tuple(
            mark.offset if mark.offset == store.size else store.line_start(mark.offset)
            for mark in store.marks
        )


def _known(*starts: int | None) -> list[int]:
    return [start for start in starts if start is not None]
