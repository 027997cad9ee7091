"""Serves one data directory on loopback, in the foreground, until it is stopped.

docs/upstream/uvicorn-server.md says which behavior of uvicorn is replaced here, and why.
"""

import asyncio
import json
import logging
import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from typing import Any

import h11
import uvicorn
from pydantic import SecretStr
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from studio_tui.errors import ConfigError
from studio_tui.files import read_text, write_private
from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.config.disk_limits import read_max_age
from studio_tui.local.config.team import TEAM
from studio_tui.local.http.app import create_app
from studio_tui.local.locks import hold
from studio_tui.local.server.disk_usage import prune
from studio_tui.local.server.studio import Studio, open_studio

HOST = "127.0.0.1"

HEAD_SECONDS = 10.0
"""Maximum time for the head of a request to arrive."""

KEEP_ALIVE_SECONDS = 75
"""Idle time after which a connection is closed."""

GRACE_SECONDS = 3
"""Time that pending requests and websockets have to finish when the server stops."""

_LOCK_SECONDS = 1.0
"""How long to wait for the lock: whoever holds it longer is a server."""

_ROUNDS_TO_CONNECT = 2
"""Rounds of the event loop in which a connection that asyncio has accepted reaches uvicorn."""

_MAX_MESSAGE_BYTES = 64 * 1024
"""Limit on a websocket message from a client."""


