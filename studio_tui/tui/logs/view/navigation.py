"""Going to places in a log: bookmarks, moments, line numbers; and the times beside its lines."""

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping
from datetime import datetime

from rich.style import Style
from textual.binding import Binding, BindingType

from studio_tui import clock
from studio_tui.presentation.logs.gutter_times import (
    WIDE,
    WIDTH,
    GutterTimeError,
    StampForm,
    read_moment,
    stamp,
)
from studio_tui.presentation.logs.line_clock import LINE as HEAD
from studio_tui.presentation.logs.line_clock import LineClock
from studio_tui.presentation.logs.lines import styled_line
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.tui.logs.view.base import LogReader
from studio_tui.tui.logs.view.painter import Column
from studio_tui.tui.widgets.prompt import LINE, TIME

PLACES_KEYS: list[BindingType] = [
    Binding("m", "bookmark", "bookmark", show=False, id="logs.bookmark",
            tooltip="Set a bookmark at this line, or take it away"),
    Binding("apostrophe", "to_bookmark(1)", "next bookmark", show=False, key_display="'",
            id="logs.next_bookmark", tooltip="The next bookmark"),
    Binding("quotation_mark", "to_bookmark(-1)", "previous bookmark", show=False, key_display='"',
            id="logs.previous_bookmark", tooltip="The bookmark before"),
    Binding("t", "stamps", "times", show=False, id="logs.stamps",
            tooltip="Times beside the lines: local, UTC, since the start, none"),
    Binding("T", "to_time", "go to a time", show=False, id="logs.time",
            tooltip="Go to a time, as 14:05 or -10m"),
    Binding("colon", "to_line", "go to a line", show=False, key_display=":", id="logs.line",
            tooltip="Go to a line by its number"),
]  # fmt: skip

_SHARE = re.compile(r"(\d{1,3})\s*%")
_TIMELESS = 200
"""Lines in a row that may tell no time before a place counts as telling none."""
_DATED_FROM = 110
"""Columns from which stamps have the date."""


