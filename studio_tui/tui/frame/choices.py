"""The possible ways to connect, as plain tuples: a dataclass would take half a millisecond each
of the time to the first paint."""

from typing import NamedTuple

DEFAULT_URL = "https://studio.datachain.ai"


class LocalChoice:
    """Use this machine's local Studio."""


class TokenChoice(NamedTuple):
    """Use a Studio with a token that was typed."""

    url: str
    team: str
    token: str

    def __repr__(self) -> str:
        return f"TokenChoice({self.url}, {self.team})"


class TrustChoice(NamedTuple):
    """Send the token to another Studio than the one it was stored for."""

    url: str


class TeamChoice(NamedTuple):
    """Use the same Studio and token with another team."""

    team: str


Choice = LocalChoice | TokenChoice | TrustChoice | TeamChoice