class Server(uvicorn.Server):
    """uvicorn without its signal handlers and without its ten wake-ups per second."""

    def __init__(
        self,
        config: uvicorn.Config,
        on_start: Callable[[], None],
        on_stop: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._on_start = on_start
        self._on_stop = on_stop
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Stop accepting, give pending requests `GRACE_SECONDS`, and return from `serve`."""
        self.should_exit = True
        self._stopping.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Call `on_stop` before releasing the port."""
        self._on_stop()
        loop = asyncio.get_running_loop()
        for server in self.servers:
            for listener in server.sockets:
                loop.remove_reader(listener.fileno())
        # asyncio accepts a connection in one round of its loop, adds it to the server in the next,
        # and tells the protocol in the third. uvicorn would never close a connection that its
        # protocol learns of after the shutdown.
        for _ in range(_ROUNDS_TO_CONNECT):
            await asyncio.sleep(0)
        await super().shutdown(sockets)

    async def main_loop(self) -> None:
        """Sleep until `stop`; uvicorn's own loop only renews a date header, which is off."""
        await self.on_tick(0)
        self._on_start()
        await self._stopping.wait()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone; `_stop_on_signals` handles them."""
        yield


class HeadTimeoutProtocol(H11Protocol):
    """uvicorn's HTTP with a time limit for the head of a request."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        """Run the timer while the head of a request is incomplete."""
        super().data_received(data)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._expect_nothing()

    def _expect_head(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._expect_nothing()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _expect_nothing(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class PromptWebSocket(WebSocketsSansIOProtocol):
    """A websocket that ends with the server, even if the client has stopped reading."""

    def shutdown(self) -> None:
        """Send a close frame, or abort a connection that the client is already closing."""
        if self.transport.is_closing() and not self.close_sent:
            self.transport.abort()
        else:
            super().shutdown()


async def serve(
    data: DataDir,
    port: int | None,
    on_start: Callable[[Server, str], None],
) -> None:
    """Serve until SIGTERM, SIGINT or `Server.stop`; jobs are left running.

    `port` is `None` for the port used last or, if that is taken, any. `on_start` is called with the
    server and its URL once the server answers.

    Raises:
        ConfigError: Another server runs in the data directory, or a file or the port is unusable.
    """
    data.prepare()
    with _lock(data):
        try:
            data.state.unlink(missing_ok=True)
            token = _load_token(data)
        except OSError as error:
            raise data.unusable(error) from error
        except ValueError as error:
            sentence = (
                f"The token in {data.token} cannot be used: {error}. Remove it to get a new one."
            )
            raise ConfigError(sentence) from error
        async with open_studio(data, token) as studio:
            max_age = read_max_age(data.disk_limits)
            with _listen(data, port) as listener:
                await _serve(data, studio, listener, on_start, max_age)


async def _serve(
    data: DataDir,
    studio: Studio,
    listener: socket.socket,
    on_start: Callable[[Server, str], None],
    max_age: timedelta | None,
) -> None:
    port = listener.getsockname()[1]
    url = f"http://{HOST}:{port}"

    def withdraw() -> None:
        # Before the port is released, as another program may take it then. A state file without a
        # server means that the server crashed.
        with suppress(OSError):
            data.state.unlink(missing_ok=True)

    server = Server(
        _uvicorn_config(create_app(studio, port)), lambda: on_start(server, url), withdraw
    )
    logging.getLogger("uvicorn.error").addFilter(_is_real_error)
    with _stop_on_signals(server):
        try:
            _publish(data, studio, url, port)
        except OSError as error:
            raise data.unusable(error) from error
        async with asyncio.TaskGroup() as tasks:
            dispatching = tasks.create_task(studio.dispatcher.run(), name="dispatcher")
            scheduling = tasks.create_task(studio.scheduler.run(), name="scheduler")
            pruning = tasks.create_task(prune(data, max_age), name="pruning")
            await server.serve(sockets=[listener])
            pruning.cancel()
            scheduling.cancel()
            dispatching.cancel()


def _uvicorn_config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=HeadTimeoutProtocol,
        ws=PromptWebSocket,
        ws_max_size=_MAX_MESSAGE_BYTES,
        # Compressing a log for a reader on the same machine costs more than it saves.
        ws_per_message_deflate=False,
        lifespan="off",
        proxy_headers=False,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def _is_real_error(record: logging.LogRecord) -> bool:
    """Whether a record is not the error that uvicorn logs after every refused websocket."""
    return record.msg != "ASGI callable returned without completing handshake."


@contextmanager
def _stop_on_signals(server: Server) -> Iterator[None]:
    signals: Sequence[signal.Signals] = ()
    if threading.current_thread() is threading.main_thread():
        signals = (signal.SIGTERM, signal.SIGINT)
    loop = asyncio.get_running_loop()
    for number in signals:
        loop.add_signal_handler(number, server.stop)
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


@contextmanager
def _lock(data: DataDir) -> Iterator[None]:
    """Hold the lock of a data directory, or raise `ConfigError`."""
    with ExitStack() as stack:
        try:
            # Others hold the lock for a moment: a process that checks for a server, and the fork of
            # a killed server that was about to execute a shim.
            lock = stack.enter_context(hold(data.lock, _LOCK_SECONDS))
        except OSError as error:
            raise data.unusable(error) from error
        if lock is None:
            raise ConfigError(f"A local Studio already runs in {data.root}.")
        yield


def _load_token(data: DataDir) -> SecretStr:
    """Return the token of the data directory, if necessary a new one.

    Raises:
        ValueError: The file contains something that cannot be a token.
    """
    with suppress(FileNotFoundError):
        if not data.token.is_symlink():
            data.token.chmod(0o600)
        saved = read_text(data.token).strip()
        if saved and not (saved.isascii() and saved.isprintable() and " " not in saved):
            raise ValueError("a token cannot contain such characters")
        if saved:
            return SecretStr(saved)
    token = secrets.token_urlsafe(32)
    write_private(data.token, f"{token}\n")
    return SecretStr(token)


@contextmanager
def _listen(data: DataDir, port: int | None) -> Iterator[socket.socket]:
    """Bind `port`; if it is `None`, the port used last or, if that is taken, any."""
    # The protocol is explicit: otherwise asyncio leaves Nagle's algorithm on, and each answer
    # takes 40 ms.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for candidate in (_last_port(data), 0) if port is None else (port,):
            try:
                listener.bind((HOST, candidate))
            except OSError as error:
                refusal = error
            else:
                break
        else:
            raise ConfigError(f"Port {port} of {HOST} cannot be used: {refusal.strerror}.")
        listener.listen()  # so that those who find the state file are answered, if a bit later
        yield listener


def _last_port(data: DataDir) -> int:
    try:
        port = int(read_text(data.port))
    except (OSError, ValueError):
        return 0
    return port if 1024 <= port <= 65535 else 0


def _publish(data: DataDir, studio: Studio, url: str, port: int) -> None:
    token = studio.token.get_secret_value()
    # JSON quotes these values as TOML does.
    credentials = {"url": url, "token": token, "team": TEAM}
    lines = [f"{key} = {json.dumps(value)}" for key, value in credentials.items()]
    write_private(data.cli_config / "config", "\n".join(["[studio]", *lines, ""]))
    write_private(data.port, f"{port}\n")
    state = {"url": url, "pid": os.getpid(), "instance": studio.instance}
    write_private(data.state, json.dumps(state, indent=2) + "\n")
