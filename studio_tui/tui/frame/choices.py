"""The ways to connect among which the user can choose.

They are plain tuples: creating a dataclass would delay the first paint by half a millisecond each.
"""

from typing import NamedTuple

DEFAULT_URL = "https://studio.datachain.ai"


class LocalChoice:
    """Use this machine's local Studio."""


class TokenChoice(NamedTuple):
    """Use the Studio, team and token that the user has typed."""

    url: str
    team: str
    token: str

    def __repr__(self) -> str:
        return f"TokenChoice({self.url}, {self.team})"


class TrustChoice(NamedTuple):
    """Send the token to the Studio at `url`, although it was stored for another Studio."""

    url: str


class TeamChoice(NamedTuple):
    """Use the Studio and token of the current connection with another team."""

    team: str


Choice = LocalChoice | TokenChoice | TrustChoice | TeamChoice
