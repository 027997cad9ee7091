"""Each way in which a request can fail, and the error that the client raises."""

import asyncio
import gzip
import logging
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
import pytest

from studio_tui import errors
from studio_tui.api import transport
from studio_tui.api.client import StudioClient
from studio_tui.api.models import JobInput
from tests.api.conftest import TOKEN, settings_for
from tests.fault_proxy import Exchange, Fault, FaultProxy
from tests.faults import (
    answer,
    answer_json,
    drip,
    drop_response,
    endless,
    gzip_bomb,
    html_502,
    redirect,
    reset,
    reset_in_body,
    stall,
    too_many_requests,
    truncated,
)

JOBS = [{"id": f"job-{number}", "name": "n" * 50} for number in range(50)]
JOB = JobInput(query="print(1)", team_name="a team")


@pytest.fixture
async def upstream() -> AsyncIterator[FaultProxy]:
    """A server that answers every request with the same jobs."""
    async with FaultProxy(always=answer_json(JOBS)) as upstream:
        yield upstream


@pytest.fixture
async def proxy(upstream: FaultProxy) -> AsyncIterator[FaultProxy]:
    """A proxy in front of `upstream`."""
    async with FaultProxy.in_front_of(upstream.url) as proxy:
        yield proxy


@pytest.fixture
async def client(proxy: FaultProxy, impatience: None) -> AsyncIterator[StudioClient]:  # noqa: ARG001
    """A client of `proxy` with short time limits."""
    async with StudioClient(settings_for(proxy.url)) as client:
        yield client


async def test_the_fault_proxy_changes_nothing_without_a_fault(client: StudioClient) -> None:
    assert len((await client.jobs()).items) == 50


async def test_a_refused_connection_raises_not_sent(
    client: StudioClient, proxy: FaultProxy
) -> None:
    await proxy.stop_listening()
    for request in (client.jobs(), client.create_job(JOB)):
        with pytest.raises(errors.NotSent, match="refuses connections"):
            await request
    await proxy.start_listening()
    assert (await client.jobs()).items


async def test_a_host_that_does_not_exist_is_named() -> None:
    async with StudioClient(settings_for("http://nowhere.invalid")) as client:
        with pytest.raises(errors.NotSent, match=r"host nowhere\.invalid"):
            await client.jobs()


async def test_a_server_that_does_not_answer_causes_a_timeout(
    client: StudioClient, proxy: FaultProxy
) -> None:
    proxy.queue(stall)
    with pytest.raises(errors.RequestTimedOut, match="did not answer in time"):
        await client.jobs()


