"""A screen with nothing but the dashboard's table: `python -m tests.bench.programs.table ROWS`."""

import gc
import sys

from textual.app import App, ComposeResult

from studio_tui.paths import styles_dir
from studio_tui.tui.widgets.big_table import BigTable
from tests.bench import synthetic


class TableApp(App[None]):
    """Shows synthetic jobs."""

    BINDINGS = [("q", "quit", "Quit")]  # noqa: RUF012

    def __init__(self, count: int) -> None:
        super().__init__(css_path=[styles_dir() / "big_table.tcss"])
        self.jobs = synthetic.jobs(count)

    def compose(self) -> ComposeResult:
        """Compose the table alone."""
        yield BigTable(synthetic.COLUMNS, lambda key: synthetic.cells(self.jobs[key]))

    def on_mount(self) -> None:
        """Show the jobs, and exclude them from garbage collection, which takes over 50 ms."""
        self.query_one(BigTable).show(tuple(self.jobs))
        gc.freeze()


if __name__ == "__main__":
    TableApp(int(sys.argv[1])).run()
