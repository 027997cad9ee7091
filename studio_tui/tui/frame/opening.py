"""The screen shown while connecting; meanwhile, a thread imports `api` and the models."""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from studio_tui.presentation.cells import Tone
from studio_tui.tui.terminal.key_queue import keys_held
from studio_tui.tui.widgets.bar import Bar, Part
from studio_tui.tui.widgets.lifetime import Lifetime

if TYPE_CHECKING:
    from pathlib import Path

    from studio_tui.tui.frame.choices import Choice
    from studio_tui.tui.frame.last_list import LastList


class StudioChosen(Message):
    """The user has chosen how to connect."""

    def __init__(self, choice: "Choice") -> None:
        super().__init__()
        self.choice = choice


class ReadAgain(Message):
    """Read the settings again, which the user may have corrected, and poll Studio at once."""


class OpeningScreen(Lifetime, Screen[None]):
    """The frame without a page, with words about what the dashboard is waiting for."""

    has_rows = False
    """Whether it shows the list of the previous run."""

    def __init__(self, waiting_for: str) -> None:
        super().__init__()
        self._waiting_for = waiting_for
        self._key_hold = ExitStack()

    def compose(self) -> ComposeResult:
        yield Bar(id="top")
        yield from self.content()
        yield Bar(id="keys", cuts=False)

    def content(self) -> ComposeResult:
        """Compose the widgets between header and footer."""
        yield Bar(id="tabs")
        yield Static("", markup=False, id="waiting")

    def on_mount(self) -> None:
        self._key_hold.enter_context(keys_held(self.app, patience=None))
        self.fill()

    def fill(self) -> None:
        """Fill in what is known before connecting."""
        self.query_one("#top", Bar).left = (Part(" studio-tui ", "title"),)
        self.query_one("#keys", Bar).left = (Part(" ctrl+q", "key"), Part(" quit", Tone.DIM))
        self.show_waiting()

    def on_screen_suspend(self) -> None:
        self._key_hold.close()

    def show_waiting(self) -> None:
        """Show what the dashboard is waiting for."""
        self.query_one("#waiting", Static).update(self._waiting_for)


def crumb_parts(home: str, crumbs: Sequence[str]) -> tuple[Part, ...]:
    """Return the left side of the header."""
    parts = [Part(" studio-tui ", "title"), Part(f" {home}", Tone.DIM)]
    for crumb in crumbs:
        parts += [Part(" › ", Tone.DIM), Part(crumb, Tone.STRONG)]
    return tuple(parts)


def load_last_list(file: "Path | None") -> "LastList | None":
    """Return the list that the previous run left, if it is usable."""
    if file is None or not os.path.exists(file):  # noqa: PTH110 (raises no error)
        return None
    # Imported only if there is a list.
    from studio_tui.tui.frame.last_list import read_last_list  # noqa: PLC0415 (see above)

    return read_last_list(file)


def opening_screen(waiting_for: str, last: "LastList | None") -> OpeningScreen:
    """Return the screen shown while connecting."""
    if last is None:
        return OpeningScreen(waiting_for)
    # This module imports the table widget, which is slow.
    from studio_tui.tui.frame.last_list_screen import LastListScreen  # noqa: PLC0415 (see above)

    return LastListScreen(waiting_for, last)