async def test_a_connection_that_is_not_accepted_in_time_is_no_answer(
    client: StudioClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never_connect(*_: object, **__: object) -> None:
        raise httpx.ConnectTimeout("")

    monkeypatch.setattr(httpx.AsyncClient, "send", never_connect)
    with pytest.raises(errors.NotSent, match="did not answer in time") as caught:
        await client.jobs()
    assert caught.value.brief == errors.NO_ANSWER


async def test_a_slow_response_ends_at_the_deadline_of_the_whole_request(
    client: StudioClient, proxy: FaultProxy
) -> None:
    proxy.queue(drip(0.1))  # each byte arrives within the limit for one read
    with pytest.raises(errors.RequestTimedOut):
        await client.jobs()


@pytest.mark.parametrize(
    ("fault", "error_class", "words"),
    [
        (reset, errors.TransportError, "closed the connection"),
        (reset_in_body(100), errors.TransportError, "closed the connection"),
        (truncated(100), errors.ProtocolError, "not complete JSON"),
        (answer("no"), errors.ProtocolError, "not complete JSON"),
        (html_502(), errors.ServerError, "502 Bad Gateway"),
    ],
)
async def test_an_incomplete_answer_is_an_error_and_the_next_request_works(
    client: StudioClient,
    proxy: FaultProxy,
    fault: Fault,
    error_class: type[errors.StudioError],
    words: str,
) -> None:
    proxy.queue(fault)
    with pytest.raises(errors.StudioError, match=words) as caught:
        await client.jobs()
    assert type(caught.value) is error_class
    assert (await client.jobs()).items


async def test_a_gzip_bomb_is_not_inflated(
    client: StudioClient, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "LARGEST_ANSWER", 4 * 1024 * 1024)
    proxy.always = gzip_bomb(64 * 1024 * 1024)
    tracemalloc.start()
    try:
        with pytest.raises(errors.ProtocolError, match="ask for less"):
            await client.jobs()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 * 1024 * 1024


async def test_the_connection_of_an_endless_body_is_closed(
    client: StudioClient, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "LARGEST_ANSWER", 1024 * 1024)
    proxy.queue(endless)
    with pytest.raises(errors.ProtocolError, match="ask for less"):
        await client.jobs()
    await proxy.until_idle()


async def test_a_body_that_is_too_large_is_refused(
    client: StudioClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "LARGEST_ANSWER", 1024)
    with pytest.raises(errors.ProtocolError, match="ask for less"):
        await client.jobs()
    monkeypatch.setattr(transport, "LARGEST_ANSWER", 1024 * 1024)
    assert (await client.jobs()).items


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate", "identity"])
async def test_a_compressed_body_is_read(
    client: StudioClient, proxy: FaultProxy, encoding: str
) -> None:
    body = b'[{"id": "a"}]'
    packed = body if encoding == "identity" else gzip.compress(body)
    if encoding == "deflate":
        packed = zlib.compress(body)
    proxy.queue(answer(packed, content_encoding=encoding))
    assert (await client.jobs()).items[0].id == "a"


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(b'[{"id": ', mtime=0) + gzip.compress(b'"a"}]', mtime=0),
        gzip.compress(b'[{"id": "a"}]', mtime=0) + gzip.compress(b"", mtime=0),
        gzip.compress(b'[{"id": "a"}]', mtime=0) + bytes(512),
        gzip.compress(b'[{"id": ', mtime=0) + bytes(8) + gzip.compress(b'"a"}]', mtime=0),
    ],
)
async def test_a_body_of_several_members_or_with_padding_is_read(
    client: StudioClient, proxy: FaultProxy, packed: bytes
) -> None:
    proxy.queue(answer(packed, content_encoding="gzip"))
    assert (await client.jobs()).items[0].id == "a"


async def test_an_empty_body_is_empty_whatever_its_compression(
    client: StudioClient, proxy: FaultProxy
) -> None:
    proxy.queue(answer(b"", content_encoding="gzip", content_type="text/plain"))
    body = await client.job_logs("a")
    assert (body.data, body.total) == (b"", 0)


@pytest.mark.parametrize(
    ("packed", "encoding", "words"),
    [
        (b"no gzip at all", "gzip", "compressed incorrectly"),
        (gzip.compress(b"[]", mtime=0)[:1], "gzip", "middle of its compression"),
        (
            gzip.compress(b"[]", mtime=0) + gzip.compress(b"[]", mtime=0)[:-1],
            "gzip",
            "middle of its compression",
        ),
        (gzip.compress(b"[]" * 1000, mtime=0)[:-9], "gzip", "middle of its compression"),
        (b"[]", "br", "encoded as br"),
    ],
)
async def test_a_body_that_cannot_be_inflated_is_a_protocol_error(
    client: StudioClient, proxy: FaultProxy, packed: bytes, encoding: str, words: str
) -> None:
    proxy.queue(answer(packed, content_encoding=encoding))
    with pytest.raises(errors.ProtocolError, match=words):
        await client.jobs()


async def test_json_of_another_content_type_is_read(
    client: StudioClient, proxy: FaultProxy
) -> None:
    proxy.queue(answer("[]", content_type="text/plain"))
    assert (await client.jobs()).items == ()


async def test_the_content_of_a_web_page_is_not_in_the_error(
    client: StudioClient, proxy: FaultProxy
) -> None:
    proxy.queue(
        answer("<!doctype html><p>Log in to Corp WiFi", content_type="text/html"), html_502()
    )
    with pytest.raises(errors.ProtocolError, match="web page") as caught:
        await client.jobs()
    assert "WiFi" not in str(caught.value)
    with pytest.raises(errors.ServerError, match="502 Bad Gateway") as caught_502:
        await client.jobs()
    assert "nginx" not in str(caught_502.value)