class LogPlaces(LogReader):
    """The part of the log view that goes to places."""

    line_clock: LineClock = LineClock()
    """Reads the times of lines, unless they are of several logs."""
    clock_at: Callable[[int], LineClock] | None = None
    """Returns what reads the time of the line at a place, where they are of several logs."""
    origin: datetime | None = None
    """When the job began, from which elapsed times count; else the first line's time is taken."""

    def begin_places(self) -> None:
        """Begin with another log."""
        self.pane.kept = frozenset()

    # --- bookmarks -------------------------------------------------------------------------------

    def action_bookmark(self) -> None:
        """Set a bookmark at the line at hand, or take it away."""
        start = self.pane.at_hand
        if start is None:
            return
        self.following = False
        self.pane.current = start
        self.pane.kept = self.pane.kept ^ {start}
        count = len(self.pane.kept)
        said = "bookmark set" if start in self.pane.kept else "bookmark taken away"
        self.say(f"{said}, {count} in all; ' and \" go from one to another")
        self.settle()

    def action_to_bookmark(self, step: int) -> None:
        """Go to the next bookmark, or to the one before; round at the ends."""
        kept = sorted(self.pane.kept)
        if not kept:
            self.say("no bookmarks yet; m sets one")
            return
        here = self.pane.current
        if here is None:
            here = self.pane.in_sight[0].start if self.pane.in_sight else 0
            place = bisect_left(kept, here) - (step < 0)
        else:
            place = bisect_left(kept, here + (step > 0)) - (step < 0)
        self.go(kept[place % len(kept)])
        self.say(f"bookmark {place % len(kept) + 1} of {len(kept)}")

    def places(self) -> set[int]:
        """Return where the lines begin that the reader would like to find again."""
        window, current = self.pane.window, self.pane.current
        places = set(self.pane.kept)
        if window is not None:
            places.add(window.top.start)
        return places if current is None else places | {current}

    def relocate(self, moved: Mapping[int, int]) -> None:
        """Find these lines again where they begin now; what is not among them is lost."""
        window = self.pane.window
        if window is None:
            return
        top, current = window.top.start, self.pane.current
        self.pane.kept = frozenset(moved[at] for at in self.pane.kept if at in moved)
        self.pane.current = None if current is None else moved.get(current)
        self.lines_seen = self.store.lines if self.store else 0
        if top in moved and not self.following:
            window.to(moved[top])
        self.settle()

    # --- times -----------------------------------------------------------------------------------

    stamp_form = StampForm.OFF
    """What stands beside the lines."""

    def action_stamps(self) -> None:
        """Show times beside the lines in the next form."""
        self.show_stamps(self.stamp_form.next)
        about = "" if self.stamp_form is StampForm.OFF else "; ~ is when a line came"
        self.settle()
        self.say(f"times beside the lines: {self.stamp_form}{about}")

    def show_stamps(self, form: StampForm) -> None:
        """Show times beside the lines in a form."""
        self.stamp_form = form
        others = tuple(column for column in self.pane.columns if column.key not in self._own_keys)
        dated = self.pane.size.width >= _DATED_FROM and form is not StampForm.ELAPSED
        key = (form, dated)
        self._own_keys = (key,)
        column = Column(key, WIDE if dated else WIDTH, self._stamper(form, dated))
        self.pane.columns = others if form is StampForm.OFF else (column, *others)

    _own_keys: tuple[object, ...] = ()

    def _stamper(
        self, form: StampForm, dated: bool
    ) -> Callable[[int, str], tuple[str, Style | None]]:
        origin = self.origin or self._first_time()

        def say(start: int, _text: str) -> tuple[str, Style | None]:
            if self.store is None:
                return "", None
            came = self.store.arrival_of(start)
            own = self._own_time(self.store, start, came)
            moment = own or came
            words = stamp(moment, form, origin=origin, is_own=own is not None, dated=dated)
            return words, None

        return say

    def _first_time(self) -> datetime | None:
        return self._time_from(self.store, 0)[0] if self.store else None

    def action_to_time(self) -> None:
        """Ask for a moment."""
        self.ask(TIME)

    def submit_time(self, typed: str) -> bool:
        """Go to the first line of a moment or after it; return whether there is one."""
        store = self.store
        if store is None or not typed:
            return True
        try:
            moment = read_moment(typed, now=clock.now(), end=self._last_time(store))
        except GutterTimeError as error:
            self.prompt.refuse(str(error))
            return False
        start = self._find_time(store, moment)
        if start is None:
            self.prompt.refuse("The lines of this log tell no time.")
            return False
        self.go(start)
        found = self._time_from(store, start)[0]
        if found is not None:
            self.say(f"{stamp(found, StampForm.LOCAL, origin=None, dated=True)} local time")
        return True

    def _find_time(self, store: LogStore, moment: datetime) -> int | None:
        """Return the first line that is not before a moment, for lines in the order of time."""
        low, high = 0, store.size
        has_time = False
        while low < high:
            middle = store.line_start((low + high) // 2)
            told, at = self._time_from(store, middle, high)
            has_time = has_time or told is not None
            if told is not None and told >= moment:
                high = middle
            else:
                low = store.line_end(at) + 1
        if not has_time:
            return None
        return store.line_start(min(low, store.size - 1))

    def _time_from(
        self, store: LogStore, start: int, end: int | None = None
    ) -> tuple[datetime | None, int]:
        """Return the first time told from a line on, and the line that tells it."""
        at: int | None = start
        last = start
        for _ in range(_TIMELESS):
            if at is None or at >= (store.size if end is None else end):
                break
            if told := self._time_at(store, at):
                return told, at
            last, at = at, store.next_start(at)
        return None, last

    def _last_time(self, store: LogStore) -> datetime | None:
        """Return the last time that the log tells."""
        at: int | None = store.last_start()
        for _ in range(_TIMELESS):
            if at is None:
                return None
            if told := self._time_at(store, at):
                return told
            at = store.previous_start(at)
        return None

    def _time_at(self, store: LogStore, start: int) -> datetime | None:
        """Return the time of a line: its own, else when it came."""
        came = store.arrival_of(start)
        return self._own_time(store, start, came) or came

    def _own_time(self, store: LogStore, start: int, came: datetime | None) -> datetime | None:
        length = min(HEAD, store.line_end(start) - start - store.tag)
        text = styled_line(store.read(start + store.tag, length)).text
        reader = self.line_clock if self.clock_at is None else self.clock_at(start)
        return reader.time(text, clock.now(), came)

    # --- lines -----------------------------------------------------------------------------------

    def action_to_line(self) -> None:
        """Ask for the number of a line."""
        self.ask(LINE)

    def submit_line(self, typed: str) -> bool:
        """Go to a line by its number, the first being 1; return whether there is one."""
        store = self.store
        if store is None or not typed:
            return True
        if share := _SHARE.fullmatch(typed):
            self.go(store.line_start(min(100, int(share[1])) * max(0, store.size - 1) // 100))
            return True
        digits = typed.replace(",", "").replace("_", "")
        if not (digits.isascii() and digits.isdigit()) or not int(digits[:18]):
            self.prompt.refuse(f"{typed} is no line number; type one from 1 to {store.lines:,}.")
            return False
        if int(digits[:18]) > store.lines:
            so_far = "" if self.is_all_here else " so far"
            self.prompt.refuse(f"There are {store.lines:,} lines{so_far}.")
            return False
        self.go(store.start_of(int(digits) - 1))
        return True
