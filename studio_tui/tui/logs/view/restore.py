"""Restoring the reader's place in a log, also after lines have moved."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

from studio_tui.presentation.logs.search import SearchPattern, SearchPatternError
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.tui.logs.view.line_filter import LineFilter
from studio_tui.tui.logs.view.new_lines import NewLines
from studio_tui.tui.logs.view.place import LogPlace
from studio_tui.tui.logs.view.reader import Reader
from studio_tui.tui.logs.view.search import LogSearch

_ABOVE = 8
"""Lines above one that is gone to."""


def place_at(store: LogStore, start: int, before: LogPlace | None) -> LogPlace:
    """Return the place with the line at `start` as the current one, a few lines down.

    Bookmarks and search are those of the place `before`; its filter might hide the line. Lines that
    arrive from now on are new.
    """
    top = start
    for _ in range(_ABOVE):
        if (above := store.previous_start(top)) is None:
            break
        top = above
    return replace(before or LogPlace(), top=top, current=start, filter="", lines_seen=store.lines)


class PlaceRestore:
    """Saves and restores the reader's place in a log."""

    def __init__(
        self, view: Reader, lines: LineFilter, search: LogSearch, new_lines: NewLines
    ) -> None:
        """Make a controller; filter, search and the seen lines are part of the place."""
        self._view = view
        self._lines = lines
        self._search = search
        self._new_lines = new_lines
        self._sought: LogPlace | None = None
        """The place to restore once the log is long enough."""
        self._first: int | None = None
        """The line that is to be the first in sight once lines have moved."""

    def stay(self) -> None:
        """Cancel restoring, as the reader has moved."""
        self._sought = None
        self._lines.stay()

    @property
    def place(self) -> LogPlace:
        """The reader's place."""
        pane = self._view.pane
        return self._sought or LogPlace(
            top=None if self._view.following or pane.window is None else pane.window.top.start,
            current=pane.current,
            bookmarks=tuple(sorted(pane.bookmarks)),
            filter=self._lines.typed,
            search=self._search.wanted.typed if self._search.wanted else "",
            lines_seen=0 if self._lines.typed else self._new_lines.seen,
        )

    def return_to(self, place: LogPlace) -> None:
        """Restore a place as soon as the log is long enough, unless the reader moves before."""
        self._sought = place
        self._view.following = place.top is None
        self.come_back()
        self._view.settle()

    def come_back(self) -> None:
        """Go to the place to restore, if the log is long enough."""
        place, store, pane = self._sought, self._view.store, self._view.pane
        if place is None or store is None or pane.window is None:
            return
        if store.size <= max(place.top or 0, place.current or 0, *place.bookmarks, 0):
            return
        self._sought = None
        self._new_lines.seen = place.lines_seen
        pane.bookmarks = frozenset(store.line_start(start) for start in place.bookmarks)
        if place.filter:
            with suppress(SearchPatternError):
                self._lines.choose(place.filter)
            self._lines.stay()
        if place.search:
            with suppress(SearchPatternError):
                self._search.want(SearchPattern(place.search))
        if place.top is not None:
            pane.window.to(store.line_start(place.top))
        pane.current = place.current

    # --- moved lines -----------------------------------------------------------------------------

    def starts(self, stays: Callable[[int], bool] = lambda _: True) -> set[int]:
        """Return the starts of the lines to find again after lines have moved.

        The first line in sight is then the first one that `stays`, called with starts in order.
        """
        pane = self._view.pane
        starts = set(pane.bookmarks) | self._lines.starts()
        self._first = next((row.start for row in pane.in_sight if stays(row.start)), None)
        return starts.union(start for start in (self._first, pane.current) if start is not None)

    def relocate(self, moved: Mapping[int, int]) -> None:
        """Update the starts of lines that have moved; lines not in `moved` are lost."""
        view, pane = self._view, self._view.pane
        window = pane.window
        if window is None:
            return
        current, first = pane.current, self._first
        pane.bookmarks = frozenset(moved[at] for at in pane.bookmarks if at in moved)
        pane.current = None if current is None else moved.get(current)
        self._lines.relocate(moved)
        self._new_lines.seen = view.store.lines if view.store else 0
        if first is not None and first in moved and not view.following:
            window.to(moved[first])
        view.settle()
