"""The base of the client: sends requests to one Studio."""

import asyncio
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from studio_tui.api.auth import TOKEN, StudioAuth
from studio_tui.api.calls import Call
from studio_tui.api.exchange import Answer, Request
from studio_tui.api.fields import Received, Sent
from studio_tui.api.guard import Guard
from studio_tui.api.ids import is_usable_id
from studio_tui.api.pages import ListReader, ResultPage
from studio_tui.api.routes import INSTANCE_HEADER, Route
from studio_tui.errors import InvalidRequest, NotFound, ReadOnly
from studio_tui.settings import Settings
from studio_tui.text import safe_line

if TYPE_CHECKING:
    from studio_tui.api.transport import Transport

R = TypeVar("R", bound=Received)

_JSON = {"Content-Type": "application/json"}


class StudioConnection:
    """Sends the requests of one client; the first request opens the transport."""

    def __init__(self, settings: Settings, guard: Guard | None) -> None:
        self.settings = settings
        self.on_request_end: Callable[[Call], None] = lambda _: None
        """Called after each attempt to send a request; set it before the first request."""
        self.is_local_studio = False
        """Whether the latest successful response came from a local Studio."""
        self._guard = guard
        self._auth = StudioAuth(settings)
        self._stream_auth = StudioAuth(settings, first_scheme=TOKEN)
        self._opened: Transport | None = None
        self._opening = asyncio.Lock()
        self._has_answered = False
        self._readers: dict[tuple[str, str | None], ListReader[Any]] = {}
        """The reader of each list, by path and requested status; it keeps the last response."""

    async def aclose(self) -> None:
        """Close the connections of all requests. The next request opens a new one."""
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.aclose()

    async def renew(self, settings: Settings) -> None:
        """Switch to a new token or new certificate authorities, for the same team and Studio."""
        self.settings = settings
        self._auth = StudioAuth(settings)
        self._stream_auth = StudioAuth(settings, first_scheme=TOKEN)
        await self.aclose()

    @property
    def team(self) -> str:
        return self.settings.team

    @property
    def query(self) -> dict[str, str]:
        """The query of every request that does not name the team in its body."""
        return {"team_name": self.team}

    async def request(
        self, route: Route, query: Mapping[str, str] | None = None, *segments: str, **fields: Any
    ) -> Answer:
        """Send a request whose query also names the team.

        `segments` are the parameters of the path, `fields` further fields of the `Request`.
        """
        full_query = {**(query or {}), **self.query}
        return await self.send(
            Request(route.method, path_of(route, *segments), full_query, **fields)
        )

    async def read_list(
        self,
        route: Route,
        query: Mapping[str, str],
        reader: ListReader[R],
        *,
        remember: bool = True,
    ) -> ResultPage[R]:
        """Request a list; with `remember`, reuse equal rows of the last list of the same status."""
        try:
            answer = await self.request(route, query)
        except NotFound as error:
            if self._has_answered:
                raise
            raise _not_a_studio(self.settings.url, error) from error
        if remember:
            reader = self._readers.setdefault((route.path, query.get("status")), reader)
        return await reader.read(answer.body)

    async def write(
        self,
        route: Route,
        body: Sent,
        *segments: str,
        key: str | None = None,
    ) -> Answer:
        """Send a body that changes something; `segments` are the parameters of the path.

        If Studio supports `Idempotency-Key`, requests with equal keys create only one object.
        """
        self.check_writable()
        try:
            content = body.model_dump_json(exclude_none=True).encode()
        except ValueError:
            raise InvalidRequest(
                400, "The request contains text that is not valid Unicode."
            ) from None
        return await self.send(
            Request(
                route.method,
                path_of(route, *segments),
                {},
                headers=_JSON | ({"Idempotency-Key": key} if key else {}),
                body=content,
                changes=True,
            )
        )

    def check_writable(self) -> None:
        """Raise `ReadOnly` if the settings allow only reading."""
        if self.settings.read_only:
            raise ReadOnly("Nothing was sent: this is a read-only dashboard.")

    async def send(self, request: Request) -> Answer:
        """Send a request and return its complete response; raises only `StudioError`."""
        async with self._opening:
            if self._opened is None:
                self._opened = await asyncio.to_thread(
                    _open, self.settings, self._auth, self._guard, self.on_request_end
                )
            transport = self._opened
        answer = await transport.send(request)
        self._has_answered = True
        self.is_local_studio = INSTANCE_HEADER in answer.headers
        return answer


def _not_a_studio(url: str, error: NotFound) -> NotFound:
    message = f"{safe_line(url)} answers with 404 (Not Found), so it does not look like Studio"
    return NotFound(error.status, f"{message}: is the URL right? It says: {error}")


def _open(
    settings: Settings, auth: StudioAuth, guard: Guard | None, on_end: Callable[[Call], None]
) -> "Transport":
    """Open the transport; call this in a thread, as importing httpx and reading CAs take 100 ms."""
    # httpx would import its command line, which takes 9 ms and 3 MB. This makes that import fail.
    # httpx expects such a failure, as the packages of its command line may be missing.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
    from studio_tui.api.transport import Transport  # noqa: PLC0415 (it imports httpx)

    return Transport(settings, auth, guard, on_end)


def path_of(route: Route, *segments: str) -> str:
    """Quote each parameter as one path segment; raise `InvalidRequest` if it cannot be one."""
    path = route.path
    for segment in segments:
        if not is_usable_id(segment):
            raise InvalidRequest(400, f"{safe_line(segment) or 'An empty text'} cannot be an id.")
        parameter = path[path.index("{") : path.index("}") + 1]
        path = path.replace(parameter, quote(segment, safe=""), 1)
    return path
