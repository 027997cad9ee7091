"""The dashboard's first screen in plain Textual, without its code: the baseline of its start.

`python -m tests.bench.programs.plain_list` shows as many widgets, and as many visible rows, as
text. With `--waiting` it shows the widgets of the first run, without a list.

With `--connected` it is the baseline of the dashboard's memory. It then imports what a client of
Studio needs, fetches the list from the Studio in the environment variables, validates it, stores
it with SQLite, and shows its names. If `--polling` is added, it is the baseline of the dashboard's
idle CPU: it then requests the lists as often as an idle dashboard.
"""

import asyncio
import os
import sys
from typing import TYPE_CHECKING

from textual import work
from textual.app import App, ComposeResult
from textual.containers import Container, Horizontal, Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Input, Static

if TYPE_CHECKING:
    from collections.abc import Sequence

POLL_SECONDS = {"jobs/": 3.0, "pipeline/list": 6.0, "clusters/": 6.0}
"""Seconds between requests of each list, in an idle dashboard of a Studio on this machine."""

VISIBLE_ROWS = 34
"""Number of rows that a terminal of 40 lines shows."""

PAGE_SIZE = 100
"""Number of jobs in a page of Studio's list."""


class Page(Screen[None]):
    """Header, tabs, a list with a line for a filter, a preview, and a footer."""

    AUTO_FOCUS = ""  # the cursor of an input would blink

    def __init__(self, names: "Sequence[str]") -> None:
        super().__init__()
        self.names = names

    def compose(self) -> ComposeResult:
        """Compose as many widgets as the dashboard's list of jobs has."""
        yield from header()
        with Horizontal(id="split"):
            with Vertical(id="list"):
                yield Static("── Jobs 100 " + "─" * 40, classes="bar", id="title", markup=False)
                with Horizontal(classes="bar"):
                    yield Static("/", markup=False)
                    yield Input(compact=True)
                    yield Static("", markup=False)
                with VerticalScroll():
                    yield Static(lines(self.names), markup=False)
            with Container(id="preview"):
                yield VerticalScroll(Static("name embed_99.py", markup=False))
        yield Static(" connected", classes="bar", markup=False)


class PlainList(App[None]):
    """Header, tabs, title, rows, a place for a preview, and a footer."""

    CSS = """
    Screen { layout: vertical; }
    .bar { height: 1; width: 1fr; background: $surface; }
    #waiting { height: 1fr; width: 1fr; content-align: center middle; }
    #split { height: 1fr; }
    #list { width: 1fr; height: 1fr; }
    #title { background: $background; }
    #preview { width: 43%; max-width: 84; height: 1fr; padding: 0 1; border-left: vkey $border; }
    VerticalScroll { height: 1fr; scrollbar-size-vertical: 1; }
    """

    changes = 0
    """Number of responses that differed from the previous one."""

    def compose(self) -> ComposeResult:
        """Compose as many widgets as the dashboard has at its first paint."""
        yield from header()
        if "--waiting" in sys.argv:
            yield Static("Connecting…", id="waiting", markup=False)
        else:
            with Horizontal(id="split"):
                with Vertical(id="list"):
                    yield Static("── Jobs " + "─" * 40, classes="bar", id="title", markup=False)
                    with VerticalScroll():
                        names = [f"embed_{number}.py" for number in range(VISIBLE_ROWS)]
                        yield Static(lines(names), markup=False)
                yield Container(id="preview")
        yield Static(" ctrl+q quit", classes="bar", markup=False)

    def on_ready(self) -> None:
        """With `--connected`, fetch the list."""
        if "--connected" in sys.argv:
            self.fetch()

    @work(thread=True)
    def fetch(self) -> None:
        """Import the client after the first paint, as the dashboard does."""
        import sqlite3

        import httpx
        import pydantic

        class Job(pydantic.BaseModel):
            id: str
            name: str
            status: str
            created_at: str
            started_at: str | None
            finished_at: str | None

        self.client = httpx.AsyncClient(
            verify=False,  # noqa: S501 (on this machine; loading certificates takes time)
            trust_env=False,
            headers={"Authorization": f"token {os.environ['DATACHAIN_STUDIO_TOKEN']}"},
        )
        body: bytes = self.call_from_thread(self.response, "jobs/")  # type: ignore[arg-type] # Textual's form
        self.jobs = pydantic.TypeAdapter(list[Job]).validate_json(body)
        with sqlite3.connect("") as file:  # a temporary one
            file.execute("CREATE TABLE job (name TEXT)")
            file.executemany("INSERT INTO job VALUES (?)", [(job.name,) for job in self.jobs])
        self.call_from_thread(self.push_screen, Page([job.name for job in self.jobs]))
        if "--polling" in sys.argv:
            for path, seconds in POLL_SECONDS.items():
                self.call_from_thread(self.poll, path, seconds)

    async def response(self, path: str) -> bytes:
        """Request a list from Studio, and return the body of the response."""
        url = f"{os.environ['DATACHAIN_STUDIO_URL']}/api/datachain/{path}"
        query = {"team_name": os.environ["DATACHAIN_STUDIO_TEAM"], "limit": str(PAGE_SIZE)}
        response = await self.client.get(url, params=query)
        return response.raise_for_status().content

    @work
    async def poll(self, path: str, seconds: float) -> None:
        """Request a list again and again, and count the responses that differ from the previous."""
        before = b""
        while True:
            body = await self.response(path)
            self.changes += body != before
            before = body
            await asyncio.sleep(seconds)


def header() -> ComposeResult:
    """Compose the lines at the top."""
    yield Static(" plain list  local@127.0.0.1 › Jobs", classes="bar", markup=False)
    yield Static(" 1 Jobs  2 Pipelines  3 Clusters  4 Schedules", classes="bar", markup=False)


def lines(names: "Sequence[str]") -> str:
    """Return the rows as text, with the columns of the dashboard."""
    head = "  STATUS     NAME          ID        WORK  QUEUE   RUN    AGE  BY"
    rows = (f"  ✓ COMPLETE {name:<13} 000003e7  1      1:01   1:00   1m   ann" for name in names)
    return "\n".join((head, *rows))


if __name__ == "__main__":
    PlainList().run()
