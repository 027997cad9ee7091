"""Access control, applied to every request before anything else.

The server runs code for anyone who can send it a request, and web pages reach loopback too: by host
names that resolve to it (DNS rebinding), by plain forms, and by websockets, which browsers do not
restrict to their own origin. So the server requires its own host name and the token, and refuses
browsers.

Only the pages of jobs are for browsers: they are read-only, accept no other origin, and need a key
for that one job.
"""

import hmac

from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studio_tui.api.routes import INSTANCE_HEADER
from studio_tui.local.http.errors import error_response
from studio_tui.local.http.page.keys import PAGES_PATH

_HOST_NAMES = ("127.0.0.1", "localhost", "[::1]")
_OTHER_SITES = frozenset({"cross-site", "same-site"})
"""Values of `Sec-Fetch-Site` for requests from pages of other origins."""


class AuthMiddleware:
    """ASGI middleware for HTTP and websockets alike."""

    def __init__(self, app: ASGIApp, *, port: int, token: SecretStr, instance: str) -> None:
        self._app = app
        self._hosts = frozenset(f"{name}:{port}" for name in _HOST_NAMES)
        self._token = token
        self._instance = instance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it with a reason; events of the lifespan pass."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        is_page = scope["type"] == "http" and scope["path"].startswith(f"{PAGES_PATH}/")
        refusal = self._refusal(
            Headers(scope=scope), page_method=scope["method"] if is_page else None
        )
        if refusal is None:
            await self._app(scope, receive, self._with_instance(send))
            return
        status, sentence = refusal
        if scope["type"] == "websocket" and status == 401:
            # As hosted Studio answers: the published client then reports it and does not retry.
            status = 403
        response = error_response(status, sentence)
        if status == 401:
            response.headers["www-authenticate"] = "Bearer"
            response.headers[INSTANCE_HEADER] = self._instance
        await response(scope, receive, send)

    def _with_instance(self, send: Send) -> Send:
        header = (INSTANCE_HEADER.encode(), self._instance.encode())

        async def send_with_instance(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), header]}
            await send(message)

        return send_with_instance

    def _refusal(self, headers: Headers, *, page_method: str | None) -> tuple[int, str] | None:
        """Return status and reason if a request is refused.

        `page_method` is the method of a request for a page, which needs no token, as its route
        checks the key; `None` for all other requests.
        """
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return 421, "This server accepts requests at its own address on this machine only."
        own_origin = f"http://{hosts[0].lower()}"
        if "origin" in headers and (
            page_method is None or headers.getlist("origin") != [own_origin]
        ):
            return 403, "Requests from web pages are refused."
        if not _OTHER_SITES.isdisjoint(headers.getlist("sec-fetch-site")):
            return 403, "Requests from other web sites are refused."
        if page_method is not None:
            return None if page_method in {"GET", "HEAD"} else (405, "Pages are read-only.")
        credentials = headers.getlist("authorization")
        if not credentials:
            return 401, "A token is needed: Authorization: Bearer TOKEN."
        if len(credentials) != 1 or not self._is_token(credentials[0]):
            return (
                401,
                "The token is wrong; this local Studio has the right one in its data directory.",
            )
        return None

    def _is_token(self, credentials: str) -> bool:
        scheme, _, token = credentials.partition(" ")
        return scheme.lower() in {"bearer", "token"} and hmac.compare_digest(
            token.strip().encode(), self._token.get_secret_value().encode()
        )
