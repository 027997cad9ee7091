"""TLS connections: certificates, plain HTTP instead of TLS, and tunnels through a proxy."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import certifi
import pytest
from pydantic import SecretStr

from studio_tui.api import blobs, log_stream
from studio_tui.api.client import StudioClient
from studio_tui.api.models import JobInput
from studio_tui.api.tls import tls_context
from studio_tui.errors import ConfigError, NotSent, ProtocolError, TransportError
from studio_tui.proxies import Proxies
from tests.api.conftest import TOKEN, settings_for
from tests.waiting import await_with_limit

CERTIFICATES = Path(__file__).parent / "certificates"
AUTHORITY = CERTIFICATES / "authority.pem"


@pytest.fixture
async def url(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The URL of a server with the certificate of the parameter; it answers with an empty list."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / f"{request.param}.pem")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n[]")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    yield f"https://localhost:{port}"
    server.close()


async def refusal_of(url: str, ca_file: Path | None = AUTHORITY) -> str:
    """Return the error message, which is the same for a request and for a websocket."""
    client = StudioClient(settings_for(url, ca_file=ca_file))
    async with client:
        with pytest.raises(NotSent) as of_request:
            await client.jobs()
        with pytest.raises(NotSent) as of_stream:
            await anext(client.follow_log("a"))
    assert str(of_request.value) == str(of_stream.value)
    return str(of_request.value)


@pytest.mark.parametrize("url", ["good"], indirect=True)
async def test_a_certificate_of_an_authority_in_the_ca_file_is_trusted(url: str) -> None:
    async with StudioClient(settings_for(url, ca_file=AUTHORITY)) as client:
        assert (await client.jobs()).items == ()


@pytest.mark.parametrize("url", ["good"], indirect=True)
async def test_the_error_for_an_unknown_authority_names_the_ca_file_option(url: str) -> None:
    message = await refusal_of(url, ca_file=None)
    assert "authority" in message
    assert "--ca-file" in message


@pytest.mark.parametrize("url", ["expired"], indirect=True)
async def test_an_expired_certificate_is_reported_as_expired(url: str) -> None:
    assert "has expired" in await refusal_of(url)


@pytest.mark.parametrize("url", ["early"], indirect=True)
async def test_a_certificate_of_the_future_is_reported_as_not_valid_yet(url: str) -> None:
    assert "is not valid yet" in await refusal_of(url)


@pytest.mark.parametrize("url", ["elsewhere"], indirect=True)
async def test_a_certificate_of_another_host_is_reported_as_such(url: str) -> None:
    assert "for another host" in await refusal_of(url)


@pytest.mark.parametrize("url", ["elsewhere"], indirect=True)
async def test_a_certificate_of_another_host_is_refused_for_an_ip_address_too(url: str) -> None:
    assert "for another host" in await refusal_of(url.replace("localhost", "127.0.0.1"))


async def test_a_server_without_tls_is_recognized() -> None:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert "does not speak TLS" in await refusal_of(f"https://127.0.0.1:{port}")
    server.close()


@pytest.mark.parametrize("url", ["good"], indirect=True)
async def test_the_error_for_plain_http_to_a_tls_port_suggests_https(url: str) -> None:
    async with StudioClient(settings_for(url.replace("https:", "http:"))) as client:
        with pytest.raises(TransportError, match="speaks TLS: write https://") as caught:
            await client.jobs()
    assert caught.value.brief == "needs https"


async def test_a_port_that_has_answered_plain_http_is_not_asked_for_tls() -> None:
    connections = 0

    async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        if connections <= 2:
            await reader.readuntil(b"\r\n\r\n")
        if connections == 1:
            writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n[]")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer_once, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with StudioClient(settings_for(f"http://127.0.0.1:{port}")) as client:
        await client.jobs()
        with pytest.raises(TransportError, match="closed the connection"):
            await client.jobs()
    server.close()
    assert connections == 2


async def test_the_error_for_nginx_s_reply_to_plain_http_suggests_https_too() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        page = b"<html>400 The plain HTTP request was sent to HTTPS port</html>"
        head = f"HTTP/1.1 400 Bad Request\r\nContent-Length: {len(page)}\r\n\r\n"
        writer.write(head.encode() + page)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with StudioClient(settings_for(f"http://127.0.0.1:{port}")) as client:
        with pytest.raises(TransportError, match="speaks TLS: write https://"):
            await client.jobs()
    server.close()


def test_unreadable_default_authorities_are_not_reported_as_a_ca_file_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certifi, "where", lambda: str(tmp_path / "missing.pem"))
    with pytest.raises(ConfigError, match="from the CA file of certifi"):
        tls_context(settings_for("https://localhost:1"))


async def test_a_ca_file_without_certificates_is_a_configuration_error(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing here")
    async with StudioClient(settings_for("https://localhost:1", ca_file=empty)) as client:
        with pytest.raises(ConfigError, match=r"No certificates can be read from .*empty\.pem"):
            await client.jobs()


class Tunnel:
    """A proxy that opens tunnels (RFC 9110, section 9.3.6), or refuses if it is given a status."""

    def __init__(self, *, refuses: str) -> None:
        self.heads: list[str] = []
        self.serving: set[asyncio.Task[None]] = set()
        self._refuses = refuses

    def on_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.serving.add(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        if self._refuses:
            writer.write(f"HTTP/1.1 {self._refuses}\r\n\r\n".encode())
        else:
            host, port = head.split(" ")[1].split(":")
            server_reader, server_writer = await asyncio.open_connection(host, int(port))
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            await asyncio.gather(_pipe(reader, server_writer), _pipe(server_reader, writer))
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(4096):
            writer.write(data)
        writer.close()
        await writer.wait_closed()


class ProxiesToThisMachine(Proxies):
    """Uses the proxy for this machine, too, because the servers of tests run on it."""

    def for_url(self, _url: str) -> SecretStr | None:
        return self.https


@pytest.mark.parametrize("url", ["good"], indirect=True)
@pytest.mark.parametrize(
    ("refuses", "words"),
    [
        ("", ""),
        ("407 Proxy Authentication Required", "asks for a user name and password"),
        ("502 Bad Gateway", "did not open a connection to localhost"),
    ],
)
async def test_a_proxy_opens_a_tunnel_and_does_not_receive_the_token(
    url: str, refuses: str, words: str
) -> None:
    tunnel = Tunnel(refuses=refuses)
    server = await asyncio.start_server(tunnel.on_connection, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    proxies = ProxiesToThisMachine(SecretStr(f"http://me:pw@127.0.0.1:{port}"))
    async with StudioClient(settings_for(url, ca_file=AUTHORITY, proxies=proxies)) as client:
        if refuses:
            with pytest.raises(NotSent, match=f"The proxy in HTTPS_PROXY {words}"):
                await client.create_job(JobInput(query="1", team_name="a team"))
            with pytest.raises(NotSent, match=f"The proxy in HTTPS_PROXY {words}"):
                await anext(client.follow_log("a"))
            with pytest.raises(TransportError, match=f"The proxy in HTTPS_PROXY {words}"):
                await anext(client.log_blob(f"{url}/log"))
        else:
            assert (await client.jobs()).items == ()
            with pytest.raises(ProtocolError, match="does not serve logs"):
                await anext(client.follow_log("a"))
    assert len(tunnel.heads) == (3 if refuses else 2)
    for head in tunnel.heads:
        assert head.startswith(f"CONNECT {url.removeprefix('https://')} ")
        assert "Proxy-Authorization: Basic" in head
        assert TOKEN not in head
    server.close()
    await await_with_limit(asyncio.gather(*tunnel.serving), "the tunnel")


@pytest.mark.parametrize(
    ("proxy_host", "words"),
    [
        ("127.0.0.1", "The proxy in HTTPS_PROXY refuses connections: is a proxy running there?"),
        ("proxy.invalid", "The host of the proxy in HTTPS_PROXY does not exist, or"),
    ],
)
async def test_studio_is_not_blamed_for_an_unreachable_proxy(proxy_host: str, words: str) -> None:
    with socket.socket() as closed:  # bound, but not listening
        closed.bind(("127.0.0.1", 0))
        proxies = Proxies(SecretStr(f"http://{proxy_host}:{closed.getsockname()[1]}"))
        settings = settings_for("https://studio.example.com", proxies=proxies)
        async with StudioClient(settings) as client:
            with pytest.raises(NotSent) as of_request:
                await client.jobs()
            with pytest.raises(NotSent) as of_stream:
                await anext(client.follow_log("a"))
            with pytest.raises(TransportError) as of_archive:
                await anext(client.log_blob("https://archive.example.com/log"))
    for caught in (of_request, of_stream, of_archive):
        assert str(caught.value).startswith(words)


@pytest.mark.usefixtures("impatience")
async def test_studio_is_not_blamed_alone_for_a_proxy_that_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(log_stream, "OPEN_TIMEOUT", 0.4)
    monkeypatch.setattr(blobs, "_TIMEOUT", 0.4)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        proxies = Proxies(SecretStr(f"http://127.0.0.1:{silent.getsockname()[1]}"))
        settings = settings_for("https://studio.example.com", proxies=proxies)
        async with StudioClient(settings) as client:
            for attempt, host in (
                (client.jobs(), "studio"),
                (anext(client.follow_log("a")), "studio"),
                (anext(client.log_blob("https://archive.example.com/log")), "archive"),
            ):
                words = f"The proxy in HTTPS_PROXY or {host}.example.com did not answer in time"
                with pytest.raises(TransportError, match=words):
                    await attempt


@pytest.mark.parametrize("url", ["expired"], indirect=True)
async def test_the_certificate_behind_a_proxy_is_studio_s(url: str) -> None:
    tunnel = Tunnel(refuses="")
    server = await asyncio.start_server(tunnel.on_connection, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    proxies = ProxiesToThisMachine(SecretStr(f"http://127.0.0.1:{port}"))
    async with StudioClient(settings_for(url, ca_file=AUTHORITY, proxies=proxies)) as client:
        with pytest.raises(NotSent, match=r"The certificate of localhost:\d+ has expired"):
            await client.jobs()
    server.close()
    await await_with_limit(asyncio.gather(*tunnel.serving), "the tunnel")
