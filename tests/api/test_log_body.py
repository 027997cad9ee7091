"""Reading a job's log over REST, whole or in part."""

import pytest

from studio_tui.api import transport
from studio_tui.api.client import StudioClient
from studio_tui.api.log_body import LogBody
from studio_tui.errors import BrokenAnswer, NotFound, ProtocolError
from tests.fault_proxy import Exchange, Fault, FaultProxy, Reply
from tests.faults import answer, answer_json

LOG = b"first\nsecond \x1b[31m\xff\nthird"


def range_start(header: str, length: int) -> int:
    """Return the start of the range `N-` or `-N` in a log of `length` bytes."""
    first, _, last = header.removeprefix("bytes=").partition("-")
    return int(first) if first else max(length - int(last), 0)


async def with_ranges(exchange: Exchange) -> None:
    """Answer like a server that supports ranges and ETags (RFC 9110, sections 13 and 14)."""
    headers = {"content-type": "text/plain", "etag": '"v1"'}
    range_header = exchange.seen.headers.get("range", "")
    if exchange.seen.headers.get("if-none-match") == '"v1"':
        reply = Reply("304 Not Modified", headers, b"")
    elif not range_header:
        reply = Reply("200 OK", headers, LOG)
    elif (start := range_start(range_header, len(LOG))) >= len(LOG):
        headers["content-range"] = f"bytes */{len(LOG)}"
        reply = Reply("416 Range Not Satisfiable", headers, b"")
    else:
        headers["content-range"] = f"bytes {start}-{len(LOG) - 1}/{len(LOG)}"
        reply = Reply("206 Partial Content", headers, LOG[start:])
    await exchange.send(reply.encode())


SERVERS = {"with ranges": with_ranges, "without ranges": answer(LOG, content_type="text/plain")}


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("offset", [0, 1, 6, len(LOG) - 1])
async def test_a_log_is_read_from_an_offset_with_and_without_range_support(
    client: StudioClient, proxy: FaultProxy, server: str, offset: int
) -> None:
    proxy.queue(SERVERS[server])
    body = await client.job_logs("job", offset=offset)
    assert (body.data, body.offset, body.total) == (LOG[offset:], offset, len(LOG))
    assert not body.more
    assert not body.unchanged


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("offset", [len(LOG), len(LOG) + 10])
async def test_a_log_that_ends_before_the_offset_returns_no_data_and_its_total(
    client: StudioClient, proxy: FaultProxy, server: str, offset: int
) -> None:
    proxy.queue(SERVERS[server])
    body = await client.job_logs("job", offset=offset)
    assert (body.data, body.total) == (b"", len(LOG))


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("length", [1, 5, len(LOG), len(LOG) + 9])
async def test_the_end_of_a_log_is_read_with_its_offset_with_and_without_range_support(
    client: StudioClient, proxy: FaultProxy, server: str, length: int
) -> None:
    proxy.queue(SERVERS[server])
    body = await client.job_log_end("job", length)
    assert (body.data, body.total) == (LOG[-length:], len(LOG))
    assert body.offset == max(len(LOG) - length, 0)
    assert proxy.requests[0].headers["range"] == f"bytes=-{length}"


async def test_the_end_of_a_log_sent_as_json_is_read_with_its_offset(
    client: StudioClient, proxy: FaultProxy
) -> None:
    proxy.queue(answer_json("one\ntwo"))
    assert await client.job_log_end("job", 3) == LogBody(b"two", 4, 7, None)


async def test_an_empty_log_has_an_empty_end(client: StudioClient, proxy: FaultProxy) -> None:
    status = "416 Range Not Satisfiable"
    proxy.queue(answer(b"", status=status, content_type="text/plain", content_range="bytes */0"))
    assert await client.job_log_end("job", 9) == LogBody(b"", 0, 0, None, is_exact=True)


async def test_an_unchanged_end_of_a_log_is_not_sent_again(
    client: StudioClient, proxy: FaultProxy
) -> None:
    proxy.queue(with_ranges, with_ranges)
    first = await client.job_log_end("job", 5)
    again = await client.job_log_end("job", 5, etag=first.etag)
    assert again.unchanged
    assert again.etag == first.etag


