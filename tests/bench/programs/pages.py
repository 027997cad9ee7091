"""An empty Textual screen that a key redraws completely: the baseline of paging in a log.

Its lines are made before the first key, so that a key costs only what Textual needs to draw and
send them.
"""

from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tests.bench.big_log import LINE_BYTES, sequence

_PAGES = 50


class Pages(Widget, can_focus=True):
    """Draws the next of its prepared pages at every key."""

    BINDINGS = [("pagedown,pageup,g,G", "turn", "Turn")]  # noqa: RUF012
    page = 0

    def on_mount(self) -> None:
        """Make and render all lines."""
        style = Style.parse("white on black")
        lines = [f"{sequence(number)} {'words ' * 20}" for number in range(40 * _PAGES)]
        self.strips = [Strip([Segment(f"{line:120.{LINE_BYTES}}", style)]) for line in lines]
        for strip in self.strips:
            strip.render(self.app.console)

    def action_turn(self) -> None:
        """Draw the next page."""
        self.page += 1
        self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return prepared lines of the current page."""
        top = self.page % _PAGES * 40
        return self.strips[top + crop.y : top + crop.bottom]


class PagesApp(App[None]):
    """An app with the pages."""

    def compose(self) -> ComposeResult:
        """Compose one widget."""
        yield Pages()


if __name__ == "__main__":
    PagesApp().run()
