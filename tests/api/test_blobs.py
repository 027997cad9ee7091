"""Archived logs, which are read from addresses that Studio names."""

import asyncio
import gzip
import ssl
from pathlib import Path

import pytest
from pydantic import SecretStr

from studio_tui import errors
from studio_tui.api import blobs
from studio_tui.api.client import StudioClient
from studio_tui.proxies import Proxies
from tests.api.conftest import settings_for
from tests.fault_proxy import FaultProxy
from tests.faults import answer, redirect, reset, reset_in_body

CERTIFICATES = Path(__file__).parent / "certificates"


async def read(client: StudioClient, url: str) -> bytes:
    """Return the whole archived log at a URL."""
    return b"".join([piece async for piece in client.log_blob(url)])


async def test_an_archive_on_studio_itself_is_read_without_the_token(
    client: StudioClient, proxy: FaultProxy
) -> None:
    log = b"line\xff\n" * 100_000
    proxy.queue(
        answer(log, content_type="application/octet-stream"),
        answer(gzip.compress(log), content_encoding="gzip"),
        answer(gzip.compress(log) + gzip.compress(b"more\n"), content_encoding="gzip"),
    )
    assert await read(client, f"{proxy.url}/archive/1?signature=x%2Fy") == log
    assert await read(client, f"{proxy.url}/archive/2") == log
    assert await read(client, f"{proxy.url}/archive/3") == log + b"more\n", "several members"
    assert proxy.requests[0].target == "/archive/1?signature=x%2Fy"
    assert all("authorization" not in request.headers for request in proxy.requests)


@pytest.mark.parametrize(
    "url",
    [
        "http://archive.example.com/log",
        "ftp://archive.example.com/log",
        "file:///etc/passwd",
        "/relative",
        "",
        "https://user:pw@archive.example.com/log",
        "https://archive.example.com:0/log",
        "https://[::1",
        "https://archive.example.com/\x1b[2J",
        "https://999.0.0.1/log",
    ],
)
async def test_an_archive_at_a_forbidden_address_is_refused(client: StudioClient, url: str) -> None:
    with pytest.raises(errors.ProtocolError, match=r"not (?:allowed|fetched)"):
        await read(client, url)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.0.0.1", "[::1]", "169.254.169.254"])
async def test_an_archive_in_a_private_network_is_refused(client: StudioClient, host: str) -> None:
    with pytest.raises(errors.ProtocolError, match="private network"):
        await read(client, f"https://{host}:1/log")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "localhost", "LOCALHOST.", "a.localhost",
     "10.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[fe80::1%25eth0]", "169.254.169.254"],
)  # fmt: skip
async def test_no_private_address_is_requested_from_a_proxy(host: str) -> None:
    async with FaultProxy(always=answer(b"inside")) as proxy:
        settings = settings_for("https://studio.example.com", proxies=Proxies(SecretStr(proxy.url)))
        async with StudioClient(settings) as client:
            with pytest.raises(errors.ProtocolError, match="private network"):
                await read(client, f"https://{host}:1/log")
        assert proxy.requests == []


@pytest.mark.parametrize(
    ("no_proxy", "targets"),
    [("studio.example.com", ["archive.invalid:443"]), ("archive.invalid", [])],
)
async def test_the_exceptions_from_the_proxy_apply_to_the_host_of_the_archive(
    no_proxy: str, targets: list[str]
) -> None:
    async with FaultProxy(always=answer(status="502 Bad Gateway")) as proxy:
        proxies = Proxies(SecretStr(proxy.url), no_proxy)
        settings = settings_for("https://studio.example.com", proxies=proxies)
        async with StudioClient(settings) as client:
            with pytest.raises(errors.TransportError):
                await read(client, "https://archive.invalid/log")
        assert [request.target for request in proxy.requests] == targets


async def test_an_invalid_proxy_is_reported_if_only_the_archive_needs_it() -> None:
    proxies = Proxies(SecretStr("not a proxy"), "studio.example.com")
    async with StudioClient(settings_for("https://studio.example.com", proxies=proxies)) as client:
        with pytest.raises(errors.ConfigError, match="HTTPS_PROXY must look like"):
            await read(client, "https://archive.invalid/log")


@pytest.mark.parametrize(
    ("address", "is_public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("192.168.0.1", False),
        ("0.0.0.1", False),
        ("224.0.0.1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True),
    ],
)
def test_is_public_tells_public_addresses_from_others(address: str, is_public: bool) -> None:
    assert blobs.is_public(address) is is_public


async def test_the_request_to_a_checked_address_names_the_original_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The server of this test has a private address.
    monkeypatch.setattr(blobs, "is_public", lambda _address: True)
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nlog")
        await writer.drain()
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / "good.pem")
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    settings = settings_for("https://studio.example.com", ca_file=CERTIFICATES / "authority.pem")
    async with StudioClient(settings) as client:
        assert await read(client, f"https://localhost:{port}/log?x=1") == b"log"
    assert f"Host: localhost:{port}".encode() in heads[0]
    assert b"uthorization" not in heads[0]
    server.close()


async def test_an_archive_that_cannot_be_read_is_reported(
    client: StudioClient, proxy: FaultProxy
) -> None:
    proxy.queue(
        answer(status="403 Forbidden"),
        redirect("http://127.0.0.1:9/"),
        reset,
        answer(b"no gzip", content_encoding="gzip"),
    )
    for error_class, words in (
        (errors.ProtocolError, "failed with 403"),
        (errors.ProtocolError, "failed with 307"),
        (errors.TransportError, "closed the connection"),
        (errors.ProtocolError, "compressed incorrectly"),
    ):
        with pytest.raises(error_class, match=words):
            await read(client, f"{proxy.url}/archive")


async def test_an_archive_that_breaks_off_is_an_error() -> None:
    async with (
        FaultProxy(always=answer(b"x" * 1000)) as server,
        FaultProxy.in_front_of(server.url) as proxy,
        StudioClient(settings_for(proxy.url)) as client,
    ):
        proxy.queue(reset_in_body(500))
        with pytest.raises(errors.TransportError):
            await read(client, f"{proxy.url}/archive")