async def test_the_end_is_cut_from_a_whole_log_unless_the_log_is_too_large(
    client: StudioClient, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = bytes(range(256)) * 4096
    proxy.queue(answer(log, content_type="text/plain"))
    body = await client.job_log_end("job", 4096)
    assert (body.data, body.offset, body.total) == (log[-4096:], len(log) - 4096, len(log))
    monkeypatch.setattr(transport, "LARGEST_ANSWER", 10)
    proxy.queue(answer(LOG, content_type="text/plain"))
    with pytest.raises(ProtocolError, match="ask for less"):
        await client.job_log_end("job", 5)


async def test_an_unchanged_log_is_not_sent_again(client: StudioClient, proxy: FaultProxy) -> None:
    proxy.queue(with_ranges, with_ranges)
    first = await client.job_logs("job")
    again = await client.job_logs("job", offset=len(first.data), etag=first.etag)
    assert again == LogBody(b"", len(LOG), None, '"v1"', unchanged=True)


async def test_a_log_is_requested_uncompressed(client: StudioClient, proxy: FaultProxy) -> None:
    proxy.queue(with_ranges)
    await client.job_logs("a b/c", offset=3)
    request = proxy.requests[0]
    assert request.path == "/api/datachain/jobs/a%20b%2Fc/logs"
    assert request.query == {"team_name": "a team"}
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["range"] == "bytes=3-"


async def test_a_large_log_is_read_in_parts(
    client: StudioClient, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "LARGEST_ANSWER", 10)
    log, more = b"", True
    while more:
        proxy.queue(answer(LOG, content_type="text/plain"))
        body = await client.job_logs("job", offset=len(log))
        assert body.offset == len(log)
        log, more = log + body.data, body.more
    assert log == LOG
    assert len(proxy.requests) == 3


def part(data: bytes, content_range: str) -> Fault:
    """Return an answer with a part of a log and this Content-Range, which may be wrong."""
    status = "206 Partial Content"
    return answer(
        data, status=status, content_type="text/plain", content_range=f"bytes {content_range}"
    )


async def test_a_part_that_ends_before_the_log_ends_is_not_the_last(
    client: StudioClient, proxy: FaultProxy
) -> None:
    proxy.queue(part(LOG[1:3], f"1-2/{len(LOG)}"))
    body = await client.job_logs("job", offset=1)
    assert (body.data, body.total, body.more) == (LOG[1:3], len(LOG), True)
    assert body.is_exact


@pytest.mark.parametrize(
    ("data", "content_range"),
    [
        (LOG[1:] * 2, f"1-{len(LOG) - 1}/{len(LOG)}"),
        (LOG[1:3], f"1-{len(LOG) - 1}/{len(LOG)}"),
        (b"", f"1-{len(LOG) - 1}/{len(LOG)}"),
        (LOG[1:], f"1-{len(LOG) - 1}/3"),
        (LOG[2:], f"2-{len(LOG) - 1}/{len(LOG)}"),
        (b"", "1-0/9"),
    ],
    ids=["sent twice", "cut", "empty", "longer than the log", "another part", "backwards"],
)
async def test_a_part_that_contradicts_its_content_range_is_refused_and_can_be_requested_again(
    client: StudioClient, proxy: FaultProxy, data: bytes, content_range: str
) -> None:
    proxy.queue(part(data, content_range), with_ranges)
    with pytest.raises(BrokenAnswer, match="Studio sent"):
        await client.job_logs("job", offset=1)
    assert (await client.job_logs("job", offset=1)).data == LOG[1:]


async def test_a_part_that_is_cut_because_of_its_size_is_exact(
    client: StudioClient, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "LARGEST_ANSWER", 10)
    proxy.queue(with_ranges)
    body = await client.job_logs("job", offset=1)
    assert (body.data, body.more, body.is_exact) == (LOG[1:11], True, True)


async def test_an_end_that_contradicts_its_content_range_is_refused(
    client: StudioClient, proxy: FaultProxy
) -> None:
    proxy.queue(part(LOG[-4:] * 2, f"{len(LOG) - 4}-{len(LOG) - 1}/{len(LOG)}"))
    with pytest.raises(BrokenAnswer):
        await client.job_log_end("job", 4)


async def test_the_first_part_of_a_log_is_requested_as_a_range_too(
    client: StudioClient, proxy: FaultProxy
) -> None:
    proxy.queue(with_ranges, answer(LOG, content_type="text/plain"))
    assert (await client.job_logs("job")).is_exact
    assert not (await client.job_logs("job")).is_exact
    assert proxy.requests[0].headers["range"] == "bytes=0-"


async def test_a_log_sent_as_json_is_read(client: StudioClient, proxy: FaultProxy) -> None:
    proxy.queue(answer_json("one\ntwo"), answer_json(None))
    assert (await client.job_logs("job", offset=4)).data == b"two"
    assert (await client.job_logs("job")).data == b""


async def test_a_missing_log_is_not_found(client: StudioClient, proxy: FaultProxy) -> None:
    proxy.queue(answer_json({"message": "no log yet"}, "404 Not Found"))
    with pytest.raises(NotFound, match="no log yet"):
        await client.job_logs("job")


@pytest.mark.parametrize(
    "fault",
    [
        answer("<html>", content_type="text/html; charset=utf-8"),
        answer_json({"logs": 1}),
        answer(LOG, status="206 Partial Content", content_type="text/plain"),
        answer(LOG, status="206 Partial Content", content_range="bytes */9"),
        answer(LOG, status="206 Partial Content", content_range="lines 1-2/9"),
        answer(LOG, status="206 Partial Content", content_range=f"bytes 1-{'9' * 5000}/*"),
    ],
)
async def test_a_response_that_is_not_a_log_is_a_protocol_error(
    client: StudioClient, proxy: FaultProxy, fault: Fault
) -> None:
    proxy.queue(fault)
    with pytest.raises(ProtocolError):
        await client.job_logs("job", offset=1)


async def test_a_refused_part_without_the_length_of_the_log_is_reported_as_such(
    client: StudioClient, proxy: FaultProxy
) -> None:
    proxy.queue(answer(b"", status="416 Range Not Satisfiable", content_type="text/plain"))
    with pytest.raises(ProtocolError, match="refused a part of a log without saying how long"):
        await client.job_logs("job", offset=1)


async def test_the_error_for_a_part_beyond_the_end_of_its_log_has_the_length_of_the_log(
    client: StudioClient, proxy: FaultProxy
) -> None:
    proxy.queue(part(LOG[1:3], "1-2/2"))
    with pytest.raises(BrokenAnswer, match="2 bytes of a log, declared as bytes 1 to 2 of 2"):
        await client.job_logs("job", offset=1)
