"""Closing a client leaves no connection open, whatever its requests are doing."""

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
        self.accepted = self.open = 0
        self.answers = True

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
    """Holds up each new connection until it is let through."""

    def __init__(self) -> None:
        self.is_asked = threading.Event()
        self.let_through = threading.Event()

    def verify(self, _url: str) -> object:
        """Wait in the thread that asks."""
        self.is_asked.set()
        assert self.let_through.wait(HANG)
        return None

    def is_same_server(self, _seal: object) -> bool:
        return True


@pytest.fixture
async def server() -> AsyncIterator[tuple[Server, str]]:
    counting = Server()
    listening = await asyncio.start_server(counting.serve, "127.0.0.1", 0)
    async with listening:
        yield counting, f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


async def test_a_connection_that_is_being_opened_is_closed_after_its_request(
    server: tuple[Server, str],
) -> None:
    counting, url = server
    guard = SlowGuard()
    client = StudioClient(settings_for(url), guard=guard)
    asking = asyncio.create_task(client.clusters())
    await until(guard.is_asked.is_set)
    closing = asyncio.create_task(client.aclose())
    await asyncio.sleep(0)
    guard.let_through.set()
    assert (await asking).items == ()
    await closing
    await until(lambda: counting.open == 0)
    assert counting.accepted == 1


async def test_closing_a_client_aborts_a_request_without_an_answer(
    server: tuple[Server, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    counting, url = server
    monkeypatch.setattr(transport, "CLOSE_SECONDS", 0.01)
    client = StudioClient(settings_for(url))
    counting.answers = False
    asking = asyncio.create_task(client.clusters())
    await until(lambda: counting.open == 1)
    await client.aclose()
    await until(lambda: counting.open == 0)
    with pytest.raises(TransportError):
        await asking


async def test_connections_are_closed_even_if_closing_is_canceled(
    server: tuple[Server, str],
) -> None:
    counting, url = server
    client = StudioClient(settings_for(url))
    await asyncio.gather(*(client.clusters() for _ in range(6)))
    assert counting.open > 1
    closing = asyncio.create_task(client.aclose())
    while not closing.done():
        await asyncio.sleep(0)
        closing.cancel()
    await until(lambda: counting.open == 0)


async def test_a_client_can_be_used_again_after_it_was_closed(server: tuple[Server, str]) -> None:
    counting, url = server
    client = StudioClient(settings_for(url))
    await client.clusters()
    await client.aclose()
    await until(lambda: counting.open == 0)
    await client.clusters()
    assert counting.accepted == 2
    await client.aclose()
