"""A log to read: it follows the end, stands still as soon as the reader looks up, and searches.

It knows a store and nothing of jobs or of the network; where the log comes from, and whether more
will, is for the screen to say.
"""

from collections.abc import Callable
from typing import ClassVar, Self

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.getters import query_one
from textual.message import Message
from textual.reactive import reactive
from textual.scrollbar import ScrollDown, ScrollTo, ScrollUp
from textual.timer import Timer
from textual.widget import Widget

from studio_tui import clock
from studio_tui.presentation.cells import Tone
from studio_tui.presentation.logs.live_rows import UP
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.matches import LineMatches
from studio_tui.tui.logs.view.errors import ERROR_KEYS
from studio_tui.tui.logs.view.navigation import PLACES_KEYS
from studio_tui.tui.logs.view.pane import LogPane
from studio_tui.tui.logs.view.restore import LogReturning
from studio_tui.tui.logs.view.scroll_bar import LogBar
from studio_tui.tui.logs.view.search import SEEKING_KEYS
from studio_tui.tui.logs.view.selection import SELECTING_KEYS, LogSelecting
from studio_tui.tui.logs.view.viewport import Row
from studio_tui.tui.widgets.bar import Bar, Part
from studio_tui.tui.widgets.prompt import FILTER, LINE, SEARCH, TIME, LogPrompt

FRAME = 1 / 20
"""Seconds that growth is gathered for before it is painted."""

_AT_ONCE = 0.001
_LOOKED_AT = 64 * 1024
"""Bytes in sight that are looked at for nested bars."""
_SIDEWAYS = 8


def _key(keys: str, action: str, label: str, name: str) -> Binding:
    return Binding(keys, action, label, show=False, id=f"logs.{name}")


_KEYS: list[BindingType] = [
    _key("up,k", "move(-1)", "up", "up"),
    _key("down,j", "move(1)", "down", "down"),
    _key("pageup,b", "page(-1.0)", "page up", "page_up"),
    _key("pagedown,space", "page(1.0)", "page down", "page_down"),
    _key("ctrl+u", "page(-0.5)", "half a page up", "half_page_up"),
    _key("ctrl+d", "page(0.5)", "half a page down", "half_page_down"),
    _key("home,g,<", "start", "first line", "start"),
    Binding(
        "F,end,G,>", "follow", "follow", id="logs.follow",
        tooltip="Go to the end and stay there; any move up pauses",
    ),
    _key("left,h", "sideways(-1)", "left", "left"),
    _key("right,l", "sideways(1)", "right", "right"),
    Binding("w", "wrap", "wrap", id="logs.wrap", tooltip="Break long lines, or do not"),
    _key("number_sign", "numbers", "line numbers", "numbers"),
    Binding(
        "p", "states", "all states", show=False, id="logs.states",
        tooltip="Show every state of a progress bar, or its last",
    ),
    Binding(
        "J", "json", "JSON", show=False, id="logs.json",
        tooltip="JSON lines in short, opened, or as they are",
    ),
    *SEEKING_KEYS,
    *ERROR_KEYS,
    *PLACES_KEYS,
    *SELECTING_KEYS,
    _key("escape", "dismiss", "end the search", "dismiss"),
]  # fmt: skip


