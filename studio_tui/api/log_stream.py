"""A job's log received over the websocket, as typed frames.

Log chunks are passed on as received: in any order, repeated, or split anywhere.
"""

import asyncio
import logging
import socket
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple, NewType
from urllib.parse import urlencode

from studio_tui import clock
from studio_tui.api.answers import parse_leniently, retry_after, status_error
from studio_tui.api.auth import StudioAuth
from studio_tui.api.connection_errors import failure, no_answer, proxy_refusal
from studio_tui.api.guard import NOT_RUNNING, Guard
from studio_tui.api.messages import message_line
from studio_tui.api.routes import FOLLOW_LOGS
from studio_tui.api.tls import tls_context
from studio_tui.errors import (
    AuthenticationError,
    NotSent,
    PermissionDenied,
    ProtocolError,
    RequestTimedOut,
    StatusError,
    StudioError,
    TransportError,
)
from studio_tui.settings import Settings
from studio_tui.text import safe_line

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection
    from websockets.http11 import Response

RawText = NewType("RawText", str)
"""Raw text of a job's log: not safe to draw. Only the log decoder may split it into lines."""

LARGEST_FRAME = 16 * 1024 * 1024
"""Maximum bytes of a websocket message."""

OPEN_TIMEOUT = 10.0
"""Seconds for the connection and the handshake."""

LONGEST_SILENCE = 45.0
"""Seconds without a message after which the connection is considered dead."""

_PING_EVERY = 20.0
"""Seconds; keeps proxies from closing an idle connection."""

_KEYS = frozenset({"log_blobs", "logs", "job", "message", "type"})

_CLOSE_TIMEOUT = 1.0
_ID, _TEXT = itemgetter("id"), itemgetter("message")
_ID_BITS = 63
"""Maximum bits of the id of a log chunk, as the index of a log stores 64-bit integers."""

_BROKEN = 1006
"""Code for a connection that ended without a close code (RFC 6455, 7.4.1)."""

_log = logging.getLogger(__name__)


class LogMessage(NamedTuple):
    """A chunk of the log; may contain many lines or part of one."""

    id: int
    """Increases along the log; a chunk that is sent again has the same id."""
    text: RawText


_make_message: Callable[[tuple[int, str]], LogMessage] = partial(tuple.__new__, LogMessage)
"""Creates a message from its fields, twice as fast as the class itself."""


@dataclass(frozen=True, slots=True)
class LogMessages:
    """Chunks of the log, in order of arrival."""

    items: tuple[LogMessage, ...]
    has_invalid_utf8: bool = False
    """Whether characters were replaced because the message was not valid UTF-8."""


@dataclass(frozen=True, slots=True)
class StatusFrame:
    word: str
    """Upper-case and safe to draw; `JobState` does not have every word that Studio sends."""


@dataclass(frozen=True, slots=True)
class Blobs:
    """URLs of the archived log, in order."""

    urls: tuple[str, ...]
    """Unchanged and untrusted; the token must not be sent there."""


@dataclass(frozen=True, slots=True)
class Ping:
    """Studio's keep-alive."""


@dataclass(frozen=True, slots=True)
class ServerMessage:
    """An error message; Studio closes the connection after it."""

    text: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A websocket message that could not be parsed, entirely or in part."""

    count: int
    """Number of log chunks, URLs or whole messages that were dropped."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The end of the connection; no frame follows it."""

    code: int
    """See RFC 6455, 7.4.1; 1006 for a broken connection, 1009 for a too large message."""
    reason: str
    """Safe to draw; may be empty."""


LogFrame = LogMessages | StatusFrame | Blobs | Ping | ServerMessage | Unreadable | Closed


