"""Sends one request and reads its complete response within limits; raises only `StudioError`.

Importing httpx takes 80 ms, so import this module with the first request.
"""

import asyncio
import logging
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from functools import lru_cache, partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from studio_tui import __version__, clock
from studio_tui.addresses import address
from studio_tui.api.answers import id_in_answer, retry_after, status_error
from studio_tui.api.auth import StudioAuth
from studio_tui.api.calls import Call
from studio_tui.api.connection_errors import (
    failure,
    no_answer,
    proxy_refusal,
    speaks_tls,
    wrong_scheme,
)
from studio_tui.api.exchange import WHOLE_TIMEOUT, Answer, Request
from studio_tui.api.guard import NOT_RUNNING, Guard
from studio_tui.api.tls import tls_context
from studio_tui.errors import (
    AnswerTooLarge,
    AuthenticationError,
    NoFreeConnection,
    NotSent,
    OutcomeUnknown,
    ProtocolError,
    ServerError,
    StatusError,
    StudioError,
    TransportError,
)
from studio_tui.settings import Settings
from studio_tui.text import safe_line

LARGEST_ANSWER = 32 * 1024 * 1024
"""In bytes, after decompression."""

LARGEST_REASON = 256 * 1024
"""Bytes of an error's body; the rest is not read."""

TIMEOUT = httpx.Timeout(20.0, connect=10.0, pool=10.0)
"""Seconds for each read and each write, for connecting, and to wait for a free connection."""

CONNECTIONS = 6

KEEP_ALIVE = 4.0
"""Seconds that an idle connection is kept open.

Common servers close theirs after 5 s; a request on a connection that is about to be closed fails.
"""

CLOSE_SECONDS = 1.0

_INFLATE_STEP = 1024 * 1024
_TOO_LARGE = f"Studio's answer is over {LARGEST_ANSWER // 1024 // 1024} MiB: ask for less."
_CLOSED = "closed the connection before its answer was complete."
_TO_TLS = b"HTTP request was sent to HTTPS port"
_NOTHING_DONE = frozenset({501, 505, 507, 508, 511})
"""Statuses from 500 up after which it is certain that Studio did nothing."""

_log = logging.getLogger(__name__)


