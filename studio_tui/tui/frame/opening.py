"""What is seen before Studio is: the frame while connecting; and the ways there are to connect.

It imports neither the wire nor the models, because it is there to be painted while they load.
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
    """Use the local Studio of this machine."""


@dataclass(frozen=True, slots=True)
class TokenChoice:
    """Use a Studio with a token that was typed in."""

    url: str
    team: str
    token: str

    def __repr__(self) -> str:
        return f"TokenChoice({self.url}, {self.team})"


@dataclass(frozen=True, slots=True)
class TrustChoice:
    """Use the token for another Studio than the one it was stored for."""

    url: str


@dataclass(frozen=True, slots=True)
class TeamChoice:
    """Go on with the same Studio and token, in another team."""

    team: str


Choice = LocalChoice | TokenChoice | TrustChoice | TeamChoice


class Chosen(Message):
    """The user has chosen where to go."""

    def __init__(self, choice: Choice) -> None:
        super().__init__()
        self.choice = choice


class ReadAgain(Message):
    """Read the settings again, as they may have been mended, and ask Studio again."""


class OpeningScreen(Lifetime, Screen[None]):
    """The frame, and what is being waited for."""

    def __init__(self, waiting_for: str) -> None:
        """Take what is waited for, in words."""
        super().__init__()
        self._waiting_for = waiting_for

    def compose(self) -> ComposeResult:
        """Compose the frame."""
        yield Bar(id="top")
        yield Bar(id="tabs")
        yield Static(self._waiting_for, markup=False, id="waiting")
        yield Bar(id="keys", cuts=False)

    def on_mount(self) -> None:
        """Fill the frame as far as it is known."""
        self.query_one("#top", Bar).left = (Part(" studio-tui ", "title"),)
        self.query_one("#keys", Bar).left = (Part(" ctrl+q", "key"), Part(" quit", Tone.DIM))

    def say(self, words: str) -> None:
        """Say what is waited for now."""
        self.query_one("#waiting", Static).update(words)