async def follow(
    settings: Settings,
    auth: StudioAuth,
    query: Mapping[str, str],
    guard: Guard | None,
) -> AsyncGenerator[LogFrame, None]:
    """Connect and yield frames until the connection ends; the last frame is `Closed`.

    Raises:
        NotSent: no connection could be made.
        StatusError: Studio refused the connection.
        TransportError: no complete answer, or no message for `LONGEST_SILENCE` seconds.
        ProtocolError: the server has no websocket for logs, or redirects.
        ConfigError: the CA file is unusable.
    """
    # The import takes 30 ms; a thread keeps the screen responsive.
    await asyncio.to_thread(import_module, "websockets.asyncio.client")
    connect = partial(_connect, settings, guard, f"{FOLLOW_LOGS}?{urlencode(query)}")
    connection = await auth.send(connect, AuthenticationError, PermissionDenied)
    try:
        async for frame in _frames(connection):
            yield frame
    finally:
        try:
            await connection.close()
        finally:
            # Closing may have been canceled.
            connection.transport.abort()


async def _connect(
    settings: Settings, guard: Guard | None, target: str, authorization: str
) -> "ClientConnection":
    """`target` is the path and the query."""
    began = clock.monotonic()

    def log(status: int) -> None:
        ms = (clock.monotonic() - began) * 1000
        _log.info("GET %s %s %.0f ms", target.partition("?")[0], status, ms)

    try:
        connection = await _handshake(settings, guard, target, authorization)
    except StatusError as error:
        log(error.status)
        raise
    log(101)
    return connection


async def _handshake(
    settings: Settings, guard: Guard | None, target: str, authorization: str
) -> "ClientConnection":
    # `follow` has imported these modules in a thread.
    from websockets.asyncio.client import connect  # noqa: PLC0415
    from websockets.exceptions import (  # noqa: PLC0415
        InvalidHandshake,
        InvalidMessage,
        InvalidStatus,
        ProxyError,
    )

    class Connect(connect):
        """Follows no redirects, because they would leak the token."""

        def process_redirect(self, exc: Exception) -> Exception:
            return exc

    host, secure = settings.address.netloc, settings.address.scheme == "https"
    has_proxy = settings.proxy is not None
    try:
        extra: dict[str, Any] = {}
        if guard is not None:
            extra["sock"] = await _connect_guarded(settings, guard)
        return await Connect(
            f"{settings.url.replace('http', 'ws', 1)}/api{target}",
            additional_headers={"Authorization": authorization},
            proxy=settings.proxy.get_secret_value() if settings.proxy else None,
            ssl=await asyncio.to_thread(tls_context, settings) if secure else None,
            max_size=LARGEST_FRAME,
            open_timeout=OPEN_TIMEOUT,
            close_timeout=_CLOSE_TIMEOUT,
            ping_interval=_PING_EVERY,
            # `_frames` has a timeout, for which only received messages count.
            ping_timeout=None,
            **extra,
        )
    except TimeoutError as error:
        raise no_answer(host, has_proxy=has_proxy) from error
    except InvalidStatus as error:
        raise _error_of(error.response, host) from error
    except InvalidMessage as error:
        raise TransportError(f"{host} closed the connection before it answered.") from error
    except ProxyError as error:
        raise NotSent(str(proxy_refusal(error, host))) from error
    except InvalidHandshake as error:
        raise ProtocolError(f"{host} does not serve logs over a websocket.") from error
    except OSError as error:
        raise NotSent(str(failure(error, host, has_proxy=has_proxy))) from error


async def _connect_guarded(settings: Settings, guard: Guard) -> socket.socket:
    host, port = settings.address.host, settings.address.effective_port
    seal = await asyncio.to_thread(guard.verify, settings.url)
    connection = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        connection.setblocking(False)
        async with asyncio.timeout(OPEN_TIMEOUT):
            await asyncio.get_running_loop().sock_connect(connection, (host, port))
        if await asyncio.to_thread(guard.is_same_server, seal):
            return connection
    except BaseException:
        connection.close()
        raise
    connection.close()
    raise NotSent(NOT_RUNNING)