@pytest.mark.parametrize("is_read", [True, False])
async def test_a_redirect_is_not_followed(
    client: StudioClient, proxy: FaultProxy, upstream: FaultProxy, is_read: bool
) -> None:
    async with FaultProxy(always=answer_json([])) as elsewhere:
        proxy.queue(redirect(f"{elsewhere.url}/api/datachain/jobs/?secret=1"))
        with pytest.raises(errors.ProtocolError, match=r"redirects to 127\.0\.0\.1\b") as caught:
            await (client.jobs() if is_read else client.create_job(JOB))
        assert "secret" not in str(caught.value)
        assert elsewhere.requests == []
        assert upstream.requests == []


async def test_no_cookie_is_kept(client: StudioClient, proxy: FaultProxy) -> None:
    proxy.queue(answer("[]", set_cookie="session=1; Path=/"), None)
    await client.jobs()
    await client.jobs()
    assert "cookie" not in proxy.requests[-1].headers


async def test_a_429_error_has_the_seconds_of_retry_after(
    client: StudioClient, proxy: FaultProxy
) -> None:
    proxy.queue(too_many_requests("7"))
    with pytest.raises(errors.RateLimited) as caught:
        await client.jobs()
    assert caught.value.retry_after == 7


async def test_a_server_error_of_a_read_keeps_its_retry_after(
    client: StudioClient, proxy: FaultProxy
) -> None:
    proxy.queue(answer_json({"message": "resting"}, "503 Service Unavailable", retry_after="9"))
    with pytest.raises(errors.ServerError, match="resting") as caught:
        await client.jobs()
    assert (caught.value.status, caught.value.retry_after) == (503, 9)


@pytest.mark.parametrize("fault", [stall, reset, drop_response, html_502(), reset_in_body(5)])
async def test_a_write_without_a_clear_answer_has_an_unknown_outcome(
    client: StudioClient, proxy: FaultProxy, fault: Fault
) -> None:
    proxy.queue(fault)
    with pytest.raises(errors.OutcomeUnknown, match="may or may not"):
        await client.create_job(JOB)
    assert len(proxy.requests) == 1


@pytest.mark.parametrize(
    "fault",
    [
        answer("<html>welcome"),
        answer_json({"no": "id"}),
        answer(b"no gzip", content_encoding="gzip"),
        answer(status="200 OK"),
    ],
)
async def test_a_new_job_whose_response_has_no_id_has_an_unknown_outcome(
    client: StudioClient, proxy: FaultProxy, fault: Fault
) -> None:
    proxy.queue(fault)
    with pytest.raises(errors.OutcomeUnknown, match="Studio accepted"):
        await client.create_job(JOB)


@pytest.mark.parametrize(
    ("status", "error_class"),
    [
        ("400 Bad Request", errors.InvalidRequest),
        ("409 Conflict", errors.InvalidRequest),
        ("429 Too Many Requests", errors.RateLimited),
        ("501 Not Implemented", errors.ServerError),
        ("507 Insufficient Storage", errors.ServerError),
    ],
)
async def test_a_refused_write_has_a_known_outcome(
    client: StudioClient, proxy: FaultProxy, status: str, error_class: type[errors.StatusError]
) -> None:
    proxy.queue(answer_json({"message": "no room"}, status))
    with pytest.raises(error_class):
        await client.create_job(JOB)


async def test_a_write_whose_response_was_lost_reached_the_server(
    client: StudioClient, proxy: FaultProxy, upstream: FaultProxy
) -> None:
    proxy.queue(drop_response)
    with pytest.raises(errors.OutcomeUnknown):
        await client.cancel_job("a")
    assert [request.path for request in upstream.requests] == ["/api/datachain/jobs/a/cancel"]


