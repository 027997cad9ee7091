"""The lines of a log that a reader wants to see, as a log of their own; marks always among them."""

from typing import Protocol

from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.matches import LineMatches


class Lines(Protocol):
    """Lines to go through, known by the bytes at which they begin."""

    def next_start(self, start: int) -> int | None:
        """Return where the line after the one at `start` begins."""

    def previous_start(self, start: int) -> int | None:
        """Return where the line before `start` begins."""

    def last_start(self) -> int:
        """Return where the last line begins; 0 when there is none."""


class FilteredLines:
    """Those lines of a store that `hits` holds, and those under a mark, whose text is left out."""

    def __init__(self, store: LogStore, hits: LineMatches) -> None:
        self.hits = hits
        self._store = store

    @property
    def is_whole(self) -> bool:
        """Whether every line of the log has been looked at."""
        return self.hits.is_complete

    def next_start(self, start: int) -> int | None:
        """Return where the next line chosen begins, as far as is known."""
        marked = (at for at in self._marked() if at > start)
        return min(_known(self.hits.next(start + 1), next(marked, None)), default=None)

    def previous_start(self, start: int) -> int | None:
        """Return where the last line chosen before `start` begins, as far as is known."""
        marked = (at for at in reversed(self._marked()) if at < start)
        return max(_known(self.hits.previous(start), next(marked, None)), default=None)

    def last_start(self) -> int:
        """Return where the last line chosen begins, as far as is known; 0 when there is none."""
        last = self.previous_start(self._store.size + 1)
        return 0 if last is None else last

    def near(self, start: int) -> int | None:
        """Return the line chosen at `start`, else the next one, else the one before."""
        after = self.next_start(start - 1)
        return after if after is not None else self.previous_start(start)

    def _marked(self) -> tuple[int, ...]:
        """Return where the lines under marks begin."""
        store = self._store
        return tuple(
            mark.offset if mark.offset == store.size else store.line_start(mark.offset)
            for mark in store.marks
        )


def _known(*starts: int | None) -> list[int]:
    return [start for start in starts if start is not None]