class Transport:
    """Connections to one Studio. The token is never sent anywhere else."""

    def __init__(
        self,
        settings: Settings,
        auth: StudioAuth,
        guard: Guard | None,
        on_request_end: Callable[[Call], None],
    ) -> None:
        """Initialize; `on_request_end` is called when an attempt to send a request ends."""
        self._url = settings.url
        self._guard = guard
        self._base = f"{settings.url}/api"
        self._address = settings.address
        self._host = settings.address.netloc
        self._has_proxy = settings.proxy is not None
        self._auth = auth
        self._has_answered = False
        """Whether there was any response, so that the URL has the right scheme."""
        self._on_request_end = on_request_end
        self._unfinished = 0
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self._closing: asyncio.Task[None] | None = None
        self._http = httpx.AsyncClient(
            # Plain HTTP is allowed only to this machine. It needs no certificate authorities,
            # which are slow to load.
            verify=tls_context(settings) if settings.url.startswith("https:") else False,
            proxy=settings.proxy.get_secret_value() if settings.proxy else None,
            trust_env=False,
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            headers={
                "User-Agent": f"studio-tui/{__version__}",
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
            },
            limits=httpx.Limits(max_connections=CONNECTIONS, keepalive_expiry=KEEP_ALIVE),
            timeout=TIMEOUT,
        )

    async def aclose(self) -> None:
        """Close all connections once all requests have ended, at the latest after a second."""
        if self._closing is None:
            # A separate task is not canceled with the caller, which would leave connections open.
            self._closing = asyncio.create_task(self._close(), name="close connections")
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        # Wait, because httpx does not close a connection that is still being opened.
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._is_idle.wait()
        await self._http.aclose()

    async def send(self, request: Request) -> Answer:
        """Send a request and return its complete response.

        Raises:
            NotSent: Studio cannot have received the whole request.
            OutcomeUnknown: the request changes something, and Studio may have done it, as there
                is no clear response; a status such as 502 is not clear.
            TransportError: no complete response was received.
            StatusError: Studio responded with an error status.
            ProtocolError: a redirect, or a response that is too large or has an unknown
                encoding.
        """
        self._unfinished += 1
        self._is_idle.clear()
        try:
            return await self._auth.send(partial(self._send_and_log, request), AuthenticationError)
        finally:
            self._unfinished -= 1
            if not self._unfinished:
                self._is_idle.set()

    async def _send_and_log(self, request: Request, authorization: str) -> Answer:
        started_at, began = clock.now(), clock.monotonic()
        outcome, reason = "canceled", ""
        try:
            answer = await self._attempt(request, authorization)
            outcome = str(answer.status)
            reason = id_in_answer(answer) if request.changes else ""
        except StudioError as error:
            status = error.status if isinstance(error, StatusError) else None
            outcome, reason = str(status or type(error).__name__), str(error)
            raise
        finally:
            ms = (clock.monotonic() - began) * 1000
            _log.info("%s %s %s %.0f ms", request.method, request.path, outcome, ms)
            sent = request.body
            body = sent if request.changes and isinstance(sent, bytes) else request.recorded
            self._on_request_end(
                Call(
                    started_at=started_at,
                    method=request.method,
                    path=request.path,
                    outcome=outcome,
                    ms=ms,
                    query=request.query,
                    changes=request.changes,
                    reason=reason,
                    body=body,
                )
            )
        return answer

    async def _attempt(self, request: Request, authorization: str) -> Answer:
        progress = _Progress(self._url, self._guard)
        try:
            async with asyncio.timeout(request.timeout or WHOLE_TIMEOUT):
                return await self._exchange(request, authorization, progress)
        except httpx.PoolTimeout as error:
            raise NoFreeConnection(
                f"Not sent, as all {CONNECTIONS} connections to {self._host} are in use."
            ) from error
        except ServerError as error:
            if not request.changes or error.status in _NOTHING_DONE:
                raise
            raise _unknown_outcome(error) from error
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL) as error:
            why = await self._why(error, sent=progress.sent)
            if not progress.sent:
                raise NotSent(str(why), brief=why.brief) from error
            raise (_unknown_outcome(why) if request.changes else why) from error

    async def _why(self, error: Exception, *, sent: bool) -> TransportError:
        """Return why a request got no complete answer; `sent` is whether Studio may have it."""
        if isinstance(error, (TimeoutError, httpx.TimeoutException)):
            return no_answer(self._host, has_proxy=self._has_proxy and not sent)
        if isinstance(error, httpx.ProxyError):
            return proxy_refusal(error, self._host)
        if not (sent and isinstance(error, (httpx.NetworkError, httpx.RemoteProtocolError))):
            return failure(error, self._host, has_proxy=self._has_proxy)
        may_need_tls = self._address.scheme == "http" and not self._has_answered
        if may_need_tls and await speaks_tls(self._address.host, self._address.effective_port):
            return wrong_scheme(self._host)
        return TransportError(f"{self._host} {_CLOSED}")

    async def _exchange(
        self, request: Request, authorization: str, progress: "_Progress"
    ) -> Answer:
        headers = {**request.headers, "Authorization": authorization}
        outgoing = self._http.build_request(
            request.method,
            _url(self._base + request.path, tuple(request.query.items())),
            content=request.body,
            headers=headers,
            extensions={"trace": progress.trace},
        )
        answer = await self._http.send(outgoing, stream=True)
        self._has_answered = True
        try:
            if not answer.is_success and answer.status_code not in request.accepted:
                raise await self._error_of(answer)
            return await self._read_answer(answer, request)
        except ProtocolError as error:
            if request.changes and answer.is_success:
                raise OutcomeUnknown(f"Studio accepted the request. {error}") from error
            raise
        finally:
            await answer.aclose()

    async def _read_answer(self, answer: httpx.Response, request: Request) -> Answer:
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        is_text = answer.status_code == httpx.codes.OK and not is_json
        skip = request.skip if is_text else 0
        pieces: list[bytes] = []
        length = 0
        end = skip + LARGEST_ANSWER
        async for piece in decompress(answer):
            pieces.append(piece[max(skip - length, 0) : end - length])
            length += len(piece)
            if length > end:
                break
            if request.last is not None and is_text:
                pieces = [b"".join(pieces)[-request.last :]]
        if length > end and not request.may_cut:
            raise AnswerTooLarge(_TOO_LARGE)
        body = b"".join(pieces)
        return Answer(answer.status_code, answer.headers, body, length, is_cut=length > end)

    async def _error_of(self, answer: httpx.Response) -> StudioError:
        if answer.is_redirect or 300 <= answer.status_code < 400:
            return ProtocolError(
                f"{self._host} redirects to {_redirect_host(answer)}. The redirect is not "
                "followed, to protect your token: is the URL right?"
            )
        body = bytearray()
        try:
            async for piece in decompress(answer):
                body += piece
                if len(body) > LARGEST_REASON:
                    break
        except (httpx.HTTPError, ProtocolError):
            # The status is known, so an unreadable reason is left out.
            body.clear()
        if answer.status_code == httpx.codes.BAD_REQUEST and _TO_TLS in body:
            return wrong_scheme(self._host)
        delay = retry_after(answer.headers, clock.now())
        return status_error(answer.status_code, bytes(body), retry_after=delay)


