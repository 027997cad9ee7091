"""Closing a client closes all its connections, whatever its requests are doing."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from studio_tui.api import transport
from studio_tui.api.client import StudioClient
from studio_tui.errors import TransportError
from tests.api.conftest import settings_for
from tests.waiting import HANG, until

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]"


class Server:
    """Answers with an empty list, and keeps connections open until the client closes them."""

    def __init__(self) -> None:
        self.accepted = 0
        """Number of connections so far."""
        self.open = 0
        """Number of open connections."""
        self.answers = True
        """Whether requests are answered."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        self.open += 1
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readuntil(b"\r\n\r\n"):
                if self.answers:
                    writer.write(ANSWER)
        self.open -= 1
        writer.close()


class SlowGuard:
    """Delays each new connection until the test sets `may_continue`."""

    def __init__(self) -> None:
        self.is_waiting = threading.Event()
        self.may_continue = threading.Event()

    def verify(self, _url: str) -> object:
        """Block the thread that opens the connection."""
        self.is_waiting.set()
        assert self.may_continue.wait(HANG)
        return None

    def is_same_server(self, _seal: object) -> bool:
        return True


@pytest.fixture
async def server() -> AsyncIterator[tuple[Server, str]]:
    """A server that counts its connections, and its URL."""
    counting_server = Server()
    listener = await asyncio.start_server(counting_server.serve, "127.0.0.1", 0)
    async with listener:
        yield counting_server, f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"


async def test_a_connection_that_is_being_opened_is_closed_after_its_request(
    server: tuple[Server, str],
) -> None:
    counting_server, url = server
    guard = SlowGuard()
    client = StudioClient(settings_for(url), guard=guard)
    request = asyncio.create_task(client.clusters())
    await until(guard.is_waiting.is_set)
    closing = asyncio.create_task(client.aclose())
    await asyncio.sleep(0)
    guard.may_continue.set()
    assert (await request).items == ()
    await closing
    await until(lambda: counting_server.open == 0)
    assert counting_server.accepted == 1


async def test_closing_a_client_aborts_a_request_without_an_answer(
    server: tuple[Server, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    counting_server, url = server
    monkeypatch.setattr(transport, "CLOSE_SECONDS", 0.01)
    client = StudioClient(settings_for(url))
    counting_server.answers = False
    request = asyncio.create_task(client.clusters())
    await until(lambda: counting_server.open == 1)
    await client.aclose()
    await until(lambda: counting_server.open == 0)
    with pytest.raises(TransportError):
        await request


async def test_connections_are_closed_even_if_closing_is_canceled(
    server: tuple[Server, str],
) -> None:
    counting_server, url = server
    client = StudioClient(settings_for(url))
    await asyncio.gather(*(client.clusters() for _ in range(6)))
    assert counting_server.open > 1
    closing = asyncio.create_task(client.aclose())
    while not closing.done():
        await asyncio.sleep(0)
        closing.cancel()
    await until(lambda: counting_server.open == 0)


async def test_a_client_can_be_used_again_after_it_was_closed(server: tuple[Server, str]) -> None:
    counting_server, url = server
    client = StudioClient(settings_for(url))
    await client.clusters()
    await client.aclose()
    await until(lambda: counting_server.open == 0)
    await client.clusters()
    assert counting_server.accepted == 2
    await client.aclose()
