"""Shows the list from the previous run of the dashboard, with its age, while connecting."""

from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from studio_tui import clock
from studio_tui.presentation.cells import Tone
from studio_tui.presentation.format import age
from studio_tui.tui.frame.last_list import LastList, Lines
from studio_tui.tui.frame.opening import OpeningScreen, crumb_parts
from studio_tui.tui.sheets import LIST_HEIGHTS, LIST_WIDTHS
from studio_tui.tui.widgets.bar import Bar, Part


class DrawnLines(Widget):
    """Shows lines as an earlier run has drawn them."""

    def __init__(self, lines: Lines, *, id: str | None = None) -> None:  # noqa: A002 (as Textual calls it)
        super().__init__(id=id)
        self._lines = lines

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 (Textual's form)
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        return Strip([Segment(text, Style.parse(style)) for text, style in self._lines[y]])


class LastListScreen(OpeningScreen):
    """Looks like the page with the list, which covers this screen after connecting."""

    has_rows = True
    HORIZONTAL_BREAKPOINTS = LIST_WIDTHS
    VERTICAL_BREAKPOINTS = LIST_HEIGHTS

    def __init__(self, waiting_for: str, last: LastList) -> None:
        super().__init__(waiting_for)
        self._last = last

    def content(self) -> ComposeResult:
        last = self._last
        yield DrawnLines(last.tabs, id="tabs")
        with Container(id="split"):
            with Vertical(id="list"):
                yield DrawnLines(last.title)
                if last.filter:
                    yield Bar(id="filter")
                yield DrawnLines(last.table)
            yield Container(id="preview")

    def fill(self) -> None:
        super().fill()
        last = self._last
        self.set_class(not last.has_preview, "-no-preview")
        self.query_one("#top", Bar).left = crumb_parts(last.home, last.crumbs)
        if last.filter:
            parts = Part(" / ", Tone.ACCENT), Part(last.filter)
            self.query_one("#filter", Bar).left = parts
        self._aging = self.set_interval(1.0, self.show_waiting)

    def on_screen_suspend(self) -> None:
        self._aging.stop()

    def show_waiting(self) -> None:
        span = age((clock.now() - self._last.at).total_seconds())
        age_words = "just now" if span == "now" else f"{span} old"
        self.query_one("#top", Bar).right = (Part(f"{age_words}, {self._waiting_for} ", Tone.WARN),)
