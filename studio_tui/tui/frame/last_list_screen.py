"""Shows the list from the previous run of the dashboard, with its age, while connecting."""

from textual.app import ComposeResult
from textual.containers import Container, Vertical

from studio_tui import clock
from studio_tui.presentation.cells import Tone
from studio_tui.presentation.format import age
from studio_tui.tui.frame.last_list import LastList
from studio_tui.tui.frame.opening import OpeningScreen, crumb_parts
from studio_tui.tui.sheets import LIST_HEIGHTS, LIST_WIDTHS
from studio_tui.tui.widgets.bar import Bar, Part
from studio_tui.tui.widgets.big_table import BigTable
from studio_tui.tui.widgets.cropped_compositor import crop_rendering
from studio_tui.tui.widgets.table_painter import Sorting


class LastListScreen(OpeningScreen):
    """Looks like the page with the list, which covers this screen after connecting."""

    has_rows = True
    HORIZONTAL_BREAKPOINTS = LIST_WIDTHS
    VERTICAL_BREAKPOINTS = LIST_HEIGHTS

    def __init__(self, waiting_for: str, last: LastList) -> None:
        super().__init__(waiting_for)
        crop_rendering(self)
        self._last = last

    def content(self) -> ComposeResult:
        last = self._last
        with Container(id="split"):
            with Vertical(id="list"):
                yield Bar(id="title", filler="─")
                if last.filter:
                    yield Bar(id="filter")
                yield BigTable(last.columns, lambda key: last.rows[int(key)])
            yield Container(id="preview")

    def fill(self) -> None:
        super().fill()
        last = self._last
        self.set_class(not last.has_preview, "-no-preview")
        self.query_one("#top", Bar).left = crumb_parts(last.home, last.crumbs)
        tabs = self.query_one("#tabs", Bar)
        tabs.left, tabs.right = last.tabs, last.counts
        title = self.query_one("#title", Bar)
        title.left, title.right = last.title, last.order
        if last.filter:
            parts = Part(" / ", Tone.ACCENT), Part(last.filter)
            self.query_one("#filter", Bar).left = parts
        table = self.query_one(BigTable)
        table.wide = last.wide
        table.sorting = Sorting(*last.sorting) if last.sorting is not None else None
        keys = [str(index) for index in range(len(last.rows))]
        table.drawing.restore(last.contents)
        table.begin_at(keys[last.cursor], line=last.cursor, sideways=last.sideways)
        table.marked = frozenset(map(str, last.marked))
        table.show(keys)
        self._aging = self.set_interval(1.0, self.show_waiting)

    def on_screen_suspend(self) -> None:
        self._aging.stop()

    def show_waiting(self) -> None:
        span = age((clock.now() - self._last.at).total_seconds())
        age_words = "just now" if span == "now" else f"{span} old"
        self.query_one("#top", Bar).right = (Part(f"{age_words}, {self._waiting_for} ", Tone.WARN),)
