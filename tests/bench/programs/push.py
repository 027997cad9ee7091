"""A plain Textual screen on which a key opens another: the baseline of opening the page of a log.

The other screen has as many widgets as the page of a job's log, and as many lines, all prepared;
only Textual's own styles match its widgets. With `--now` it is the first screen. With the id of a
job, the log of that job is received and dropped before the lines are shown.
"""

import sys
from contextlib import aclosing

from rich.segment import Segment
from textual import work
from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Static

from studio_tui.tui.sheets import DIALOGS, OPENING_LIST, PAGES, sheets
from tests.bench.big_log import sequence
from tests.bench.programs.receiving import messages

_NOW = "--now" in sys.argv
_JOB = next((word for word in sys.argv[1:] if not word.startswith("-")), None)


class Lines(Widget, can_focus=True):
    """Draws numbered lines."""

    def on_mount(self) -> None:
        """Prepare the lines, and show them unless a log must be received first."""
        numbers = range(960, 1000)
        self.strips: list[Strip] = []
        ready = [Strip([Segment(f"{sequence(number):118}")]) for number in numbers]
        if _JOB is None:
            self.strips = ready
        else:
            self._receive(_JOB, ready)

    @work(name="receive", group="receive")
    async def _receive(self, job_id: str, ready: list[Strip]) -> None:
        async with aclosing(messages(job_id)) as received:
            async for message in received:
                if sequence(999) in str(message):
                    break
        self.strips = ready
        self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return prepared lines, the last at the bottom."""
        return self.strips[-self.size.height :][crop.y : crop.bottom]


def widgets() -> ComposeResult:
    """Compose bars, the rows beside their scroll bar, the hidden prompt, a hidden bar, and keys."""
    for name in ("top", "tabs", "head"):
        yield Static(name, classes="line")
    with Vertical():
        with Horizontal():
            yield Lines()
            yield Static(id="bar")
        with Vertical(id="prompt"):
            with Horizontal():
                yield Static()
                yield Input()
            yield Static()
        yield Static(classes="hidden")
    yield Static("keys", classes="line")


class Opened(Screen[None]):
    """The widgets of the page of a log, without functions."""

    def compose(self) -> ComposeResult:
        """Compose the widgets."""
        yield from widgets()


class PushApp(App[None]):
    """Opens the screen at a key."""

    CSS = """
    .line { height: 1; }
    .hidden, #prompt { display: none; }
    #bar { width: 2; }
    Lines { width: 1fr; }
    """
    BINDINGS = [("l", "open", "Open")]  # noqa: RUF012

    def __init__(self) -> None:
        all_sheets = [*OPENING_LIST, *PAGES, *DIALOGS]
        super().__init__(css_path=sheets("log_view") if _NOW else list(dict.fromkeys(all_sheets)))

    def compose(self) -> ComposeResult:
        """Compose one word, or with `--now` the widgets of the page."""
        if _NOW:
            yield from widgets()
        else:
            yield Static("ready")

    def action_open(self) -> None:
        """Open the other screen."""
        self.push_screen(Opened())


if __name__ == "__main__":
    PushApp().run()
