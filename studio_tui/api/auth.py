"""The Authorization header, in the scheme that the server accepts."""

from studio_tui.log import register_secret
from studio_tui.settings import Settings

BEARER = "Bearer"
"""Scheme in the API document."""

TOKEN = "token"  # noqa: S105 (the name of a scheme)
"""Scheme used by the published client."""


class StudioAuth:
    """Writes the Authorization header; no other class puts the secret token into a request.

    Studio's API document and its published client disagree on the scheme. When Studio refuses the
    first one, the caller tries the second. Requests and websockets have separate `StudioAuth`
    objects, because a server may accept different schemes for them.
    """

    def __init__(self, settings: Settings, first_scheme: str = BEARER) -> None:
        self._token = settings.token
        self._schemes = (first_scheme, TOKEN if first_scheme == BEARER else BEARER)
        self._accepted: str | None = None
        for secret in settings.secrets:
            register_secret(secret)

    @property
    def schemes(self) -> tuple[str, ...]:
        """Schemes to try, in order; only the accepted one once Studio has accepted it."""
        return (self._accepted,) if self._accepted else self._schemes

    def header(self, scheme: str) -> str:
        """Return the value of the Authorization header, which contains the secret token."""
        return f"{scheme} {self._token.get_secret_value()}"

    def remember(self, scheme: str) -> None:
        """Remember the scheme that Studio accepted."""
        self._accepted = scheme

    def __repr__(self) -> str:
        return f"StudioAuth({'/'.join(self.schemes)})"