def _error_of(answer: "Response", host: str) -> StudioError:
    if 300 <= answer.status_code < 400:
        return ProtocolError(f"{host} redirects to another address, which is not followed.")
    if answer.status_code < 400:
        return ProtocolError(f"{host} does not serve logs over a websocket.")
    # `Headers.get` would raise an exception for a header that is sent twice.
    headers = {name.lower(): value for name, value in answer.headers.raw_items()}
    delay = retry_after(headers, clock.now())
    return status_error(answer.status_code, bytes(answer.body or b""), retry_after=delay)


async def _frames(connection: "ClientConnection") -> AsyncGenerator[LogFrame, None]:
    from websockets.exceptions import ConnectionClosed  # noqa: PLC0415 (see `follow`)

    while True:
        try:
            async with asyncio.timeout(LONGEST_SILENCE):
                text = await connection.recv(decode=False)
        except TimeoutError as error:
            raise RequestTimedOut(
                f"Nothing was received for {LONGEST_SILENCE:.0f} s; the connection is dead."
            ) from error
        except ConnectionClosed as error:
            close = error.rcvd or error.sent
            yield Closed(close.code, message_line(close.reason)) if close else Closed(_BROKEN, "")
            return
        for frame in parse_frames(text):
            yield frame


def parse_frames(text: bytes) -> Iterator[LogFrame]:
    """Yield the frames in one websocket message: log chunks before the job's status.

    Unknown keys yield nothing if the UTF-8 is valid.
    """
    try:
        message, has_invalid_utf8 = parse_leniently(text)
    except (ValueError, RecursionError):
        message, has_invalid_utf8 = None, True
    if not isinstance(message, Mapping):
        yield Unreadable(1)
        return
    if has_invalid_utf8 and message.keys().isdisjoint(_KEYS):
        yield Unreadable(1)
    if "log_blobs" in message:
        yield from _parse_blobs(message["log_blobs"])
    if "logs" in message:
        yield from _parse_chunks(message["logs"], has_invalid_utf8=has_invalid_utf8)
    job = message.get("job")
    if isinstance(job, Mapping) and isinstance(job.get("status"), str):
        yield StatusFrame(safe_line(job["status"]).upper())
    if isinstance(message.get("message"), str):
        yield ServerMessage(message_line(message["message"]))
    if message.get("type") == "ping":
        yield Ping()


def _parse_blobs(value: Any) -> Iterator[LogFrame]:
    urls = value if isinstance(value, list) else [value]
    texts = tuple(url for url in urls if isinstance(url, str))
    if texts:
        yield Blobs(texts)
    if len(texts) < len(urls):
        yield Unreadable(len(urls) - len(texts))


def _parse_chunks(value: Any, *, has_invalid_utf8: bool) -> Iterator[LogFrame]:
    rows = value if isinstance(value, list) else [value]
    items = _read_well_formed(rows)
    if items is None:
        items = tuple(item for row in rows if (item := _parse_chunk(row)) is not None)
    if items:
        yield LogMessages(items, has_invalid_utf8)
    if len(items) < len(rows):
        yield Unreadable(len(rows) - len(items))


def _read_well_formed(rows: list[Any]) -> tuple[LogMessage, ...] | None:
    """Convert rows together, three times as fast as one by one; `None` if any row is malformed."""
    try:
        numbers, texts = list(map(_ID, rows)), list(map(_TEXT, rows))
    except (KeyError, TypeError):
        return None
    if {*map(type, numbers)} != {int} or {*map(type, texts)} != {str}:
        return None
    if not -(2**_ID_BITS) < min(numbers) <= max(numbers) < 2**_ID_BITS:
        return None
    return tuple(map(_make_message, zip(numbers, texts, strict=True)))


def _parse_chunk(row: Any) -> LogMessage | None:
    if not isinstance(row, Mapping):
        return None
    number, text = row.get("id"), row.get("message")
    if isinstance(number, str) and number.isascii() and number.isdigit() and len(number) < 20:
        number = int(number)
    if not isinstance(number, int) or isinstance(number, bool) or not isinstance(text, str):
        return None
    if number.bit_length() > _ID_BITS:
        return None
    return LogMessage(number, RawText(text))