@lru_cache(maxsize=32)
def _url(address: str, query: tuple[tuple[str, str], ...]) -> httpx.URL:
    """Cached, as polling requests the same URLs again and again."""
    return httpx.URL(address, params=query or None)


class _Progress:
    """Tracks, by httpx's trace events, whether any byte of the request may have been sent.

    The guard verifies the server before a new connection is opened, and again afterwards.
    """

    def __init__(self, url: str, guard: Guard | None) -> None:
        self.sent = False
        self._url = url
        self._guard = guard
        self._seal: object = None

    async def trace(self, event: str, details: Mapping[str, Any]) -> None:
        if self._guard is not None and event == "connection.connect_tcp.started":
            self._seal = await asyncio.to_thread(self._guard.verify, self._url)
        elif self._guard is not None and event == "connection.connect_tcp.complete":
            if not await asyncio.to_thread(self._guard.is_same_server, self._seal):
                await details["return_value"].aclose()
                raise NotSent(NOT_RUNNING)
        elif event.endswith("send_request_headers.started"):
            # CONNECT goes to the proxy, not to Studio.
            self.sent = self.sent or details["request"].method != b"CONNECT"


async def decompress(answer: httpx.Response) -> AsyncIterator[bytes]:
    """Yield a decompressed body in pieces of at most 1 MiB; raise `ProtocolError` if invalid.

    An empty body is valid with any compression. Zeros after the compressed bytes are padding.
    """
    encoding = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in {"", "identity"}:
        async for piece in answer.aiter_raw():
            yield piece
        return
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise ProtocolError(f"Studio's answer is encoded as {safe_line(encoding)}.")
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    is_empty = True
    try:
        async for piece in answer.aiter_raw():
            compressed = piece
            while compressed:
                if inflater.eof:
                    if not (compressed := compressed.lstrip(b"\0")):
                        break
                    # A gzip body may have several members, one after the other: RFC 1952, 2.2.
                    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
                is_empty = False
                yield inflater.decompress(compressed, _INFLATE_STEP)
                compressed = inflater.unconsumed_tail or inflater.unused_data
                # Decompressing 1 MiB takes 2 ms, so let the event loop run in between.
                await asyncio.sleep(0)
    except zlib.error:
        raise ProtocolError("Studio's answer is compressed incorrectly.") from None
    if not (inflater.eof or is_empty):
        raise ProtocolError("Studio's answer ends in the middle of its compression.")


def _unknown_outcome(why: StudioError) -> OutcomeUnknown:
    return OutcomeUnknown(f"{why} The request may or may not have taken effect.")


def _redirect_host(answer: httpx.Response) -> str:
    target = address(answer.headers.get("Location", ""))
    return safe_line(target.host) if target and target.host else "another address"
