"""An app with nothing but a log, run by `tests.bench.programs.log`."""

import argparse
import asyncio
from pathlib import Path

from textual import work
from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widgets import Static

from studio_tui.paths import styles_dir
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.tui.first_steps import collect_garbage
from studio_tui.tui.logs.view.log_view import LogView
from studio_tui.tui.widgets.cropped_compositor import CroppedCompositor
from tests.bench.big_log import batches


class LogScreen(Screen[None]):
    """A screen with the compositor of the dashboard's screens."""

    def __init__(self) -> None:
        super().__init__(id="_default")
        self._compositor = CroppedCompositor()


class LogApp(App[None]):
    """Shows one log."""

    BINDINGS = [("o", "open", "Open")]  # noqa: RUF012

    def __init__(self, options: argparse.Namespace) -> None:
        super().__init__(css_path=[styles_dir() / "log_view.tcss"])
        self._options = options

    def get_default_screen(self) -> Screen[None]:
        """Return the only screen."""
        return LogScreen()

    def compose(self) -> ComposeResult:
        """Compose the log alone, or a word until it is opened."""
        if self._options.on_key or self._options.index:
            yield Static("ready")
        elif self._options.feed:
            log = LogStore.create(self._options.path)
            yield Static("ready") if self._options.unseen else LogView(log)
            self._feed(log)
        else:
            yield LogView(LogStore.open(self._options.path))

    async def on_mount(self) -> None:
        """With `--index`, count all lines and show the log then."""
        collect_garbage()
        if self._options.index:
            log = LogStore.open(self._options.path)
            await log.index()
            await self._show(log)

    async def action_open(self) -> None:
        """Show the log as the dashboard does."""
        await self._show(LogStore.open(self._options.path))

    async def _show(self, log: LogStore) -> None:
        self.query_one(Static).display = False
        await self.mount(LogView(log))
        self.query_one(LogView).focus()

    @work(name="feed", group="feed")
    async def _feed(self, log: LogStore) -> None:
        for seconds, text in batches(self._options.feed):
            await asyncio.sleep(seconds)
            log.append(text)


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--on-key", action="store_true")
    parser.add_argument("--index", action="store_true")
    parser.add_argument("--feed", type=int, default=0)
    parser.add_argument("--unseen", action="store_true")
    return parser.parse_args()


def main() -> None:
    """Run the app with the arguments of the program."""
    LogApp(_parsed()).run()
