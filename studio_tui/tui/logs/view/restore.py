"""Restoring the user's place: in a log that is opened again, and after lines have moved."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import islice

from studio_tui.presentation.logs.search import SearchPattern, SearchPatternError
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.tui.logs.view.controller import ViewController
from studio_tui.tui.logs.view.place import LogPlace
from studio_tui.tui.logs.view.spot import starts_upwards

_ABOVE = 8
"""Number of lines that are shown above the line to which `place_at` leads."""


def place_at(store: LogStore, start: int, before: LogPlace | None) -> LogPlace:
    """Return a place in which the line at `start` is the current one, a few lines down.

    It has the bookmarks and the search of the place `before`, but no filter: that might hide the
    line.
    """
    *_, top = islice(starts_upwards(store, start), _ABOVE + 1)
    return replace(before or LogPlace(), top=top, current=start, filter="", lines_seen=store.lines)


class PlaceRestore(ViewController):
    _pending: LogPlace | None = None
    """The place to restore as soon as the log is long enough; `None` if there is none."""
    _find: Callable[[], LogPlace | None]
    """Returns the place to restore; see `return_to`."""
    _fixed_line: tuple[int, int] | None = None
    """The line that is to stay in its row of the screen when lines move, and that row."""

    def forget_place(self) -> None:
        """Restore no place later on, as the user has moved."""
        self._pending = None
        self._view.filter.forget_place()

    @property
    def place(self) -> LogPlace:
        """The place to restore if there is one, else the user's place."""
        pane = self._view.pane
        return self._pending or LogPlace(
            top=None if self._view.following or pane.window is None else pane.window.top.start,
            current=pane.current,
            bookmarks=tuple(sorted(pane.bookmarks)),
            filter=self._view.filter.typed,
            search=self._view.search.pattern.typed if self._view.search.pattern else "",
            lines_seen=0 if self._view.filter.typed else self._view.unseen.seen,
        )

    @property
    def is_pending(self) -> bool:
        return self._pending is not None

    def return_to(self, place: LogPlace, find: Callable[[], LogPlace | None] | None = None) -> None:
        """Restore a place as soon as the log is long enough, unless the user moves before.

        `find` returns the place with the present offsets of its lines, or `None` until the log has
        these lines; by default, it returns `place`.
        """
        self._pending = place
        self._find = find or self._long_enough
        self._view.following = place.top is None
        self.restore_if_possible()
        self._view.settle()

    def restore_if_possible(self) -> None:
        """Restore the pending place, if there is one and the log is long enough."""
        store, pane = self._view.store, self._view.pane
        if self._pending is None or store is None or pane.window is None:
            return
        place = self._find()
        if place is None:
            return
        self._pending = None
        self._view.following = place.top is None
        self._view.unseen.seen = place.lines_seen
        pane.bookmarks = frozenset(store.line_start(start) for start in place.bookmarks)
        if place.filter:
            with suppress(SearchPatternError):
                self._view.filter.choose(place.filter)
            self._view.filter.forget_place()
        if place.search:
            with suppress(SearchPatternError):
                self._view.search.start(SearchPattern(place.search))
        if place.top is not None:
            pane.window.to(store.line_start(place.top))
            pane.current = place.top if place.current is None else place.current

    def _long_enough(self) -> LogPlace | None:
        place, store = self._pending, self._view.store
        if place is None or store is None or self._view.pane.is_part:
            return None
        last = max(place.top or 0, place.current or 0, *place.bookmarks, 0)
        return place if store.size > last else None

    # --- moved lines -----------------------------------------------------------------------------

    def lines_to_track(self, stays: Callable[[int], bool] = lambda _: True) -> set[int]:
        """Return the starts of the lines to keep track of while lines move.

        One of them is a visible line for whose start `stays` returns True, if possible the current
        line: `relocate` keeps it in its row of the screen.
        """
        pane = self._view.pane
        starts = set(pane.bookmarks) | self._view.filter_and_search.places_to_track()
        if pane.current is not None:
            starts.add(pane.current)
        staying = {row.start: y for y, row in reversed([*enumerate(pane.in_sight)])}
        staying = {start: y for start, y in staying.items() if stays(start)}
        cursor = pane.cursor
        fixed = cursor if cursor in staying else min(staying, default=None)
        self._fixed_line = None if fixed is None else (fixed, staying[fixed])
        return starts if fixed is None else starts | {fixed}

    def relocate(self, moved: Mapping[int, int]) -> None:
        """Go to the same lines after they have moved; `moved` has the new starts of lines left."""
        view, pane = self._view, self._view.pane
        window, store = pane.window, view.store
        if window is None or store is None:
            return
        fixed, y = self._fixed_line or (-1, 0)
        if fixed not in moved:
            moved = {**moved, fixed: store.line_start(window.top.start)}
        pane.bookmarks = frozenset(moved[start] for start in pane.bookmarks if start in moved)
        if pane.current is not None:
            pane.current = moved.get(pane.current, moved[fixed])
        view.filter_and_search.relocate(moved.get)
        view.unseen.seen = store.lines
        if not view.following:
            window.to(moved[fixed], above=y)
        view.settle()
