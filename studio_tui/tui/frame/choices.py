"""The possible ways to connect. It imports nothing, as it is needed before the first paint."""

from dataclasses import dataclass

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
