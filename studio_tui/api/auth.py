"""The token as a header, in the form that this Studio takes."""

from studio_tui.log import register_secret
from studio_tui.settings import Settings

BEARER = "Bearer"
"""What the API document says."""

TOKEN = "token"  # noqa: S105 (the name of a scheme)
"""What the published client sends."""


class StudioAuth:
    """Writes the Authorization header; the only place that opens the secret.

    Studio's document and its published client disagree on the scheme, so when the first is refused
    the other is tried once, and the one that worked is kept. Requests and streams have their own
    `StudioAuth`, because a server may differ between the two.
    """

    def __init__(self, settings: Settings, first_scheme: str = BEARER) -> None:
        self._token = settings.token
        self._schemes = (first_scheme, TOKEN if first_scheme == BEARER else BEARER)
        self._accepted: str | None = None
        for secret in settings.secrets:
            register_secret(secret)

    @property
    def schemes(self) -> tuple[str, ...]:
        """Schemes worth trying, in order: one once it is known, else both."""
        return (self._accepted,) if self._accepted else self._schemes

    def header(self, scheme: str) -> str:
        """Return the value of the Authorization header. It is secret."""
        return f"{scheme} {self._token.get_secret_value()}"

    def remember(self, scheme: str) -> None:
        """Keep the scheme that Studio accepted."""
        self._accepted = scheme

    def __repr__(self) -> str:
        return f"StudioAuth({'/'.join(self.schemes)})"
