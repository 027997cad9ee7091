"""An app that has only a log view; `python -m tests.tui.logs.view.log_stage FILE` shows a file."""

import sys
from pathlib import Path

from textual.app import App, ComposeResult

from studio_tui.paths import styles_dir
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.tui.logs.view.log_view import LogView


class LogViewApp(App[None]):
    """Shows one log view, and collects the texts that it copies."""

    def __init__(self, store: LogStore) -> None:
        super().__init__(css_path=[styles_dir() / "log_view.tcss"])
        self._log_store = store
        self.copied: list[str] = []

    def compose(self) -> ComposeResult:
        yield LogView(self._log_store)

    def copy_to_clipboard(self, text: str) -> None:
        self.copied.append(text)


HOSTILE = [
    "[/] [@click=app.quit]x[/] [red]bold[/red]",
    "\x1b]52;c;aGVsbG8=\x07 clipboard",
    "\x1b]0;title\x1b\\ window",
    "\x1b[2J\x1b[H\x1b[?1049l cleared",
    "\x9b31m c1 \x9d0;t\x9c",
    "\u202eoverride\u202c \u2066isolate",
    "\x1bP+q544e\x1b\\ dcs \x1b_apc\x1b\\ \x1b^pm\x1b\\",
    "\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\",
    "\x1b[8mconcealed\x1b[0m \x1b[5mblink",
    "\x00\x01\x07\x08\x0b\x0c\x0e\x7f",
    "漢字カナ한글😀👩‍👩‍👧 wide",
    "e\u0301\u0323 combining \u200b zero",
    "",
    "\t\ttabs",
    "\x1b]52;c;bm90IGVuZGVk",
]
"""Lines with control codes and markup that could act on a terminal or on the program."""


if __name__ == "__main__":
    LogViewApp(LogStore.open(Path(sys.argv[1]))).run()
