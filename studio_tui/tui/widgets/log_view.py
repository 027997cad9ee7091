"""A log to read: it follows the end, stands still as soon as the reader looks up, and searches.

It knows a store and nothing of jobs or of the network; where the log comes from, and whether more
will, is for the screen to say.
"""

from collections.abc import Callable
from typing import ClassVar, Self

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.getters import query_one
from textual.message import Message
from textual.reactive import reactive
from textual.scrollbar import ScrollDown, ScrollTo, ScrollUp
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input

from studio_tui.errors import SpoolError
from studio_tui.service.log_store import LogStore
from studio_tui.tui.widgets.log_bar import LogBar
from studio_tui.tui.widgets.log_needle import Needle
from studio_tui.tui.widgets.log_pane import LogPane

FRAME = 1 / 20
"""Seconds that growth is gathered for before it is painted."""

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
    Binding("F", "toggle_follow", "follow", id="logs.follow", tooltip="Stay at the end"),
    _key("end,G,>", "follow", "last line, and follow", "end"),
    _key("left,h", "sideways(-1)", "left", "left"),
    _key("right,l", "sideways(1)", "right", "right"),
    Binding("w", "wrap", "wrap", id="logs.wrap", tooltip="Break long lines, or do not"),
    _key("number_sign", "numbers", "line numbers", "numbers"),
    Binding("slash", "search", "search", key_display="/", id="logs.search"),
    _key("n", "find(1)", "next match", "next"),
    _key("N", "find(-1)", "previous match", "previous"),
    _key("y", "copy", "copy line", "copy"),
    _key("escape", "dismiss", "end the search", "dismiss"),
]


