"""Download of archived logs, which Studio stores on other hosts.

Their URLs are untrusted, so the token is never sent to them. A URL with another origin than
Studio's must use https, and all IP addresses of its host must be public, so that a log cannot cause
requests to this machine's private network. A name that a proxy resolves is not checked.
"""

import asyncio
import ipaddress
import socket
from collections.abc import AsyncGenerator

import httpx

from studio_tui.addresses import Address, address
from studio_tui.api.connection_errors import failure, no_answer, proxy_refusal
from studio_tui.api.tls import tls_context
from studio_tui.api.transport import decompress
from studio_tui.errors import ProtocolError
from studio_tui.settings import Settings
from studio_tui.text import safe_line

_TIMEOUT = httpx.Timeout(20.0)
_PRIVATE = "The archived log is in a private network, so it is not fetched."


async def download_blob(settings: Settings, url: str) -> AsyncGenerator[bytes, None]:
    """Yield an archived part of a log, in chunks of at most 1 MiB.

    Raises:
        ProtocolError: the URL is not allowed, or the response is invalid or not a 200.
        ConfigError: the CA file or the proxy is unusable.
        TransportError: the host cannot be reached, or the download breaks off.
    """
    parts, target = _parse_url(settings, url)
    proxy = settings.proxies.for_url(url)
    host = safe_line(parts.host)
    extensions: dict[str, str] = {}
    if parts.origin != settings.address.origin:
        _refuse_private(parts.host)
        # With a proxy, the proxy resolves the name, so a check here would prove nothing.
        if proxy is None:
            # Connect to the address that was checked: the name may resolve to another one later.
            target = target.copy_with(host=await _public_address(parts))
            extensions["sni_hostname"] = parts.host
    try:
        async with (
            httpx.AsyncClient(
                # An archive usually has a certificate from a default authority.
                verify=await asyncio.to_thread(tls_context, settings, adds_to_default=True),
                proxy=proxy.get_secret_value() if proxy else None,
                trust_env=False,
                follow_redirects=False,
                timeout=_TIMEOUT,
            ) as http,
            http.stream(
                "GET",
                target,
                headers={"Host": parts.netloc, "Accept-Encoding": "gzip"},
                extensions=extensions,
            ) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                raise ProtocolError(
                    f"Requesting the archived log from {host} failed with {answer.status_code}."
                )
            async for piece in decompress(answer):
                yield piece
    except httpx.TimeoutException as error:
        raise no_answer(host, has_proxy=proxy is not None) from error
    except httpx.ProxyError as error:
        raise proxy_refusal(error, host) from error
    except httpx.HTTPError as error:
        raise failure(error, host, has_proxy=proxy is not None) from error


def _parse_url(settings: Settings, url: str) -> tuple[Address, httpx.URL]:
    """Parse a URL; raise `ProtocolError` if it is not allowed.

    An allowed URL contains no user, and has Studio's origin or the scheme https.
    """
    refused = ProtocolError("Studio sent an address for the archived log that is not allowed.")
    parts = address(url)
    if parts is None or not parts.is_web or parts.has_user:
        raise refused
    if parts.origin != settings.address.origin and parts.scheme != "https":
        raise refused
    try:
        return parts, httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        raise refused from None


def _refuse_private(host: str) -> None:
    ip_address = _literal_address(host.rstrip("."))
    if ip_address is not None and not is_public(ip_address):
        raise ProtocolError(_PRIVATE)


def _literal_address(host: str) -> str | None:
    """Return the IP address that a host denotes without DNS, e.g. 127.0.0.1 for `127.1`."""
    if host.rpartition(".")[2] == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


async def _public_address(parts: Address) -> str:
    """Return an IP address of a host; raise `ProtocolError` if any of them is not public."""
    host = parts.host
    loop = asyncio.get_running_loop()
    try:
        entries = await loop.getaddrinfo(host, parts.effective_port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise failure(error, safe_line(host)) from error
    addresses = [str(entry[4][0]) for entry in entries]
    if not all(map(is_public, addresses)):
        raise ProtocolError(_PRIVATE)
    return addresses[0]


def is_public(ip_address: str) -> bool:
    """Whether an IP address, in its usual notation, is on the public Internet."""
    parsed = ipaddress.ip_address(ip_address.partition("%")[0])
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_global and not parsed.is_multicast
