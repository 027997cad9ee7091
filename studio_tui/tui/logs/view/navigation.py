"""Going to times and line numbers in a log, and the times beside its lines."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from rich.style import Style

from studio_tui import clock
from studio_tui.presentation.choices import following
from studio_tui.presentation.format import plural
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
from studio_tui.tui.frame.commands import Command
from studio_tui.tui.logs.view.line_filter import LineFilter
from studio_tui.tui.logs.view.painter import GutterColumn
from studio_tui.tui.logs.view.reader import Reader
from studio_tui.tui.widgets.prompt import LINE, TIME

_SHARE = re.compile(r"(\d{1,3})\s*%")
_RECEIVED = "; ~ marks the time of receipt"
_TIMELESS = 200
"""Consecutive lines that may lack a time before a place counts as having none."""
_DATED_FROM = 110
"""Columns from which times include the date."""


def _local(moment: datetime) -> str:
    """Format a time for messages: with its date, in local time."""
    return stamp(moment, StampForm.LOCAL, zero_time=None, dated=True).strip()


class LogTimes:
    """Controller of the times in a log view: shown beside lines, and to go to."""

    line_clock: LineClock = LineClock()
    """Parses the times of lines of a single log."""
    clock_at: Callable[[int], LineClock] | None = None
    """Returns the clock of the line at an offset, for a merged log."""
    zero_time: datetime | None = None
    """When the job began, for elapsed times; if `None`, the time of the first line."""
    form = StampForm.OFF
    """The form of the times beside lines."""

    def __init__(self, view: Reader, lines: LineFilter) -> None:
        """Make a controller that goes to the shown `lines`."""
        self._view = view
        self._lines = lines
        self._own_keys: tuple[object, ...] = ()

    def show_next_form(self) -> None:
        """Switch the times beside lines to the next form."""
        self.show(following(self.form))
        missing = self.why_no_times()
        about = f"; {missing[0].lower()}{missing[1:]}" if missing else _RECEIVED
        about = "" if self.form is StampForm.OFF else about
        self._view.settle()
        self._view.show_message(f"times beside the lines: {self.form}{about}")

    def show(self, form: StampForm) -> None:
        """Show times beside lines in a form."""
        self.form = form
        pane = self._view.pane
        others = tuple(column for column in pane.columns if column.key not in self._own_keys)
        dated = pane.size.width >= _DATED_FROM and form is not StampForm.ELAPSED
        key = (form, dated)
        self._own_keys = (key,)
        column = GutterColumn(key, WIDE if dated else WIDTH, self._stamper(form, dated))
        pane.columns = others if form is StampForm.OFF else (column, *others)

    def _stamper(
        self, form: StampForm, dated: bool
    ) -> Callable[[int, str], tuple[str, Style | None]]:
        zero_time = self.zero_time or self._first_time()

        def time_at(start: int, _text: str) -> tuple[str, Style | None]:
            store = self._view.store
            if store is None:
                return "", None
            came = store.arrivals.at(start)
            own = self._own_time(store, start, came)
            moment = own or came
            words = stamp(moment, form, zero_time=zero_time, is_own=own is not None, dated=dated)
            return words, None

        return time_at

    def _first_time(self) -> datetime | None:
        return self._time_from(self._view.store, 0)[0] if self._view.store else None

    def ask(self) -> None:
        """Ask for a time, also if no line has one: what is typed next must not be commands."""
        why_not = self.why_no_times()
        self._view.ask(TIME, problem=f"{why_not}." if why_not else "")

    def submit(self, typed: str) -> str | None:
        """Go to the first line at or after a time, as far as shown; return the error if invalid.

        For a time back from the current line it is the last line at or before it, as else a step
        that is shorter than the time between two lines would lead nowhere.
        """
        store = self._view.store
        if store is None or not typed:
            return None
        try:
            is_back = typed.strip().startswith("-")
            here, end = self._time_here(store, is_back=is_back), self._last_time(store)
            moment = read_moment(typed, now=clock.now(), here=here, end=end)
        except GutterTimeError as error:
            return str(error)
        start = self._find_time(store, moment)
        if start is None:
            return f"{self._no_times()}."
        if is_back:
            start = self._line_up_to(store, start, moment)

        outside = self._outside(moment, self._first_time(), end)

        def words(near: int) -> str:
            shown = self._time_from(store, near)[0]
            if shown is None:
                return ""
            time = f"{_local(shown)} local time{outside}"
            return time if near == start else f": {time}"

        self._lines.go(start, words, backwards=is_back)
        return None

    def _outside(self, moment: datetime, first: datetime | None, last: datetime | None) -> str:
        """Return the remark about a time before the first one of the log or after the last one."""
        if last is not None and moment > last:
            so_far = "" if self._view.is_all_here else " so far"
            return f"; the log{so_far} ends before {_local(moment)}"
        if first is not None and moment < first:
            return f"; the log begins after {_local(moment)}"
        return ""

    def why_no_times(self) -> str | None:
        """Return why there is no time to go to; `None` if a line has one."""
        store = self._view.store
        if why_not := self._view.why_no_log():
            return why_not
        if store is None or not self._has_times(store):
            return self._no_times()
        return None

    def _has_times(self, store: LogStore) -> bool:
        """Whether a time can be gone to: any one is found then, and else none is."""
        return bool(self._last_time(store)) or self._find_time(store, clock.now()) is not None

    def _no_times(self) -> str:
        return f"The lines of this log have no times{'' if self._view.is_all_here else ' so far'}"

    def _find_time(self, store: LogStore, moment: datetime) -> int | None:
        """Return the first line not before a time, by binary search over lines ordered by time."""
        low, high = 0, store.size
        has_time = False
        while low < high:
            middle = store.line_start((low + high) // 2)
            time, at = self._time_from(store, middle, high)
            has_time = has_time or time is not None
            if time is not None and time >= moment:
                high = middle
            else:
                low = store.line_end(at) + 1
        if not has_time:
            return None
        return store.line_start(min(low, store.size - 1))

    def _time_from(
        self, store: LogStore, start: int, end: int | None = None
    ) -> tuple[datetime | None, int]:
        """Return the first time from a line on, and the line that has it."""
        at: int | None = start
        last = start
        for _ in range(_TIMELESS):
            if at is None or at >= (store.size if end is None else end):
                break
            if time := self._time_at(store, at):
                return time, at
            last, at = at, store.next_start(at)
        return None, last

    def _last_time(self, store: LogStore) -> datetime | None:
        """Return the last time in the log."""
        return self._time_up_to(store, store.last_start())

    def _line_up_to(self, store: LogStore, start: int, moment: datetime) -> int:
        """Return the last line not after a time, given the first one that is not before it."""
        time = self._time_up_to(store, start)
        before = store.previous_start(start)
        return before if before is not None and time is not None and time > moment else start

    def _time_here(self, store: LogStore, *, is_back: bool) -> datetime | None:
        """Return the time of the current line; if it is not in sight, of the first one that is.

        At the end of the log it is the last one, unless the way is forward and all is in sight.
        """
        pane, window = self._view.pane, self._view.pane.window
        here, rows = pane.current_in_sight, pane.in_sight
        if here is None and rows and window is not None:
            is_last = window.is_at_end and (is_back or not window.is_at_start)
            here = (rows[-1] if is_last else rows[0]).start
        return None if here is None else self._time_up_to(store, here)

    def _time_up_to(self, store: LogStore, at: int | None) -> datetime | None:
        """Return the time of a line, else the last one before it."""
        for _ in range(_TIMELESS):
            if at is None:
                return None
            if time := self._time_at(store, at):
                return time
            at = store.previous_start(at)
        return None

    def _time_at(self, store: LogStore, start: int) -> datetime | None:
        """Return the time of a line: its own, else when it arrived."""
        came = store.arrivals.at(start)
        return self._own_time(store, start, came) or came

    def _own_time(self, store: LogStore, start: int, came: datetime | None) -> datetime | None:
        length = min(HEAD, store.line_end(start) - start - store.tag)
        text = styled_line(store.read(start + store.tag, length)).text
        reader = self.line_clock if self.clock_at is None else self.clock_at(start)
        return reader.time(text, clock.now(), came)

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "logs.stamps",
            "t",
            "times",
            "Show times beside the lines: local, UTC, since the start, none",
            show_next_form,
        ),
        Command(
            "logs.time",
            "T",
            "go to a time",
            "Go to a time, such as 14:05, -30s or +5m from this line",
            ask,
            lambda self: self._view.why_no_log(),
        ),
    )


class LineNumbers:
    """Controller of a log view for going to line numbers."""

    def __init__(self, view: Reader, lines: LineFilter) -> None:
        self._view = view
        self._lines = lines

    def submit(self, typed: str) -> str | None:
        """Go to a line by its number from 1, or to a percentage; return the error if invalid."""
        store = self._view.store
        if store is None or not typed:
            return None
        if share := _SHARE.fullmatch(typed):
            at = min(100, int(share[1])) * max(0, store.size - 1) // 100
            self._go(store.line_start(at))
            return None
        digits = typed.replace(",", "").replace("_", "")
        so_far = "" if self._view.is_all_here else " so far"
        if not store.lines:
            return f"The log has no lines{so_far}."
        if not (digits.isascii() and digits.isdigit()) or not int(digits[:18]):
            return f"{typed} is not a line number; type one from 1 to {store.lines:,}."
        if int(digits[:18]) > store.lines:
            return f"The log has {plural(store.lines, 'line')}{so_far}."
        self._go(store.start_of(int(digits) - 1))
        return None

    def _go(self, start: int) -> None:
        self._lines.go(start, lambda near: "" if near == start else " to it")

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "logs.line",
            "colon",
            "go to a line",
            "Go to a line by its number",
            lambda self: self._view.ask(LINE),
            lambda self: self._view.why_no_log(),
            display=":",
        ),
    )