class LogView(LogReturning, LogSelecting, Widget):
    """Shows one log of any size. Keys are those of `less`."""

    BINDINGS: ClassVar[list[BindingType]] = _KEYS

    following: reactive[bool] = reactive(True, repaint=False)
    """Whether the view stays at the end as lines come."""
    new_lines: reactive[int] = reactive(0, repaint=False)
    """Lines that came since the view stood still; 0 while following."""

    pane = query_one(LogPane)
    bar = query_one(LogBar)
    prompt = query_one(LogPrompt)
    words = query_one("#log-words", Bar)

    class FollowChanged(Message):
        """The view began or ceased to follow."""

        def __init__(self, following: bool) -> None:
            super().__init__()
            self.following = following

    class Sought(Message):
        """The reader wants the first line, or the last."""

        def __init__(self, *, end: bool) -> None:
            super().__init__()
            self.end = end

    def __init__(self, store: LogStore | None = None, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.store = store
        self._leave: Callable[[], None] = lambda: None
        self._frame: Timer | None = None
        self._shown_at = -FRAME
        """When growth was shown last."""
        self.lines_seen = 0
        self._counted: object = None
        """Which lines were counted."""
        self._said = ""

    def compose(self) -> ComposeResult:
        """Put the rows, the bar, the prompt and the words below together."""
        with Horizontal(id="log-rows"):
            yield (pane := LogPane())
            yield LogBar()
        yield LogPrompt(pane)
        yield Bar(id="log-words")

    def focus(self, scroll_visible: bool = True) -> Self:
        """Focus the rows, which take the keys."""
        self.pane.focus(scroll_visible)
        return self

    def on_mount(self) -> None:
        """Show the log given at the start."""
        self.show(self.store)

    def show(self, store: LogStore | None) -> None:
        """Show another log at its end, and follow it; `None` empties the view."""
        self._take(store)
        self._counted, self.lines_seen = None, 0
        self.begin_seeking()
        self.begin_errors(store)
        self.begin_places()
        self.following = True
        self.settle()

    def exchange(
        self, store: LogStore, place_of: Callable[[int], int], *, is_part: bool = False
    ) -> None:
        """Show another store of the same log, with everything the reader has set.

        `place_of` tells where in it the line at an offset of the present one stands; `is_part`
        says that it holds but the end of the log.
        """
        window, current = self.pane.window, self.pane.current
        top = window.top.start if window else 0
        kept = self.pane.kept
        self._take(store)
        self.pane.is_part = is_part
        self.pane.kept = frozenset(store.line_start(place_of(start)) for start in kept)
        if not self.following and self.pane.window is not None:
            self.pane.window.to(store.line_start(place_of(top)))
        if current is not None:
            self.pane.current = store.line_start(place_of(current))
        self.seek_again()
        self.begin_errors(store)
        self.settle()

    def _take(self, store: LogStore | None) -> None:
        self._leave()
        self.store = store
        self._leave = self.listen(store.watch, self._grew) if store is not None else lambda: None
        self._said = ""
        self.end_selecting()
        self.pane.is_part = False
        self.pane.show(store)

    # --- growth ----------------------------------------------------------------------------------

    def _grew(self) -> None:
        """Gather what the store tells until the next frame, unless the last is long past."""
        if self._frame is None:
            rest = max(_AT_ONCE, self._shown_at + FRAME - clock.monotonic())
            self._frame = self.set_timer(rest, self._show_growth, name="log frame")

    def _show_growth(self) -> None:
        self._frame = None
        self._shown_at = clock.monotonic()
        self.settle()

    def settle(self) -> None:
        """Put window, bar, pill and words where they belong now."""
        store, window = self.store, self.pane.window
        if store is None or window is None:
            self.new_lines = 0
            return
        self.come_back()
        if self.following:
            window.to_end()
        self.keep_looking()
        self.pane.moved()
        rows = window.rows()
        self._fold_bars(store, rows)
        self._count_new(store, rows)
        last = store.line_end(rows[-1].start) + 1 if rows else 0
        self.bar.show(window.top.start, min(last, store.size), store.size)
        height = self.bar.size.height
        self.bar.matches, self.bar.errors = self.match_ticks(height), self.error_ticks(height)
        parts = () if self.following or window.is_at_end else (f"{100 * last // store.size}%",)
        new = (f"+{self.new_lines:,} new",) if self.new_lines else ()
        self.pane.pill = " · ".join((*parts, *new))
        self._show_words()

    def _count_new(self, store: LogStore, rows: list[Row]) -> None:
        """Count the lines below those in sight that came since the reader stood still."""
        counted = self._chosen.hits if self._chosen else store
        total = counted.total if isinstance(counted, LineMatches) else counted.lines
        if self.following or counted is not self._counted:
            is_return = self._counted is None and not self.following
            self.lines_seen = self.lines_seen if is_return else total
            self._counted = counted
        if rows and rows[-1].start < store.size:
            if isinstance(counted, LineMatches):
                in_sight = counted.rank(rows[-1].start) + 1
            else:
                in_sight = (store.number_of(rows[-1].start) or 0) + 1
            self.lines_seen = max(self.lines_seen, in_sight)
        self.new_lines = max(0, total - self.lines_seen)

    def _fold_bars(self, store: LogStore, rows: list[Row]) -> None:
        """Leave out what bars one below the other draw over as soon as one comes in sight."""
        if self.folds or self.pane.form.states or not rows:
            return
        first = rows[0].start
        end = store.line_end(rows[-1].start)
        if UP.search(store.read(first, min(_LOOKED_AT, end - first))):
            self.fold(folds=True)

    def say(self, words: str) -> None:
        """Say something below the rows until the reader moves on."""
        self._said = words
        self._show_words()

    def _show_words(self) -> None:
        parts = (self._said, self.selecting_words(), self.seeking_words())
        words = " · ".join(filter(None, parts))
        self.words.left = (Part(f" {words}", Tone.ACCENT),) if words else ()
        self.words.display = bool(words) and not self.prompt.is_open

    def watch_following(self, following: bool) -> None:
        """Tell the pane and the screen."""
        self.pane.stays_at_end = following
        self.post_message(self.FollowChanged(following))

    # --- moving ----------------------------------------------------------------------------------

    def move(self, rows: int) -> None:
        """Move, and stop following on the way up; down from the end is to follow."""
        window = self.pane.window
        if window is None:
            return
        self._said = ""
        self.note_key()
        self.stay()
        if self.is_selecting:
            self.select_by(rows)
            return
        window.settle()
        if rows > 0 and window.is_at_end:
            self.following = True
        elif rows < 0:
            self.following = False
        window.move(rows)
        self.settle()

    def action_move(self, rows: int) -> None:
        """Move by rows, down if positive."""
        self.move(rows)

    def action_page(self, pages: float) -> None:
        """Move by pages, down if positive; one row of the last page stays in sight."""
        height = max(2, self.pane.size.height)
        rows = int(height * pages) if abs(pages) < 1 else int((height - 1) * pages)
        self.move(rows)

    def action_start(self) -> None:
        """Show the first line."""
        self.stay()
        self.post_message(self.Sought(end=False))
        if self.pane.window is not None:
            self.following = False
            self.pane.window.to_start()
            self.settle()

    def action_follow(self) -> None:
        """Go to the end and stay there."""
        self.stay()
        self.post_message(self.Sought(end=True))
        self._said = ""
        self.following = True
        self.settle()

    def action_sideways(self, steps: int) -> None:
        """Move the text by a few cells."""
        self.pane.left = max(0, self.pane.left + steps * _SIDEWAYS)

    def action_wrap(self) -> None:
        """Break long lines into rows, or stop that."""
        self.pane.wrap = not self.pane.wrap
        self.settle()

    def action_numbers(self) -> None:
        """Show or hide line numbers."""
        self.pane.numbers = not self.pane.numbers
        self.settle()

    def action_states(self) -> None:
        """Give each state of a rewritten line a row, or only its last."""
        self.pane.form = self.pane.form._replace(states=not self.pane.form.states)
        self.fold(folds=False)
        self.settle()

    def action_json(self) -> None:
        """Show JSON lines in the next form."""
        form = self.pane.form._replace(json=self.pane.form.json.next)
        current = self.current_in_sight()
        self.pane.form = form
        self.settle()
        if current is not None and not self.following:
            self.go(current)
        self.say(f"JSON lines: {form.json}")

    def on_log_pane_wheeled(self, event: LogPane.Wheeled) -> None:
        """Move with the wheel."""
        event.stop()
        self.move(event.rows)

    def on_log_pane_resized(self, event: LogPane.Resized) -> None:
        """Stay at the end, or where the reader is."""
        event.stop()
        if self.pane.window is not None:
            self.pane.window.fill()
        self.settle()

    def on_log_pane_pill_clicked(self, event: LogPane.PillClicked) -> None:
        """Follow."""
        event.stop()
        self.action_follow()

    def on_log_pane_picked(self, event: LogPane.Picked) -> None:
        """Take the line under the pointer as the reader's."""
        event.stop()
        self.pane.current = event.start
        self.settle()

    @on(ScrollUp)
    def _page_up(self) -> None:
        self.action_page(-1.0)

    @on(ScrollDown)
    def _page_down(self) -> None:
        self.action_page(1.0)

    @on(ScrollTo)
    def _drag(self, event: ScrollTo) -> None:
        """Show the line at the byte that the bar was dragged to."""
        if self.store is None or self.pane.window is None or event.y is None:
            return
        self.following = False
        self.pane.window.to(self.store.line_start(self.bar.byte_at(event.y)))
        self.settle()

    # --- the prompt ------------------------------------------------------------------------------

    @on(LogPrompt.Submitted)
    def _submitted(self, event: LogPrompt.Submitted) -> None:
        """Do what was typed; what cannot be done stays on the line with the reason beside it."""
        event.stop()
        submit = {
            SEARCH: self.submit_search,
            FILTER: self.submit_filter,
            TIME: self.submit_time,
            LINE: self.submit_line,
        }[event.kind]
        if submit(event.value.strip() if event.kind in {TIME, LINE} else event.value):
            self._close_prompt()

    @on(LogPrompt.Left)
    def _left(self, event: LogPrompt.Left) -> None:
        event.stop()
        self.pane.wanted = self.wanted
        self._close_prompt()

    def _close_prompt(self) -> None:
        self.prompt.close()
        self.screen.set_focus(self.pane)
        self.settle()

    def action_dismiss(self) -> None:
        """End what is under way: the selection, else the search, else the filter."""
        self._said = ""
        if not self.end_selecting():
            self.end_search()
        self.settle()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave escape to the screen when there is nothing here to end, and n to a search."""
        del parameters
        if action == "dismiss":
            return self.is_selecting or self.wanted is not None or bool(self.filter)
        if action == "find":
            return self.wanted is not None
        return True
