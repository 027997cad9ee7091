"""The Authorization header, in the scheme that the server accepts."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from studio_tui.errors import StatusError
from studio_tui.log import register_secret
from studio_tui.settings import Settings

BEARER = "Bearer"
"""Scheme in the API document."""

TOKEN = "token"  # noqa: S105 (the name of a scheme)
"""Scheme used by the published client."""

T = TypeVar("T")


class StudioAuth:
    """Writes the Authorization header; no other class puts the secret token into a request.

    Studio's API document and its published client disagree on the scheme. When Studio refuses the
    first one, the second is tried. Requests and websockets have separate `StudioAuth`
    objects, because a server may accept different schemes for them.
    """

    def __init__(self, settings: Settings, first_scheme: str = BEARER) -> None:
        self._token = settings.token
        self._schemes: tuple[str, ...] = tuple(dict.fromkeys((first_scheme, BEARER, TOKEN)))
        """Schemes to try, in order. Once Studio has accepted one, the others are dropped."""
        for secret in settings.secrets:
            register_secret(secret)

    async def send(self, attempt: Callable[[str], Awaitable[T]], *refusals: type[StatusError]) -> T:
        """Call `attempt` with the header's value; if it raises a refusal, try the next scheme.

        The value contains the secret token.
        """
        for scheme in self._schemes:
            try:
                answer = await attempt(f"{scheme} {self._token.get_secret_value()}")
            except refusals as error:
                refused = error
            else:
                self._schemes = (scheme,)
                return answer
        raise refused