class LogView(Widget):
    """Shows one log of any size. Keys are those of `less`."""

    BINDINGS: ClassVar[list[BindingType]] = _KEYS

    following: reactive[bool] = reactive(True, repaint=False)
    """Whether the view stays at the end as lines come."""
    new_lines: reactive[int] = reactive(0, repaint=False)
    """Lines that came since the view stood still; 0 while following."""

    pane = query_one(LogPane)
    bar = query_one(LogBar)
    prompt = query_one(Input)

    class FollowChanged(Message):
        """The view began or ceased to follow."""

        def __init__(self, following: bool) -> None:
            super().__init__()
            self.following = following

    class Copied(Message):
        """A line was sent to the clipboard."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text
            """Safe to draw."""

    def __init__(self, store: LogStore | None = None, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._store = store
        self._leave: Callable[[], None] = lambda: None
        self._frame: Timer | None = None
        self._lines_seen = 0
        self._needle: Needle | None = None
        self._notice = ""

    def compose(self) -> ComposeResult:
        """Put the rows, the bar and the prompt together."""
        yield LogPane()
        yield LogBar()
        yield Input(placeholder="Search", compact=True, select_on_focus=False)

    def focus(self, scroll_visible: bool = True) -> Self:
        """Focus the rows, which take the keys."""
        self.pane.focus(scroll_visible)
        return self

    def on_mount(self) -> None:
        """Show the log given at the start."""
        self.show(self._store)

    def on_unmount(self) -> None:
        """Let go of the store, which is not ours to close."""
        self._leave()

    def show(self, store: LogStore | None) -> None:
        """Show another log at its end, and follow it; `None` empties the view."""
        self._leave()
        self._store = store
        self._leave = store.watch(self._grew) if store is not None else lambda: None
        self._notice = ""
        self.pane.show(store)
        self.following = True
        self._settle()

    # --- growth ----------------------------------------------------------------------------------

    def _grew(self) -> None:
        """Gather what the store tells until the next frame."""
        if self._frame is None:
            self._frame = self.set_timer(FRAME, self._show_growth, name="log frame")

    def _show_growth(self) -> None:
        self._frame = None
        self._settle()

    def _settle(self) -> None:
        """Put window, bar and pill where they belong now."""
        store, window = self._store, self.pane.window
        if store is None or window is None:
            self.new_lines = 0
            return
        if self.following:
            self._lines_seen = store.lines
            window.to_end()
        self.pane.moved()
        self.new_lines = max(0, store.lines - self._lines_seen)
        rows = window.rows()
        last = store.line_end(rows[-1].start) + 1 if rows else 0
        self.bar.show(window.top.start, min(last, store.size), store.size)
        self._show_pill()

    def _show_pill(self) -> None:
        new = f"+{self.new_lines:,} new" if self.new_lines else ""
        self.pane.pill = " · ".join(part for part in (self._notice, new) if part)

    def watch_following(self, following: bool) -> None:
        """Tell the pane and the screen."""
        self.pane.stays_at_end = following
        self.post_message(self.FollowChanged(following))

    # --- moving ----------------------------------------------------------------------------------

    def _move(self, rows: int) -> None:
        """Move, and stop following on the way up; down from the end is to follow."""
        window = self.pane.window
        if window is None:
            return
        window.settle()
        if rows > 0 and window.is_at_end:
            self.following = True
        elif rows < 0:
            self.following = False
        window.move(rows)
        self._settle()

    def action_move(self, rows: int) -> None:
        """Move by rows, down if positive."""
        self._move(rows)

    def action_page(self, pages: float) -> None:
        """Move by pages, down if positive; one row of the last page stays in sight."""
        height = max(2, self.pane.size.height)
        rows = int(height * pages) if abs(pages) < 1 else int((height - 1) * pages)
        self._move(rows)

    def action_start(self) -> None:
        """Show the first line."""
        if self.pane.window is not None:
            self.following = False
            self.pane.window.to_start()
            self._settle()

    def action_follow(self) -> None:
        """Go to the end and stay there."""
        self._notice = ""
        self.following = True
        self._settle()

    def action_toggle_follow(self) -> None:
        """Follow, or stand still here."""
        self.following = not self.following
        self._settle()

    def action_sideways(self, steps: int) -> None:
        """Move the text by a few cells."""
        self.pane.left = max(0, self.pane.left + steps * _SIDEWAYS)

    def action_wrap(self) -> None:
        """Break long lines into rows, or stop that."""
        self.pane.wrap = not self.pane.wrap
        self._settle()

    def action_numbers(self) -> None:
        """Show or hide line numbers."""
        self.pane.numbers = not self.pane.numbers
        self._settle()

    def on_log_pane_wheeled(self, event: LogPane.Wheeled) -> None:
        """Move with the wheel."""
        event.stop()
        self._move(event.rows)

    def on_log_pane_resized(self, event: LogPane.Resized) -> None:
        """Stay at the end, or where the reader is."""
        event.stop()
        self._settle()

    def on_log_pane_pill_clicked(self, event: LogPane.PillClicked) -> None:
        """Follow."""
        event.stop()
        self.action_follow()

    @on(ScrollUp)
    def _page_up(self) -> None:
        self.action_page(-1.0)

    @on(ScrollDown)
    def _page_down(self) -> None:
        self.action_page(1.0)

    @on(ScrollTo)
    def _drag(self, event: ScrollTo) -> None:
        """Show the line at the byte that the bar was dragged to."""
        if self._store is None or self.pane.window is None or event.y is None:
            return
        self.following = False
        self.pane.window.to(self._store.line_start(self.bar.byte_at(event.y)))
        self._settle()

    # --- searching -------------------------------------------------------------------------------

    def action_search(self) -> None:
        """Ask what to look for."""
        self.prompt.value = ""
        self.prompt.add_class("-open")
        self.prompt.focus()

    @on(Input.Submitted)
    def _begin_search(self, event: Input.Submitted) -> None:
        """Look for what was typed, upwards from what is in sight, else go on with the last."""
        event.stop()
        self._close_prompt()
        if event.value:
            self._needle = Needle(event.value)
            self.pane.pattern = self._needle.pattern
            self.pane.current = None
            self._settle()
        if self._needle:
            self._find(1)

    def _close_prompt(self) -> None:
        self.prompt.remove_class("-open")
        self.pane.focus()

    def action_dismiss(self) -> None:
        """Close the prompt, else put out the matches."""
        self.workers.cancel_group(self, "log-search")
        if self.prompt.has_class("-open"):
            self._close_prompt()
            return
        self._notice, self._needle = "", None
        self.pane.pattern = None
        self.pane.current = None
        self._settle()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave escape to the screen when there is nothing here to end, and n to a search."""
        del parameters
        if action == "dismiss":
            return self._needle is not None or self.prompt.has_class("-open")
        if action == "find":
            return self._needle is not None
        return True

    def action_find(self, step: int) -> None:
        """Go to the next match, or to the one before."""
        self._find(step)

    def _find(self, step: int) -> None:
        if self._store is None or self._needle is None or self.pane.window is None:
            return
        current = self.pane.current
        if current is None:
            offset = self.pane.window.top.start
        elif step > 0:
            offset = self._store.line_end(current) + 1
        else:
            offset = current
        self._search(self._needle, self._store, offset, backwards=step < 0)

    @work(name="search the log", group="log-search", exclusive=True)
    async def _search(
        self, needle: Needle, store: LogStore, offset: int, *, backwards: bool
    ) -> None:
        """Show the nearest line whose drawn text matches; go round once at the end."""
        self._notify("searching…")
        try:
            start = await needle.nearest(store, offset, backwards=backwards)
            word = ""
            if start is None:
                other_end = store.size if backwards else 0
                start = await needle.nearest(store, other_end, backwards=backwards)
                word = "from the end" if backwards else "from the start"
        except SpoolError as error:
            self._notify(str(error))
            return
        if store is not self._store or self.pane.window is None:
            return
        if start is None:
            self._notify("no match")
            return
        self.following = False
        self.pane.current = start
        self.pane.window.to(start, above=self.pane.size.height // 3)
        self._notify(word)

    def _notify(self, word: str) -> None:
        self._notice = word
        self._settle()

    def action_copy(self) -> None:
        """Copy the line with the sign in the gutter, else the last one in sight."""
        rows = self.pane.in_sight
        start = self.pane.current
        if start is None and rows:
            start = rows[-1].start
        line = None if start is None else self.pane.text_at(start)
        if line is not None:
            self.app.copy_to_clipboard(line.text)
            self.post_message(self.Copied(line.text))
