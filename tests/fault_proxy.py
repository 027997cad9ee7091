"""A loopback proxy that injects faults between a client and a real server.

A fault is a coroutine that answers one request in place of the proxy. A stream fault changes the
frames that the server of a websocket sends. Faults are in `tests/faults.py`.
"""

import asyncio
import re
import socket
import struct
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Protocol, Self
from urllib.parse import parse_qs, urlsplit

from tests.waiting import HANG

HEAD_LIMIT = 64 * 1024
"""Maximum bytes of the head of a request or response."""
TEXT, BINARY, CLOSE = 0x1, 0x2, 0x8
"""Websocket opcodes (RFC 6455, 5.2)."""

_TLS_HANDSHAKE = b"\x16"
"""The first byte that a TLS client sends (RFC 8446, 5.1)."""


@dataclass(frozen=True)
class ReceivedRequest:
    """A request received by the proxy."""

    method: str
    target: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def path(self) -> str:
        """The path, still quoted."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        """The query parameters; of several with the same name, the last."""
        return {name: values[-1] for name, values in parse_qs(urlsplit(self.target).query).items()}


@dataclass(frozen=True)
class Reply:
    """A complete response of the upstream server."""

    status: str
    """Such as `200 OK`."""
    headers: dict[str, str]
    body: bytes

    def encode(self) -> bytes:
        """Return the response as bytes, with the actual length of the body."""
        headers = {**self.headers, "content-length": str(len(self.body)), "connection": "close"}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"HTTP/1.1 {self.status}\r\n{lines}\r\n".encode() + self.body


class Exchange:
    """A request in progress, handled by a fault."""

    def __init__(
        self, proxy: "FaultProxy", request: ReceivedRequest, writer: asyncio.StreamWriter
    ) -> None:
        self.seen = request
        self._proxy = proxy
        self._writer = writer

    @property
    def is_over(self) -> bool:
        """Whether the client has disconnected."""
        return self._writer.is_closing()

    async def forward(self) -> Reply:
        """Forward the request to the server, and return its response."""
        return await self._proxy.forward(self.seen)

    async def send(self, data: bytes) -> None:
        """Send bytes to the client."""
        self._writer.write(data)
        with suppress(ConnectionError):
            await self._writer.drain()

    async def reset(self) -> None:
        """Reset the connection, as if the server had crashed."""
        _reset(self._writer)


Fault = Callable[[Exchange], Awaitable[None]]


@dataclass(frozen=True)
class Frame:
    """A complete, uncompressed websocket frame from the server."""

    opcode: int
    payload: bytes

    def encode(self) -> bytes:
        """Return the frame as sent by a server."""
        size = len(self.payload)
        if size < 126:
            return bytes([0x80 | self.opcode, size]) + self.payload
        if size < 1 << 16:
            return struct.pack("!BBH", 0x80 | self.opcode, 126, size) + self.payload
        return struct.pack("!BBQ", 0x80 | self.opcode, 127, size) + self.payload


Frames = AsyncIterator[Frame]
StreamFault = Callable[[Frames], Frames]


class Cut(Exception):  # noqa: N818 (what happens, not what went wrong)
    """Raised by a stream fault to break the connection."""


class Plan(Protocol):
    """Chooses what happens to the requests for which nothing is queued."""

    def fault(self, seen: ReceivedRequest) -> Fault | None:
        """Return the fault of a request; `None` lets it pass."""


_ROUNDS_TO_ACCEPT = 8
"""Rounds of the event loop after which asyncio has handed over all connections it accepted."""


@dataclass
class FaultProxy:
    """Forwards each request to `upstream` (host and port) in a new connection, or applies a fault.

    Without an upstream, every request needs a fault that answers it.
    """

    upstream: tuple[str, int] | None = None
    requests: list[ReceivedRequest] = field(default_factory=list)
    """All requests received, in order."""
    always: Fault | None = None
    """The fault for requests without a queued one."""
    plan: Plan | None = None
    """Chooses the faults of requests without a queued one, in place of `always`."""
    next_stream_fault: Callable[[], StreamFault] | None = None
    """Chooses the faults of websockets without a queued one."""
    _queued: deque[Fault | None] = field(default_factory=deque)
    _streams: deque[StreamFault] = field(default_factory=deque)
    _port: int = 0
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _unread: set[asyncio.StreamWriter] = field(default_factory=set)
    """Closing connections whose other end has not yet read everything that was sent."""
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by each request."""

    @classmethod
    def in_front_of(cls, url: str) -> Self:
        """Return a proxy in front of the server at `url`."""
        parts = urlsplit(url)
        assert parts.hostname
        assert parts.port
        return cls((parts.hostname, parts.port))

    @property
    def url(self) -> str:
        """URL of the proxy."""
        return f"http://127.0.0.1:{self._port}"

    def queue(self, *faults: Fault | None) -> None:
        """Queue these faults for the next requests, one each; `None` lets a request pass."""
        self._queued.extend(faults)

    def queue_stream(self, *faults: StreamFault) -> None:
        """Queue these faults for the next websockets, one each."""
        self._streams.extend(faults)

    async def __aenter__(self) -> Self:
        await self.start_listening()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.stop_listening()

    async def start_listening(self) -> None:
        """Start listening; after a stop, on the same port as before."""
        self._server = await asyncio.start_server(
            self._on_connection, "127.0.0.1", self._port, limit=HEAD_LIMIT
        )
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop_listening(self) -> None:
        """Stop listening, so that connections are refused, and close existing ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
            for _ in range(_ROUNDS_TO_ACCEPT):
                await asyncio.sleep(0)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        while self._unread:
            self._unread.pop().transport.abort()

    async def until_received(self, count: int) -> None:
        """Wait until `count` requests have been received in total."""
        async with asyncio.timeout(HANG):
            while len(self.requests) < count:
                self._arrived.clear()
                await self._arrived.wait()

    async def until_idle(self) -> None:
        """Wait until all connections have ended."""
        if self._tasks:
            _, unfinished = await asyncio.wait(self._tasks, timeout=HANG)
            assert not unfinished

    async def forward(self, seen: ReceivedRequest) -> Reply:
        """Send a request to the upstream server and return its complete response."""
        async with self._to_server(seen, {"connection": "close"}) as (reader, _writer):
            raw = await reader.read()
        head, _, body = raw.partition(b"\r\n\r\n")
        status, headers = _parse_head(head)
        if headers.pop("transfer-encoding", "") == "chunked":
            body = _decode_chunks(body)
        return Reply(status.split(" ", 1)[1], headers, body)

    def _on_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection in a task, registered at once for `stop_listening` to cancel."""
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        # As callbacks, they also run if the task is canceled before it starts.
        task.add_done_callback(lambda _: self._close(writer))
        task.add_done_callback(self._tasks.discard)

    def _close(self, writer: asyncio.StreamWriter) -> None:
        writer.close()
        if writer.transport.get_write_buffer_size():
            self._unread.add(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # These are raised when the client disconnects or the test ends.
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self._serve_one(reader, writer)

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.readexactly(1)
        if first == _TLS_HANDSHAKE:
            return  # close the connection, as plain HTTP servers do; else the client would wait
        start, headers = _parse_head(first + await reader.readuntil(b"\r\n\r\n"))
        method, target, _ = start.split(" ")
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        seen = ReceivedRequest(method, target, headers, body)
        self.requests.append(seen)
        self._arrived.set()
        fault = self._fault(seen)
        exchange = Exchange(self, seen, writer)
        if fault is not None:
            await fault(exchange)
        elif headers.get("upgrade") == "websocket":
            await self._serve_stream(seen, reader, writer)
        else:
            await exchange.send((await exchange.forward()).encode())

    def _fault(self, seen: ReceivedRequest) -> Fault | None:
        if self._queued:
            return self._queued.popleft()
        return self.plan.fault(seen) if self.plan else self.always

    def _stream_fault(self) -> StreamFault:
        if self._streams:
            return self._streams.popleft()
        return self.next_stream_fault() if self.next_stream_fault else lambda frames: frames

    async def _serve_stream(
        self, seen: ReceivedRequest, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        stream_fault = self._stream_fault()
        headers = {"connection": "Upgrade", "sec-websocket-extensions": ""}  # no compression
        async with self._to_server(seen, headers) as (from_server, to_server):
            writer.write(await from_server.readuntil(b"\r\n\r\n"))
            directions = [
                asyncio.create_task(_copy(reader, to_server)),
                asyncio.create_task(_send(stream_fault(_read_frames(from_server)), writer)),
            ]
            try:
                await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for direction in directions:
                    direction.cancel()
                await asyncio.gather(*directions, return_exceptions=True)

    @asynccontextmanager
    async def _to_server(
        self, seen: ReceivedRequest, changed_headers: dict[str, str]
    ) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter], None]:
        assert self.upstream, f"no fault answers {seen.method} {seen.target}"
        host, port = self.upstream
        reader, writer = await asyncio.open_connection(host, port, limit=HEAD_LIMIT)
        try:
            headers = {**seen.headers, **changed_headers, "host": f"{host}:{port}"}
            lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value)
            writer.write(f"{seen.method} {seen.target} HTTP/1.1\r\n{lines}\r\n".encode())
            writer.write(seen.body)
            yield reader, writer
        finally:
            self._close(writer)


def _parse_head(head: bytes) -> tuple[str, dict[str, str]]:
    start, *lines = head.decode("latin-1").rstrip().split("\r\n")
    pairs = (line.split(":", 1) for line in lines)
    return start, {name.lower(): value.strip() for name, value in pairs}


def _decode_chunks(body: bytes) -> bytes:
    decoded = b""
    while (head := re.match(rb"([0-9a-fA-F]+)[^\r]*\r\n", body)) and (size := int(head[1], 16)):
        decoded += body[head.end() : head.end() + size]
        body = body[head.end() + size + 2 :]
    return decoded


def _reset(writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(HEAD_LIMIT):
        writer.write(data)
        await writer.drain()


async def _send(frames: Frames, writer: asyncio.StreamWriter) -> None:
    try:
        async for frame in frames:
            writer.write(frame.encode())
            await writer.drain()
    except Cut:
        _reset(writer)


async def _read_frames(reader: asyncio.StreamReader) -> Frames:
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            first, size = await reader.readexactly(2)
            assert first & 0x80, "a fragmented frame"
            if size == 126:
                (size,) = struct.unpack("!H", await reader.readexactly(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", await reader.readexactly(8))
            yield Frame(first & 0x0F, await reader.readexactly(size))
