"""The clusters that jobs can run on, and how busy they are."""

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.getters import query_one

from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.clusters import cells
from studio_tui.presentation.freshness import Aged
from studio_tui.tui.messages import Refreshed
from studio_tui.tui.screens.page import Page
from studio_tui.tui.widgets.bar import Bar, Part
from studio_tui.tui.widgets.big_table import BigTable
from studio_tui.tui.widgets.table_layout import Align, Column

COLUMNS = (
    Column("status", "STATUS", 11),
    Column("name", "NAME", 12, grow=1, most=40),
    Column("default", "FOR NEW JOBS", 12, drop=2),
    Column("busy", "BUSY", 5, align=Align.RIGHT),
    Column("workers", "WORKERS", 7, align=Align.RIGHT),
    Column("provider", "PROVIDER", 8, drop=3),
    Column("region", "REGION", 12, drop=4),
    Column("size", "SIZE", 14, drop=5),
    Column("id", "ID", 10, drop=6),
)


class ClustersScreen(Page):
    """A table of the clusters."""

    place = "clusters"
    table = query_one("#clusters-table", BigTable)

    def body(self) -> ComposeResult:
        """Compose the list."""
        with Vertical(id="list"):
            yield Bar(id="title", filler="─")
            yield BigTable(COLUMNS, self._cells, notice="Asking Studio…", id="clusters-table")

    def on_mount(self) -> None:
        """Give the list the keys."""
        self.table.focus()

    def crumbs(self) -> tuple[str, ...]:
        """Return where this is."""
        return ("Clusters",)

    def hints(self) -> Iterable[str]:
        """Return the most useful keys."""
        return ("page.jobs", "page.refresh", "page.back")

    def aged(self) -> Aged:
        """Return the snapshot whose age the header shows."""
        return self.session.clusters.snapshot

    def refreshed(self, message: Refreshed, *, is_news: bool) -> None:
        """Take over a new answer."""
        if message.name != self.session.clusters.name:
            return
        page = message.snapshot.value
        if is_news and page is not None:
            self._clusters = {cluster.id: cluster for cluster in page.items}
            self.table.show(tuple(self._clusters))
            self.table.notice = "This team has no clusters."
            self.query_one("#title", Bar).left = (
                Part("── ", "rule"),
                Part("Clusters ", Tone.STRONG),
                Part(f"{len(self._clusters)} "),
            )
        elif message.snapshot.error is not None:
            self.table.notice = f"{message.snapshot.error}\n\nctrl+r asks again now."

    def _cells(self, cluster_id: str) -> tuple[Cell, ...]:
        return cells(self._clusters[cluster_id])
