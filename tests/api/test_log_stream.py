"""Following a log over a websocket, without faults and with each kind of fault."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve

from studio_tui import errors
from studio_tui.api import log_stream
from studio_tui.api.auth import TOKEN
from studio_tui.api.client import StudioClient
from studio_tui.api.log_stream import (
    Blobs,
    Closed,
    LogFrame,
    LogMessage,
    LogMessages,
    Ping,
    RawText,
    ServerMessage,
    StatusFrame,
    Unreadable,
    parse_frames,
)
from tests import faults
from tests.api.conftest import settings_for
from tests.fault_proxy import Fault, FaultProxy
from tests.faults import answer, answer_json

SENT: list[dict[str, Any]] = [
    {"logs": [{"id": 1, "message": "one\n"}, {"id": 2, "message": "two\x1b[31m"}]},
    {"type": "ping"},
    {"logs": [{"id": 3, "message": "\r100%\n"}]},
    {"job": {"status": "COMPLETE"}},
]


def messages(*items: tuple[int, str]) -> LogMessages:
    """Return a frame with chunks of a log, each an id and a text."""
    return LogMessages(tuple(LogMessage(number, RawText(text)) for number, text in items))


RECEIVED: list[LogFrame] = [
    messages((1, "one\n"), (2, "two\x1b[31m")),
    Ping(),
    messages((3, "\r100%\n")),
    StatusFrame("COMPLETE"),
    Closed(1000, ""),
]
"""The frames that the client makes of `SENT` and of the end of the connection."""


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A websocket server that sends `SENT` to each client, and closes the connection."""

    async def follow(connection: ServerConnection) -> None:
        for frame in SENT:
            await connection.send(json.dumps(frame))

    async with serve(follow, "127.0.0.1", 0) as server:
        yield server


@pytest.fixture
async def proxy(server: Server) -> AsyncIterator[FaultProxy]:
    """A proxy in front of `server`."""
    port = server.sockets[0].getsockname()[1]
    async with FaultProxy(("127.0.0.1", port)) as proxy:
        yield proxy


@pytest.fixture
async def client(proxy: FaultProxy) -> AsyncIterator[StudioClient]:
    """A client of `proxy`."""
    async with StudioClient(settings_for(proxy.url)) as client:
        yield client


async def follow_log(client: StudioClient) -> list[LogFrame]:
    """Follow the log to its end; return every frame."""
    async with aclosing(client.follow_log("job 1")) as stream:
        return [frame async for frame in stream]


async def test_every_frame_is_parsed_and_the_last_is_closed(
    client: StudioClient, proxy: FaultProxy
) -> None:
    assert await follow_log(client) == RECEIVED
    request = proxy.requests[0]
    assert request.path == "/api/logs/follow/"
    assert request.query == {"job_id": "job 1", "team_name": "a team"}


async def test_a_broken_connection_is_closed_with_code_1006(
    client: StudioClient, proxy: FaultProxy
) -> None:
    proxy.queue_stream(faults.cut(2))
    received = await follow_log(client)
    assert received[-1] == Closed(1006, "")
    assert received[:-1] == RECEIVED[: len(received) - 1]


async def test_a_silent_connection_times_out(
    client: StudioClient, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_stream, "LONGEST_SILENCE", 0.3)
    proxy.queue_stream(faults.silence(1))
    async with aclosing(client.follow_log("a")) as stream:
        assert await anext(stream) == RECEIVED[0]
        with pytest.raises(errors.RequestTimedOut, match="Nothing was received"):
            await anext(stream)


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1011, 1012, 4401, 4404])
async def test_the_code_and_reason_of_a_close_are_received(
    client: StudioClient, proxy: FaultProxy, code: int
) -> None:
    proxy.queue_stream(faults.replace_after(1, faults.close_frame(code, "because\x1b[2J")))
    assert await follow_log(client) == [RECEIVED[0], Closed(code, "because␛[2J")]


async def test_a_frame_that_is_not_json_is_unreadable_and_later_frames_are_received(
    client: StudioClient, proxy: FaultProxy
) -> None:
    proxy.queue_stream(
        faults.insert_after(1, faults.text_frame("{not json"), faults.text_frame("[1]"))
    )
    expected = [RECEIVED[0], Unreadable(1), Unreadable(1), *RECEIVED[1:]]
    assert await follow_log(client) == expected


async def test_an_invalid_byte_is_replaced_and_the_rest_of_the_frame_is_kept(
    client: StudioClient, proxy: FaultProxy
) -> None:
    invalid = faults.text_frame(b'{"logs": [{"id": 9, "message": "a\xff\\n"}]}')
    proxy.queue_stream(faults.insert_after(0, invalid))
    items = messages((9, "a\N{REPLACEMENT CHARACTER}\n")).items
    assert (await follow_log(client))[0] == LogMessages(items, has_invalid_utf8=True)


async def test_a_frame_with_an_invalid_byte_in_its_only_key_is_unreadable(
    client: StudioClient, proxy: FaultProxy
) -> None:
    invalid = faults.text_frame(b'{"l\xffgs": [{"id": 9, "message": "a\\n"}]}')
    proxy.queue_stream(faults.insert_after(0, invalid))
    assert (await follow_log(client))[0] == Unreadable(1)


async def test_a_frame_that_is_too_large_ends_the_connection(
    client: StudioClient, proxy: FaultProxy
) -> None:
    proxy.queue_stream(faults.insert_after(1, faults.oversized_frame(log_stream.LARGEST_FRAME + 1)))
    received = await follow_log(client)
    assert received[0] == RECEIVED[0]
    assert isinstance(received[-1], Closed)
    assert received[-1].code == 1009


