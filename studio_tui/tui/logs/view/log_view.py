"""A widget to read and search a log; it knows nothing of jobs and the network."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.reactive import reactive
from textual.scrollbar import ScrollDown, ScrollTo, ScrollUp
from textual.widget import Widget

from studio_tui.presentation.cells import Tone
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.matches import LineMatches
from studio_tui.tui.frame.commands import Command, CommandSet, HasCommands, bindings
from studio_tui.tui.logs.view.appearance import Appearance
from studio_tui.tui.logs.view.bookmarks import Bookmarks
from studio_tui.tui.logs.view.errors import LogErrors
from studio_tui.tui.logs.view.filter_and_search import FilterAndSearch
from studio_tui.tui.logs.view.frames import Frames
from studio_tui.tui.logs.view.line_filter import LineFilter
from studio_tui.tui.logs.view.line_numbers import LineNumbers
from studio_tui.tui.logs.view.log_times import LogTimes
from studio_tui.tui.logs.view.new_lines import NewLines
from studio_tui.tui.logs.view.pane import LogPane
from studio_tui.tui.logs.view.restore import PlaceRestore
from studio_tui.tui.logs.view.scroll_bar import LogBar
from studio_tui.tui.logs.view.scrolling import Scrolling
from studio_tui.tui.logs.view.search import LogSearch
from studio_tui.tui.logs.view.selection import LineSelection
from studio_tui.tui.logs.view.viewport import Row
from studio_tui.tui.widgets.bar import Bar, Part
from studio_tui.tui.widgets.prompt import FILTER, SEARCH, TIME, LinePrompt, PromptKind

_COMMANDS: tuple[Command["LogView"], ...] = (
    Command(
        "logs.dismiss",
        "escape",
        "end the search",
        "End the selection, the filter or the search",
        lambda view: view.dismiss(),
        applies=lambda view: view.has_something_to_end,
    ),
)


def _always() -> bool:
    return True


def _parts_below(percent: int | None, new_lines: int) -> tuple[Part, ...]:
    """Return what the line below the rows says of the user's place; a click on it goes to the end.

    `percent` is how much of the log is above the end of the rows; `None` leaves it out.
    """
    share = () if percent is None else (f"{percent}%",)
    new = (f"+{new_lines:,} new",) if new_lines else ()
    words = " · ".join((*share, *new))
    return (Part(f" {words} ", "title", "follow"),) if words else ()


class LogView(HasCommands, Widget):
    """Shows a log of any size; many keys are those of `less`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(
            *(Scrolling, Appearance, LogSearch, LineFilter, LogErrors),
            *(Bookmarks, LogTimes, LineNumbers, LineSelection, _COMMANDS),
        )
    ]

    following: reactive[bool] = reactive(True, repaint=False)
    """Whether the view stays at the end as lines arrive."""
    new_lines: reactive[int] = reactive(0, repaint=False)
    """Number of lines below the visible ones that have never been visible; 0 while following."""
    is_all_here: reactive[bool] = reactive(True, repaint=False)
    """Whether no more of the log will arrive; the screen sets it."""
    has_lines: reactive[bool] = reactive(False, repaint=False)
    """Whether a line is visible; screens then show the keys of commands on the current line."""

    @dataclass(kw_only=True)
    class EndRequested(Message):
        """The user went to the last line if `end`, else to the first one."""

        end: bool

    def __init__(self, store: LogStore | None = None) -> None:
        super().__init__()
        self.store = store
        self.pane, self.bar = LogPane(), LogBar()
        self.prompt, self.words = LinePrompt(self.pane), Bar(id="log-words")
        self._unwatch_store: Callable[[], None] = lambda: None
        self._frames = Frames(self, self._show_arrived)
        self._bottom = 0
        """Start of the last line that was visible at the last update."""
        self._message = ""
        self._is_message_valid = _always
        self.filter, self.search = LineFilter(self), LogSearch(self)
        self.filter_and_search = FilterAndSearch(self)
        self.errors = LogErrors(self)
        self.times = LogTimes(self)
        self._numbers = LineNumbers(self)
        self.selection = LineSelection(self)
        self.unseen = NewLines()
        self.restore = PlaceRestore(self)
        self.appearance = Appearance(self)
        self.scrolling = Scrolling(self)
        self.commands = CommandSet(self)
        self.commands.add(self.scrolling, self.appearance, self.search, self.filter, self.errors)
        self.commands.add(Bookmarks(self), self.times, self._numbers, self.selection)
        self.commands.add_to(self, _COMMANDS)

    def compose(self) -> ComposeResult:
        yield Horizontal(self.pane, self.bar, id="log-rows")
        yield self.prompt
        yield self.words

    def focus(self, scroll_visible: bool = True) -> Self:
        self.pane.focus(scroll_visible)
        return self

    def on_mount(self) -> None:
        self.show(self.store)

    # --- the shown log ---------------------------------------------------------------------------

    def show(self, store: LogStore | None) -> None:
        """Show another log at its end, and follow it; `None` empties the view."""
        self._set_store(store)
        self.unseen.begin()
        self.filter_and_search.begin()
        self.errors.begin(store)
        self.pane.bookmarks = frozenset()
        self.following = True
        self.settle()

    def exchange(
        self, store: LogStore, place_of: Callable[[int], int], *, is_part: bool = False
    ) -> None:
        """Show another store of the same log; place, bookmarks, filter and search are kept.

        `place_of` maps the offset of a line in the current store to its offset in the new store.
        `is_part` says that the new store contains only the end of the log.
        """
        pane, window = self.pane, self.pane.window
        top, current, bookmarks = window.top.start if window else 0, pane.current, pane.bookmarks
        self._set_store(store)
        pane.is_part = is_part
        pane.bookmarks = frozenset(store.line_start(place_of(start)) for start in bookmarks)
        if not self.following and pane.window is not None:
            pane.window.to(store.line_start(place_of(top)))
        if current is not None:
            pane.current = store.line_start(place_of(current))
        self.filter_and_search.reapply(lambda start: store.line_start(place_of(start)))
        self.errors.begin(store)
        self.settle()

    def _set_store(self, store: LogStore | None) -> None:
        self._unwatch_store()
        self._unwatch_store = lambda: None
        self.store = store
        if store is not None:
            self._unwatch_store = self.listen(store.watch, self._frames.note)
        self._message = ""
        self.selection.end()
        self.pane.is_part = False
        self.pane.show(store)

    def _show_arrived(self) -> bool:
        """Show the lines that have arrived; return whether all visible lines are new."""
        bottom = self._bottom
        self.settle()
        return self.pane.window is not None and self.pane.window.top.start > bottom

    def settle(self) -> None:
        """Update the rows, the scroll bar and the line below them, after any change."""
        store, window = self.store, self.pane.window
        if store is None or window is None:
            self.new_lines, self.has_lines = 0, False
            return
        self.restore.restore_if_possible()
        if self.following:
            window.to_end()
            self.pane.current = None
        self.selection.extend()
        self.filter_and_search.go_on()
        self.errors.go_on()
        self.times.go_on()
        self.pane.repaint_if_changed()
        rows = window.rows()
        self.has_lines = bool(rows)
        self.filter.fold_bars(rows)
        self.new_lines = self.unseen.count(
            store, self.filter.matches, rows, following=self.following
        )
        self._bottom = rows[-1].start if rows else 0
        end = store.line_end(self._bottom) + 1 if rows else 0
        self.bar.show(window.top.start, min(end, store.size), store.size)
        visible = rows if window.top.start == 0 and end >= store.size else ()
        self.bar.matches = self._ticks(self.search.matches, visible)
        self.bar.errors = self._ticks(self.errors.matches, visible)
        is_at_end = self.following or window.is_at_end
        percent = None if is_at_end else 100 * end // store.size
        self.words.right = _parts_below(percent, self.new_lines)
        self._show_words()

    def _ticks(self, matches: LineMatches | None, visible: Sequence[Row]) -> frozenset[int]:
        """Return the rows of the bar with matches.

        `visible` are all rows of the log if all are visible, else none.
        """
        if matches is None:
            return frozenset()
        if visible:
            return frozenset(y for y, row in enumerate(visible) if row.start in matches)
        return matches.occupied_parts(self.bar.size.height)

    def watch_following(self, following: bool) -> None:
        """Tell the pane whether the view follows; the cursor stays at its line."""
        self.pane.stays_at_end = following
        if not following and self.pane.current is None:
            self.pane.current = self.pane.cursor

    def watch_is_all_here(self, is_all_here: bool) -> None:
        if is_all_here:
            self.times.look_again()

    # --- the interface for controllers -----------------------------------------------------------

    def show_message(self, words: str, is_valid: Callable[[], bool] = _always) -> None:
        """Show a safe text below the rows, until it is cleared or `is_valid` returns False.

        It is cleared when the user moves by rows, goes to a line, or ends a search.
        """
        self._message, self._is_message_valid = words, is_valid
        self._show_words()

    def clear_message(self) -> None:
        """Remove the message at the next update."""
        self._message, self._is_message_valid = "", _always

    def _show_words(self) -> None:
        if not self._is_message_valid():
            self.clear_message()
        parts = (self._message, self.selection.words(), self.filter_and_search.words())
        words = " · ".join(filter(None, parts))
        self.words.left = (Part(f" {words}", Tone.ACCENT),) if words else ()
        if self.prompt.is_open:
            self.prompt.note(self.filter_and_search.count())

    @property
    def so_far(self) -> str:
        """` so far` at the end of a statement that is true only until more of the log arrives."""
        return "" if self.is_all_here else " so far"

    def why_no_log(self) -> str | None:
        """Return why there is no log, so that the view is not displayed; `None` if there is one."""
        return None if self.display else "There is no log here"

    def why_no_line(self) -> str | None:
        """Return why there is no line for a command, as a sentence; `None` if one is in sight."""
        if why_not := self.why_no_log():
            return why_not
        if self.pane.in_sight:
            return None
        if self.store is None or not self.store.size:
            return f"The log has no lines{self.so_far}"
        return "No line is shown"

    def go(self, start: int) -> None:
        """Make the line at `start` the current one and show it, a third of the way down."""
        if self.pane.window is None:
            return
        self.following = False
        self.show_message("")
        self.pane.current = start
        self.pane.window.to(start, above=self.pane.size.height // 3)
        self.settle()

    # --- the mouse -------------------------------------------------------------------------------

    def on_log_pane_wheeled(self, event: LogPane.Wheeled) -> None:
        event.stop()
        self.scrolling.scroll(event.rows)

    def on_log_pane_resized(self, event: LogPane.Resized) -> None:
        event.stop()
        self.times.adapt()
        if self.pane.window is not None:
            self.pane.window.fill()
        self.settle()

    @on(Bar.Clicked)
    def _follow(self, event: Bar.Clicked) -> None:
        event.stop()
        self.scrolling.follow()

    def on_log_pane_picked(self, event: LogPane.Picked) -> None:
        """Move the cursor to the clicked line; this stops following, unless it is the last one."""
        event.stop()
        if event.start != self.pane.cursor:
            self.following = False
            self.pane.current = event.start
        self.settle()

    @on(ScrollUp)
    @on(ScrollDown)
    def _page(self, event: ScrollUp | ScrollDown) -> None:
        self.scrolling.page(1.0 if isinstance(event, ScrollDown) else -1.0)

    @on(ScrollTo)
    def _drag(self, event: ScrollTo) -> None:
        if event.y is not None:
            self.scrolling.drag_to(self.bar.byte_at(event.y))

    # --- the prompt ------------------------------------------------------------------------------

    def ask(self, kind: PromptKind, value: str = "") -> None:
        """Open the prompt with the text `value`, instead of an earlier message."""
        self.show_message("")
        self.prompt.ask(kind, value)

    def on_line_prompt_changed(self, event: LinePrompt.Changed) -> None:
        if event.kind in {SEARCH, FILTER} and self.prompt.is_open:
            self.filter_and_search.show_typed(event.kind, event.value)
            self.settle()

    @on(LinePrompt.Submitted)
    def _submitted(self, event: LinePrompt.Submitted) -> None:
        event.stop()
        if event.kind in {SEARCH, FILTER}:
            problem = self.filter_and_search.submit(event.kind, event.value)
        else:
            going = self.times if event.kind is TIME else self._numbers
            problem = going.submit(event.value.strip())
        if problem is not None:
            self.prompt.refuse(problem)
        else:
            self._close_prompt()

    @on(LinePrompt.Left)
    def _prompt_left(self, event: LinePrompt.Left) -> None:
        event.stop()
        self.filter_and_search.cancel()
        self._close_prompt()

    def _close_prompt(self) -> None:
        self.prompt.close()
        self.screen.set_focus(self.pane)
        self.settle()

    @property
    def has_something_to_end(self) -> bool:
        return self.selection.is_selecting or self.filter_and_search.is_active

    def dismiss(self) -> None:
        """End the selection, else the filter, else the search."""
        self._message = ""
        if not self.selection.end():
            self.filter_and_search.end()
        self.settle()
