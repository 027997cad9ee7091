"""Restoring the reader's place in a log, also after lines have moved."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from studio_tui.presentation.logs.search import SearchPatternError
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.tui.logs.view.line_filter import LineFilter
from studio_tui.tui.logs.view.new_lines import NewLines
from studio_tui.tui.logs.view.place import LogPlace
from studio_tui.tui.logs.view.reader import Reader

_ABOVE = 8
"""Lines above one that is gone to."""


def place_at(store: LogStore, start: int, before: LogPlace | None) -> LogPlace:
    """Return the place with the line at `start` as the current one, a few lines down.

    Bookmarks are those of the place `before`; its filter might hide the line. Lines that arrive
    from now on are new.
    """
    top = start
    for _ in range(_ABOVE):
        if (above := store.previous_start(top)) is None:
            break
        top = above
    return replace(before or LogPlace(), top=top, current=start, filter="", lines_seen=store.lines)


class PlaceRestore:
    """Saves and restores the reader's place in a log."""

    def __init__(self, view: Reader, lines: LineFilter, new_lines: NewLines) -> None:
        """Make a controller; the filter and the seen lines are part of the place."""
        self._view = view
        self._lines = lines
        self._new_lines = new_lines
        self._sought: LogPlace | None = None
        """The place to restore once the log is long enough."""

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
        if place.top is not None:
            pane.window.to(store.line_start(place.top))
        pane.current = place.current

    # --- moved lines -----------------------------------------------------------------------------

    def starts(self) -> set[int]:
        """Return the starts of the lines to find again after lines have moved."""
        pane = self._view.pane
        starts = set(pane.bookmarks) | self._lines.starts()
        if pane.window is not None:
            starts.add(pane.window.top.start)
        return starts if pane.current is None else starts | {pane.current}

    def relocate(self, moved: Mapping[int, int]) -> None:
        """Update the starts of lines that have moved; lines not in `moved` are lost."""
        view, pane = self._view, self._view.pane
        window = pane.window
        if window is None:
            return
        top, current = window.top.start, pane.current
        pane.bookmarks = frozenset(moved[at] for at in pane.bookmarks if at in moved)
        pane.current = None if current is None else moved.get(current)
        self._lines.relocate(moved)
        self._new_lines.seen = view.store.lines if view.store else 0
        # The first line may be one of a log that has left; then the next one is first.
        first = min((start for start in moved if start >= top), default=None)
        if first is not None and not view.following:
            window.to(moved[first])
        view.settle()
