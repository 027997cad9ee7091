"""A Textual screen over which a key opens a list of keys: the baseline of opening the help.

The screen has as many lines, and the list as many options, as those of the dashboard. All texts are
prepared, and nothing else runs. With `--feed` the lines change like a log of 2,000 lines/s.
"""

import sys
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.geometry import Region
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static

from studio_tui.tui.sheets import DIALOGS, OPENING_LIST, PAGES
from tests.bench.big_log import sequence

TITLE = "Keys of this screen"
_OPTIONS = 60
_FEED_SECONDS = 0.05
"""Seconds between two changes with `--feed`."""


class Rows(Widget, can_focus=True):
    """Draws prepared rows of several colors."""

    first = 0

    def on_mount(self) -> None:
        """Prepare the rows."""
        styles = [Style.parse(f"color({number}) on #121212") for number in range(20, 28)]
        self.strips = [
            Strip(
                [Segment(f"{sequence(number + column)} ", styles[column]) for column in range(8)]
            ).crop(0, 120)
            for number in range(100)
        ]
        if "--feed" in sys.argv:
            self.set_interval(_FEED_SECONDS, self.grow)

    def grow(self) -> None:
        """Show other rows, as a log that has grown."""
        self.first = (self.first + 10) % 50
        self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return prepared rows."""
        return self.strips[self.first + crop.y : self.first + crop.bottom]


class Keys(ModalScreen[None]):
    """Lists keys."""

    CSS = """
    Keys { align: center middle; background: $background 60%; }
    Keys Container { width: 86; height: 92%; border: round $primary; padding: 1 2; }
    Keys OptionList { height: 1fr; margin-top: 1; }
    """
    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss", "close")]

    def compose(self) -> ComposeResult:
        """Compose a title, an input, and the list."""
        options = [f"key {n:<12} What the key does, said in a few words" for n in range(_OPTIONS)]
        with Container():
            yield Static(TITLE)
            yield Input(placeholder="type to search, enter runs it, esc closes", compact=True)
            yield OptionList(*options, markup=False, compact=True)


class ModalApp(App[None]):
    """Opens the list at a key."""

    CSS = ".line { height: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [("question_mark", "keys", "keys")]

    def __init__(self) -> None:
        super().__init__(css_path=list(dict.fromkeys([*OPENING_LIST, *PAGES, *DIALOGS])))

    def compose(self) -> ComposeResult:
        """Compose bars and rows."""
        yield Static("ready", classes="line")
        yield Static("tabs", classes="line")
        yield Rows()
        yield Static("keys", classes="line")

    def action_keys(self) -> None:
        """Open the list."""
        self.push_screen(Keys())


if __name__ == "__main__":
    ModalApp().run()