async def test_the_status_determines_the_error_when_the_body_is_lost(
    client: StudioClient, proxy: FaultProxy
) -> None:
    async def send_head_and_reset(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\n{")
        await exchange.reset()

    proxy.queue(send_head_and_reset)
    with pytest.raises(errors.PermissionDenied, match="403 Forbidden"):
        await client.jobs()


async def test_the_bearer_scheme_is_tried_first_and_token_after_a_refusal(
    client: StudioClient, proxy: FaultProxy
) -> None:
    refused = answer_json({"detail": "Unauthorized"}, "401 Unauthorized")
    proxy.queue(refused, None, None)
    await client.jobs()
    await client.jobs()
    authorizations = [request.headers["authorization"] for request in proxy.requests]
    assert authorizations == [f"Bearer {TOKEN}", f"token {TOKEN}", f"token {TOKEN}"]


async def test_a_wrong_token_is_refused_after_both_schemes(
    client: StudioClient, proxy: FaultProxy
) -> None:
    proxy.always = answer_json({"detail": "Unauthorized"}, "401 Unauthorized")
    with pytest.raises(errors.AuthenticationError, match="refused the token: Unauthorized"):
        await client.create_job(JOB)
    assert len(proxy.requests) == 2


async def test_a_server_error_does_not_decide_the_authentication_scheme(
    client: StudioClient, proxy: FaultProxy
) -> None:
    refused = answer_json({}, "401 Unauthorized")
    proxy.queue(html_502(), refused, None)
    with pytest.raises(errors.ServerError):
        await client.jobs()
    assert (await client.jobs()).items


async def test_at_most_six_connections_are_open(proxy: FaultProxy) -> None:
    async def hold(exchange: Exchange) -> None:
        with suppress(TimeoutError):  # a seventh request would arrive within this time
            await asyncio.wait_for(proxy.until_received(transport.CONNECTIONS + 1), 0.3)
        counts.append(len(proxy.requests))
        await answer_json([])(exchange)

    counts: list[int] = []
    proxy.always = hold
    async with StudioClient(settings_for(proxy.url)) as client:
        await asyncio.gather(*(client.clusters() for _ in range(9)))
    assert counts[0] == transport.CONNECTIONS
    assert len(proxy.requests) == 9


async def test_a_request_that_gets_no_connection_is_not_sent_and_says_why(
    proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy.always = stall
    monkeypatch.setattr(transport, "TIMEOUT", httpx.Timeout(60.0, pool=0.1))
    async with StudioClient(settings_for(proxy.url)) as client:
        stalled = [asyncio.create_task(client.jobs()) for _ in range(transport.CONNECTIONS)]
        await proxy.until_received(transport.CONNECTIONS)
        with pytest.raises(errors.NoFreeConnection, match="all 6 connections to"):
            await client.create_job(JOB)
        for task in stalled:
            task.cancel()
        await asyncio.gather(*stalled, return_exceptions=True)


async def test_a_canceled_request_leaves_the_client_usable(
    client: StudioClient, proxy: FaultProxy
) -> None:
    proxy.queue(stall)
    request_task = asyncio.create_task(client.jobs())
    await proxy.until_received(1)
    request_task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request_task
    assert (await client.jobs()).items


async def test_a_request_is_logged_without_its_query(
    client: StudioClient, proxy: FaultProxy, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "studio_tui")
    proxy.queue(None, html_502())
    await client.jobs(status="RUNNING")
    with pytest.raises(errors.ServerError):
        await client.clusters()
    lines = [record.getMessage() for record in caplog.records if "GET" in record.getMessage()]
    assert len(lines) == 2
    assert lines[0].startswith("GET /datachain/jobs/ 200 ")
    assert lines[1].startswith("GET /datachain/clusters/ 502 ")
    assert lines[0].endswith(" ms")


async def test_404_errors_ask_about_the_url_until_a_request_succeeds(
    client: StudioClient, proxy: FaultProxy
) -> None:
    not_found = answer("<html>nothing</html>", status="404 Not Found", content_type="text/html")
    proxy.queue(not_found, not_found, None, not_found)
    for request in (client.jobs, client.clusters):
        with pytest.raises(errors.NotFound, match="is the URL right") as caught:
            await request()
        assert proxy.url in str(caught.value)
        assert "html" not in str(caught.value)
    await client.jobs()
    with pytest.raises(errors.NotFound) as caught:
        await client.clusters()
    assert "is the URL right" not in str(caught.value)
