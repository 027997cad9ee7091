"""Going to times and line numbers in a log, and the times beside its lines."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from rich.style import Style

from studio_tui import clock
from studio_tui.presentation.choices import next_choice
from studio_tui.presentation.format import plural
from studio_tui.presentation.logs.gutter_times import (
    DATED_WIDTH,
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
"""A share of the log, such as `50%`."""
_RECEIVED = "; ~ marks the time of receipt"
_TIMELESS = 200
"""Maximum number of lines that are searched for a time, before or after a line."""
_DATED_FROM = 110
"""Width of the rows, in cells, from which times beside them include the date."""


def _local(moment: datetime) -> str:
    return stamp(moment, StampForm.LOCAL, zero_time=None, dated=True).strip()


class LogTimes:
    """Controller of the times in a log view: shows them beside lines, and goes to a time."""

    line_clock: LineClock = LineClock()
    """Parses the times of lines of a single log."""
    clock_at: Callable[[int], LineClock] | None = None
    """Returns the clock for the line at an offset of a merged log; `None` for a single log."""
    zero_time: datetime | None = None
    """When the job began, for elapsed times; if it is `None`, they count from the first time.

    Whoever sets this calls `adapt`.
    """
    form = StampForm.OFF
    is_being_read: Callable[[], bool] = staticmethod(lambda: False)
    """Returns whether earlier lines are still to come, so that no line can be found by its time."""

    def __init__(self, view: Reader, lines: LineFilter) -> None:
        """Make a controller; `lines` says which lines are shown, and goes to one."""
        self._view = view
        self._lines = lines
        self._column_key: object = None
        """The key of the column that `show` made last."""

    def show_next_form(self) -> None:
        self.show(next_choice(self.form))
        self._view.settle()
        self._view.show_message(f"times beside the lines: {self.form}{self._form_note()}")

    def _form_note(self) -> str:
        if self.form is StampForm.OFF:
            return ""
        why_not = self.why_no_times()
        return f"; {why_not[0].lower()}{why_not[1:]}" if why_not else _RECEIVED

    def show(self, form: StampForm) -> None:
        """Show times beside lines in a form; `StampForm.OFF` shows none."""
        self.form = form
        pane = self._view.pane
        others = tuple(column for column in pane.columns if column.key != self._column_key)
        key = self._column_key = self._key()
        has_date = self._has_date()
        column = GutterColumn(
            key, DATED_WIDTH if has_date else WIDTH, self._stamper(form, has_date)
        )
        is_empty = form is StampForm.OFF or self._has_certainly_no_times()
        pane.columns = others if is_empty else (*others, column)

    def adapt(self) -> None:
        """Show the times anew if their start, or the width of the rows, has changed their form."""
        if self.form is not StampForm.OFF and self._key() != self._column_key:
            self.show(self.form)

    def _key(self) -> object:
        """Return what the texts of the column depend on."""
        is_elapsed = self.form is StampForm.ELAPSED
        return (self.form, self._has_date(), self.zero_time if is_elapsed else None)

    def _has_date(self) -> bool:
        is_wide = self._view.pane.size.width >= _DATED_FROM
        return is_wide and self.form is not StampForm.ELAPSED

    def _has_certainly_no_times(self) -> bool:
        store = self._view.store
        is_whole = store is not None and store.size > 0 and self._view.is_all_here
        return is_whole and self.why_no_times() is not None

    def _stamper(
        self, form: StampForm, has_date: bool
    ) -> Callable[[int, str], tuple[str, Style | None]]:
        zero_time = self.zero_time or self._first_time()

        def time_at(start: int, _text: str) -> tuple[str, Style | None]:
            store = self._view.store
            if store is None:
                return "", None
            arrived_at = store.arrivals.at(start)
            own_time = self._own_time(store, start, arrived_at)
            is_own = own_time is not None
            time = own_time or arrived_at
            return stamp(time, form, zero_time=zero_time, is_own=is_own, dated=has_date), None

        return time_at

    def _first_time(self) -> datetime | None:
        return self._time_from(self._view.store, 0)[0] if self._view.store else None

    def ask(self) -> None:
        """Open the prompt for a time, with an error if no line has one.

        Without it, what is typed next would run commands.
        """
        why_not = self.why_no_times()
        self._view.ask(TIME, problem=f"{why_not}." if why_not else "")

    def submit(self, typed: str) -> str | None:
        """Go to the first line at or after the time typed; return the error if it is invalid.

        A time such as `-30s` leads to the last line at or before it: otherwise a step shorter than
        the time between two lines would lead nowhere. Instead of a hidden line, the view goes to a
        shown one near it.
        """
        store = self._view.store
        if store is None or not typed:
            return None
        if self.is_being_read():
            return "Logs are still being read; press enter again in a moment."
        try:
            is_back = typed.strip().startswith("-")
            current, last = self._current_time(store, is_back=is_back), self._last_time(store)
            moment = read_moment(typed, now=clock.now(), here=current, end=last)
        except GutterTimeError as error:
            return str(error)
        start = self._find_time(store, moment)
        if start is None:
            return f"{self._no_times()}."
        if is_back:
            start = self._line_up_to(store, start, moment)

        outside = self._remark_outside(moment, self._first_time(), last)

        def words(reached: int) -> str:
            time = self._time_from(store, reached)[0]
            if time is None:
                return ""
            local_time = f"{_local(time)} local time{outside}"
            return local_time if reached == start else f": {local_time}"

        self._lines.go(start, words, backwards=is_back)
        return None

    def _remark_outside(
        self, moment: datetime, first: datetime | None, last: datetime | None
    ) -> str:
        """Return a remark if `moment` is outside the log, whose times are `None` if unknown."""
        if last is not None and moment > last:
            so_far = "" if self._view.is_all_here else " so far"
            return f"; the log{so_far} ends before {_local(moment)}"
        if first is not None and moment < first:
            return f"; the log begins after {_local(moment)}"
        return ""

    def why_no_times(self) -> str | None:
        """Return why there is no time to go to; `None` if lines have times."""
        store = self._view.store
        if why_not := self._view.why_no_log():
            return why_not
        if store is None or not self._has_times(store):
            return self._no_times()
        return None

    def _has_times(self, store: LogStore) -> bool:
        """Whether `_find_time` finds a line; this does not depend on the time that it looks for."""
        return bool(self._last_time(store)) or self._find_time(store, clock.now()) is not None

    def _no_times(self) -> str:
        return f"The lines of this log have no times{'' if self._view.is_all_here else ' so far'}"

    def _find_time(self, store: LogStore, moment: datetime) -> int | None:
        """Return the start of the first line at or after a time; `None` if no line has a time.

        It is a binary search, as the lines of a log are ordered by time. If all lines are earlier,
        it is the last line.
        """
        low, high = 0, store.size
        has_time = False
        while low < high:
            middle = store.line_start((low + high) // 2)
            time, line = self._time_from(store, middle, high)
            has_time = has_time or time is not None
            if time is not None and time >= moment:
                high = middle
            else:
                low = store.line_end(line) + 1
        if not has_time:
            return None
        return store.line_start(min(low, store.size - 1))

    def _time_from(
        self, store: LogStore, start: int, end: int | None = None
    ) -> tuple[datetime | None, int]:
        """Return the first time from `start` up to `end` and its line, else the last line tried."""
        line: int | None = start
        last = start
        for _ in range(_TIMELESS):
            if line is None or line >= (store.size if end is None else end):
                break
            if time := self._time_at(store, line):
                return time, line
            last, line = line, store.next_start(line)
        return None, last

    def _last_time(self, store: LogStore) -> datetime | None:
        return self._time_up_to(store, store.last_start())

    def _line_up_to(self, store: LogStore, start: int, moment: datetime) -> int:
        """Return the last line at or before `moment`; `start` if there is no such line.

        `start` is the first line at or after `moment`.
        """
        time = self._time_up_to(store, start)
        before = store.previous_start(start)
        return before if before is not None and time is not None and time > moment else start

    def _current_time(self, store: LogStore, *, is_back: bool) -> datetime | None:
        """Return the time from which steps such as `-30s` and `+5m` count.

        It is that of the current line. While the view follows a log that is visible as a whole, a
        step forward counts from its first line.
        """
        pane, window = self._view.pane, self._view.pane.window
        line = pane.cursor
        if self._view.following and not is_back and window is not None and window.is_at_start:
            line = pane.in_sight[0].start if pane.in_sight else None
        return None if line is None else self._time_up_to(store, line)

    def _time_up_to(self, store: LogStore, start: int | None) -> datetime | None:
        """Return the time of the line at `start`; if it has none, the last time before it."""
        line = start
        for _ in range(_TIMELESS):
            if line is None:
                return None
            if time := self._time_at(store, line):
                return time
            line = store.previous_start(line)
        return None

    def _time_at(self, store: LogStore, start: int) -> datetime | None:
        """Return the time in a line; if it has none, when the line arrived."""
        arrived_at = store.arrivals.at(start)
        return self._own_time(store, start, arrived_at) or arrived_at

    def _own_time(
        self, store: LogStore, start: int, arrived_at: datetime | None
    ) -> datetime | None:
        length = min(HEAD, store.line_end(start) - start - store.tag)
        text = styled_line(store.read(start + store.tag, length)).text
        line_clock = self.line_clock if self.clock_at is None else self.clock_at(start)
        return line_clock.time(text, clock.now(), arrived_at)

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
    """Controller that goes to lines of a log view by their numbers."""

    def __init__(self, view: Reader, lines: LineFilter) -> None:
        self._view = view
        self._lines = lines

    def submit(self, typed: str) -> str | None:
        """Go to a line by its number from 1, or to a share of the log such as `50%`.

        Returns the error if the input is invalid.
        """
        store = self._view.store
        if store is None or not typed:
            return None
        if share := _SHARE.fullmatch(typed):
            offset = min(100, int(share[1])) * max(0, store.size - 1) // 100
            self._go(store.line_start(offset))
            return None
        digits = typed.replace(",", "").replace("_", "")
        so_far = "" if self._view.is_all_here else " so far"
        if not store.lines:
            return f"The log has no lines{so_far}."
        # `int` raises an error for thousands of digits, and no log has lines for 18.
        if not (digits.isascii() and digits.isdigit()) or not int(digits[:18]):
            return f"{typed} is not a line number; type one from 1 to {store.lines:,}."
        if int(digits[:18]) > store.lines:
            return f"The log has {plural(store.lines, 'line')}{so_far}."
        self._go(store.start_of(int(digits) - 1))
        return None

    def _go(self, start: int) -> None:
        self._lines.go(start, lambda reached: "" if reached == start else " to it")

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
