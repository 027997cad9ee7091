"""The ways to connect among which the user can choose.

None is a dataclass: defining one would delay the first paint by half a millisecond.
"""

from typing import NamedTuple


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
    """Send the token to the Studio at `url`, which a project's settings name."""

    url: str


class TeamChoice(NamedTuple):
    """Use the Studio and token of the current connection with another team."""

    team: str


Choice = LocalChoice | TokenChoice | TrustChoice | TeamChoice
