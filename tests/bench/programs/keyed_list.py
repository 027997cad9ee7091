"""A list in plain Textual: the baseline of moving through a table, alone or beside a preview.

A key costs what Textual needs to draw and send the lines that change: two for the cursor, all for
a page. A line is made when it is shown for the first time. With `preview`, eighteen lines of facts
about the row under the cursor are drawn after each key, as in the dashboard.
"""

import sys
from functools import cache

from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.scrollbar import ScrollBar
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

_ROWS = 20_000
_FACTS = 18
_PREVIEW_DELAY = 0.04
"""Seconds from the last key until the preview changes, as in the dashboard."""
_WIDTH = 120
_COLORS = ("green", "bold white", "white", "bright_black", "cyan", "white")
_STYLES = {
    background: tuple(Style.parse(f"{color} on {background}") for color in _COLORS)
    for background in ("black", "blue")
}


@cache
def _line(number: int, background: str) -> Strip:
    cells = (f"● RUNNING  embed_{number:05}.py", f"{number * 7 % 3600:8}", "local", "worker", "")
    texts = (f"{cell:20}" for cell in (*cells, ""))
    styles = _STYLES[background]
    return Strip(list(map(Segment, texts, styles)), cell_length=_WIDTH)


class Rows(Widget, can_focus=True):
    """The list: a key moves the cursor or the page."""

    BINDINGS = [  # noqa: RUF012
        ("down", "move(1)", "Down"),
        ("up", "move(-1)", "Up"),
        ("pagedown", "turn(1)", "Page down"),
        ("pageup", "turn(-1)", "Page up"),
    ]
    cursor = top = 0

    def action_move(self, step: int) -> None:
        """Move the cursor within the page, and redraw the two lines that change."""
        before, self.cursor = self.cursor, max(0, self.cursor + step)
        lines = (Region(0, row - self.top, self.size.width, 1) for row in (before, self.cursor))
        self.refresh(*lines)
        self.app.follow()  # type: ignore[attr-defined] # the app is a `ListApp`

    def action_turn(self, pages: int) -> None:
        """Move by a page, and redraw all lines."""
        height = self.size.height
        self.top = min(max(0, self.top + pages * height), _ROWS - height)
        self.cursor = self.top
        self.refresh()
        self.app.query_one(ScrollBar).position = self.top
        self.app.follow()  # type: ignore[attr-defined] # the app is a `ListApp`

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return lines of the page, of which those shown before are cached."""
        return [
            _line(row, "blue" if row == self.cursor else "black").crop(crop.x, crop.right)
            for row in range(self.top + crop.y, self.top + crop.bottom)
        ]


class Facts(Widget):
    """The preview: facts about one row."""

    DEFAULT_CSS = "Facts { width: 50; }"
    row = 0
    _label, _value = Style.parse("bright_black on black"), Style.parse("white on black")

    def show(self, row: int) -> None:
        """Show the facts of another row."""
        self.row = row
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw a label and a value that belongs to the row."""
        if y >= _FACTS:
            return Strip.blank(self.size.width)
        value = f"{'value':>{y + 6}} {self.row * 31 + y}"
        segments = [Segment(f"fact {y:<7}", self._label), Segment(f"{value:40}", self._value)]
        return Strip(segments).crop(0, self.size.width)


class ListApp(App[None]):
    """An app with the list, its scroll bar, and the preview if requested."""

    CSS = "Screen { layout: horizontal; } Rows { width: 1fr; } ScrollBar { width: 1; }"

    def __init__(self, *, preview: bool) -> None:
        super().__init__()
        self._preview = preview
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """Compose two widgets or three."""
        yield Rows()
        yield ScrollBar(vertical=True)
        if self._preview:
            yield Facts()

    def on_mount(self) -> None:
        """Tell the scroll bar how many rows there are."""
        bar = self.query_one(ScrollBar)
        bar.window_virtual_size, bar.window_size = _ROWS, self.size.height

    def follow(self) -> None:
        """Show the row under the cursor in the preview, shortly after the last key."""
        if self._preview:
            if self._timer is not None:
                self._timer.stop()
            self._timer = self.set_timer(_PREVIEW_DELAY, self._show)

    def _show(self) -> None:
        self.query_one(Facts).show(self.query_one(Rows).cursor)


if __name__ == "__main__":
    ListApp(preview="preview" in sys.argv[1:]).run()
