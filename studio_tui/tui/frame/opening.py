"""The screen while connecting, and the possible ways to connect.

It imports neither `api` nor the models, because it is painted while they are being imported.
"""

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from studio_tui.presentation.cells import Tone
from studio_tui.tui.widgets.bar import Bar, Part
from studio_tui.tui.widgets.lifetime import Lifetime

DEFAULT_URL = "https://studio.datachain.ai"


@dataclass(frozen=True, slots=True)
class LocalChoice:
    """Use this machine's local Studio."""


@dataclass(frozen=True, slots=True)
class TokenChoice:
    """Use a Studio with a token that was typed."""

    url: str
    team: str
    token: str

    def __repr__(self) -> str:
        return f"TokenChoice({self.url}, {self.team})"


@dataclass(frozen=True, slots=True)
class TrustChoice:
    """Send the token to another Studio than the one it was stored for."""

    url: str


@dataclass(frozen=True, slots=True)
class TeamChoice:
    """Use the same Studio and token with another team."""

    team: str


Choice = LocalChoice | TokenChoice | TrustChoice | TeamChoice


class StudioChosen(Message):
    """The user has chosen how to connect."""

    def __init__(self, choice: Choice) -> None:
        super().__init__()
        self.choice = choice


class ReadAgain(Message):
    """Request to read the settings again, as they may have been corrected, and to ask Studio."""


class OpeningScreen(Lifetime, Screen[None]):
    """The frame, and what the dashboard is waiting for."""

    def __init__(self, waiting_for: str) -> None:
        """Make a screen that shows what it waits for."""
        super().__init__()
        self._waiting_for = waiting_for

    def compose(self) -> ComposeResult:
        """Compose the frame."""
        yield Bar(id="top")
        yield Bar(id="tabs")
        yield Static(self._waiting_for, markup=False, id="waiting")
        yield Bar(id="keys", cuts=False)

    def on_mount(self) -> None:
        """Fill in the known parts of the frame."""
        self.query_one("#top", Bar).left = (Part(" studio-tui ", "title"),)
        self.query_one("#keys", Bar).left = (Part(" ctrl+q", "key"), Part(" quit", Tone.DIM))

    def say(self, words: str) -> None:
        """Show what the dashboard is waiting for now."""
        self.query_one("#waiting", Static).update(words)
