"""Going to times in a log, and the times beside its lines."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from studio_tui import clock
from studio_tui.presentation.choices import next_choice
from studio_tui.presentation.logs.gutter_times import (
    DATED_WIDTH,
    WIDTH,
    GutterTimeError,
    StampForm,
    read_moment,
    stamp,
)
from studio_tui.tui.frame.commands import Command
from studio_tui.tui.logs.view.controller import ViewController
from studio_tui.tui.logs.view.line_times import LineTimes
from studio_tui.tui.logs.view.painter import GutterColumn
from studio_tui.tui.widgets.prompt import TIME

if TYPE_CHECKING:
    from studio_tui.tui.logs.view.log_view import LogView

_RECEIVED = "; ~ marks the time of receipt"
_NO_TIMES = "the lines of this log have no times"
_DATED_FROM = 110
"""Width of the rows, in cells, from which times beside them include the date."""


def _local(moment: datetime) -> str:
    return stamp(moment, StampForm.LOCAL, zero_time=None, dated=True).strip()


class LogTimes(ViewController):
    zero_time: datetime | None = None
    """When the job began, for elapsed times; if it is `None`, they count from the first time.

    Whoever sets this calls `adapt`.
    """
    is_being_read: Callable[[], bool] = staticmethod(lambda: False)
    """Returns whether earlier lines are still to come, so that no line can be found by its time."""

    _have_times = False
    """Whether a line is known to have a time; until then, no column is shown."""
    _shown_as: object = None
    """What the texts of the column depended on when it was made."""

    def __init__(self, view: "LogView") -> None:
        super().__init__(view)
        self.line_times = LineTimes()

    def show_next_form(self) -> None:
        self.show(next_choice(self.form), self._tell_form)
        self._view.settle()
        self._view.show_message(f"times beside the lines: {self.form}")

    def _tell_form(self) -> None:
        note = _RECEIVED if self._have_times else f"; {_NO_TIMES}{self._view.so_far}"
        self._view.show_message(f"times beside the lines: {self.form}{note}")

    def show(self, form: StampForm, tell: Callable[[], None] = lambda: None) -> None:
        """Show times beside lines in a form, once lines have some; `StampForm.OFF` shows none.

        `tell` is called once it is known whether there are some; not for `StampForm.OFF`.
        """
        pane = self._view.pane
        pane.look = replace(pane.look, stamps=form)
        self._show_column()
        if form is StampForm.OFF:
            self._work.cancel()
        else:
            self._work.run(partial(self._look, tell), "look for times")

    async def _look(self, tell: Callable[[], None]) -> None:
        store = self._view.store
        have_times = store is not None and await self.line_times.exist(store)
        self._have_times = have_times or self._view.store is not store
        self._show_column()
        self._view.settle()
        tell()

    def go_on(self) -> None:
        """Show the column if the last line has a time, and no line was known to have one."""
        store, line_times = self._view.store, self.line_times
        if self.form is StampForm.OFF or self._have_times or store is None or not store.size:
            return
        if not line_times.are_missing(store) and line_times.at(store, store.last_start()):
            self._have_times = True
            self._show_column()

    def look_again(self) -> None:
        """Find out again whether lines have times, as all lines are here."""
        if self.form is not StampForm.OFF:
            self.show(self.form)

    @property
    def form(self) -> StampForm:
        return self._view.pane.look.stamps

    def _show_column(self) -> None:
        self._shown_as = self._appearance()
        is_shown = self.form is not StampForm.OFF and self._have_times
        width = DATED_WIDTH if self._has_date() else WIDTH
        self._view.pane.times = GutterColumn(width, self._stamper()) if is_shown else None

    def adapt(self) -> None:
        """Show the times anew if the job's start, or the width of rows, changes how they look."""
        if self.form is not StampForm.OFF and self._appearance() != self._shown_as:
            self.show(self.form)

    def _appearance(self) -> object:
        is_elapsed = self.form is StampForm.ELAPSED
        return (self.form, self._has_date(), self.zero_time if is_elapsed else None)

    def _has_date(self) -> bool:
        is_wide = self._view.pane.size.width >= _DATED_FROM
        return is_wide and self.form is not StampForm.ELAPSED

    def _stamper(self) -> Callable[[int], tuple[str, None]]:
        form, has_date = self.form, self._has_date()
        is_elapsed = form is StampForm.ELAPSED
        zero_time = self.zero_time or (self._first_time() if is_elapsed else None)

        def time_at(start: int) -> tuple[str, None]:
            store = self._view.store
            if store is None:
                return "", None
            arrived_at = store.arrivals.at(start)
            own_time = self.line_times.own(store, start, arrived_at)
            is_own = own_time is not None
            time = own_time or arrived_at
            return stamp(time, form, zero_time=zero_time, is_own=is_own, dated=has_date), None

        return time_at

    def _first_time(self) -> datetime | None:
        return self.line_times.first_from(self._view.store, 0)[0] if self._view.store else None

    def ask(self) -> None:
        """Open the prompt for a time, with an error if no line has one.

        It is opened even then, as otherwise what is typed next would run commands.
        """
        self._view.ask(TIME)
        self._work.run(partial(self._look, self._warn), "look for times")

    def _warn(self) -> None:
        if not self._have_times:
            self._view.prompt.warn(TIME, self._no_times())

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
        is_timeless = self.line_times.are_missing(store)
        is_back = typed.strip().startswith("-")
        current = last = None
        if not is_timeless:
            current = self.line_times.last_up_to(store, self._view.pane.cursor)
            last = self.line_times.last_up_to(store, store.last_start())
        try:
            moment = read_moment(typed, now=clock.now(), here=current, end=last)
        except GutterTimeError as error:
            return str(error)
        start = None if is_timeless else self.line_times.find(store, moment)
        if start is None:
            return self._no_times()
        if is_back:
            start = self.line_times.line_up_to(store, start, moment)

        outside = self._remark_outside(moment, self._first_time(), last)

        def words(reached: int) -> str:
            time = self.line_times.first_from(store, reached)[0]
            if time is None:
                return ""
            local_time = f"{_local(time)} local time{outside}"
            return local_time if reached == start else f": {local_time}"

        self._view.filter.go(start, words, backwards=is_back)
        return None

    def _remark_outside(
        self, moment: datetime, first: datetime | None, last: datetime | None
    ) -> str:
        """Return a remark if `moment` is before the time `first` or after the time `last`."""
        if last is not None and moment > last:
            return f"; the log{self._view.so_far} ends before {_local(moment)}"
        if first is not None and moment < first:
            return f"; the log begins after {_local(moment)}"
        return ""

    def _no_times(self) -> str:
        return f"{_NO_TIMES.capitalize()}{self._view.so_far}."

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