async def test_a_large_frame_is_received(client: StudioClient, proxy: FaultProxy) -> None:
    large = json.dumps({"logs": [{"id": 9, "message": "x" * (4 * 1024 * 1024)}]})
    proxy.queue_stream(faults.insert_after(1, faults.text_frame(large)))
    assert len(await follow_log(client)) == len(RECEIVED) + 1


async def test_repeated_and_swapped_frames_are_returned_in_the_order_received(
    client: StudioClient, proxy: FaultProxy
) -> None:
    proxy.queue_stream(faults.twice, faults.swapped)
    doubled = [frame for frame in RECEIVED[:-1] for _ in range(2)]
    assert await follow_log(client) == [*doubled, RECEIVED[-1]]
    swapped = [RECEIVED[1], RECEIVED[0], RECEIVED[3], RECEIVED[2], RECEIVED[4]]
    assert await follow_log(client) == swapped


async def test_closing_the_stream_early_closes_the_connection(
    client: StudioClient, proxy: FaultProxy
) -> None:
    proxy.queue_stream(faults.silence(1))
    async with aclosing(client.follow_log("job")) as stream:
        await anext(stream)
        disconnected = asyncio.create_task(proxy.until_idle())
        await asyncio.sleep(0)
        assert not disconnected.done()
    await disconnected


async def test_a_refused_connection_raises_not_sent(
    client: StudioClient, proxy: FaultProxy
) -> None:
    await proxy.stop_listening()
    with pytest.raises(errors.NotSent, match="refuses connections"):
        await follow_log(client)


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
async def test_the_token_without_a_scheme_is_tried_first_and_bearer_after_a_refusal(
    client: StudioClient, proxy: FaultProxy, status: str
) -> None:
    proxy.queue(answer_json({"message": "no"}, status))
    assert await follow_log(client) == RECEIVED
    assert await follow_log(client) == RECEIVED
    schemes = [request.headers["authorization"].split(" ")[0] for request in proxy.requests]
    assert schemes == [TOKEN, "Bearer", "Bearer"]


@pytest.mark.parametrize(
    ("fault", "error_class", "words"),
    [
        (answer_json({"detail": "expired"}, "401 Unauthorized"), errors.AuthenticationError, "exp"),
        (answer_json({"message": "team"}, "403 Forbidden"), errors.PermissionDenied, "team"),
        (answer(status="404 Not Found"), errors.NotFound, "did not find"),
        (faults.too_many_requests("4"), errors.RateLimited, "Retry in 4 s"),
        (
            answer_json({}, "429 Too Many Requests", retry_after="5", Retry_After="4"),
            errors.RateLimited,
            "Retry in 4 s",
        ),
        (faults.html_502(), errors.ServerError, "502 Bad Gateway"),
        (faults.redirect("http://127.0.0.1:9/"), errors.ProtocolError, "redirects"),
        (answer("[]"), errors.ProtocolError, "does not serve logs"),
        (answer("", status="101 Switching Protocols"), errors.ProtocolError, "does not serve"),
        (faults.reset, errors.TransportError, "closed the connection"),
    ],
)
async def test_each_failed_handshake_has_its_own_error(
    client: StudioClient,
    proxy: FaultProxy,
    fault: Fault,
    error_class: type[errors.StudioError],
    words: str,
) -> None:
    proxy.always = fault
    with pytest.raises(error_class, match=words):
        await follow_log(client)


async def test_a_redirect_is_not_followed(client: StudioClient, proxy: FaultProxy) -> None:
    async with FaultProxy(always=answer("[]")) as elsewhere:
        proxy.always = faults.redirect(elsewhere.url.replace("http", "ws"))
        with pytest.raises(errors.ProtocolError):
            await follow_log(client)
        assert elsewhere.requests == []


@pytest.mark.parametrize(
    ("text", "frames"),
    [
        (
            '{"message": "gone", "job": {"status": "failed"}, "logs": [{"id": 1, "message": "x"}]}',
            [messages((1, "x")), StatusFrame("FAILED"), ServerMessage("gone")],
        ),
        ('{"log_blobs": ["https://a/1", 2]}', [Blobs(("https://a/1",)), Unreadable(1)]),
        ('{"logs": [{"id": "7", "message": "x"}]}', [messages((7, "x"))]),
        (
            '{"logs": [{"id": true, "message": ""}, {"message": ""}, {"id": 2}, 3, {"id": "x"}]}',
            [Unreadable(5)],
        ),
        (
            '{"logs": [{"id": "x", "message": ""}, {"id": 1, "message": ""}]}',
            [messages((1, "")), Unreadable(1)],
        ),
        ('{"logs": [{"id": 9223372036854775808, "message": ""}]}', [Unreadable(1)]),
        ('{"logs": {"id": 1, "message": "x"}}', [messages((1, "x"))]),
        ('{"logs": [{"id": 1, "message": "\\ud800"}]}', [messages((1, "\ud800"))]),
        ('{"job": {"status": "\\u001b[2J"}}', [StatusFrame("␛[2J")]),
        ('{"message": "\\u202ebad\\n"}', [ServerMessage("bad␊")]),
        ('{"something": "new"}', []),
        ("", [Unreadable(1)]),
        ("[" * 100_000, [Unreadable(1)]),
    ],
)
def test_all_parts_of_a_message_are_parsed(text: str, frames: list[LogFrame]) -> None:
    assert list(parse_frames(text.encode())) == frames
