"""Archived logs, which Studio keeps at addresses of another host.

Such an address comes from outside, so it is met with suspicion: the token never goes there, and
from another host only https to a public address is taken, lest a log have this machine ask its
own network for something.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncGenerator
from dataclasses import replace

import httpx

from studio_tui.addresses import Address, address
from studio_tui.api.connection_errors import reason
from studio_tui.api.transport import inflated, tls_context, trust
from studio_tui.errors import ProtocolError, RequestTimedOut, TransportError
from studio_tui.settings import Settings
from studio_tui.text import safe_line

_TIMEOUT = httpx.Timeout(20.0)
_PRIVATE = "The archived log is said to be in a private network, so it is not fetched."


async def blob(settings: Settings, url: str) -> AsyncGenerator[bytes, None]:
    """Yield an archived part of a log, in pieces of at most 1 MiB.

    Raises:
        ProtocolError: the address is not one that a log may be at, or something else is there.
        TransportError: it could not be reached, or not read to its end.
    """
    parts, target = _checked(settings, url)
    host = safe_line(parts.host)
    extensions: dict[str, str] = {}
    if parts.origin != settings.origin:
        _refuse_private(parts.host)
        if settings.proxy is None:  # which would look the name up itself
            # the address that was looked at is the one that is asked, whatever the name says later
            target = target.copy_with(host=await _public_address(parts))
            extensions["sni_hostname"] = parts.host
    try:
        async with (
            httpx.AsyncClient(
                verify=await asyncio.to_thread(_trust, settings),
                proxy=settings.proxy.get_secret_value() if settings.proxy else None,
                trust_env=False,
                follow_redirects=False,
                timeout=_TIMEOUT,
            ) as http,
            http.stream(
                "GET",
                target,
                headers={"Host": parts.place, "Accept-Encoding": "gzip"},
                extensions=extensions,
            ) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                raise ProtocolError(f"The archived log at {host} answers {answer.status_code}.")
            async for piece in inflated(answer):
                yield piece
    except httpx.TimeoutException as error:
        raise RequestTimedOut(f"{host} did not answer in time.") from error
    except httpx.HTTPError as error:
        raise TransportError(reason(error, host)) from error


def _checked(settings: Settings, url: str) -> tuple[Address, httpx.URL]:
    """Take an address apart, if it is of Studio itself or https somewhere else."""
    refused = ProtocolError("Studio gave an address for the archived log that is not allowed.")
    parts = address(url)
    if parts is None or not parts.is_web or parts.has_user:
        raise refused
    if parts.origin != settings.origin and parts.scheme != "https":
        raise refused
    try:
        return parts, httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        raise refused from None


def _refuse_private(host: str) -> None:
    """Refuse what is plainly no public host, without looking a name up."""
    address = _address(host.rstrip("."))
    if address is not None and not is_public(address):
        raise ProtocolError(_PRIVATE)


def _address(host: str) -> str | None:
    """Return the IP address that a host is without a lookup, in any form: 127.1 is one too."""
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
    """Look a host up and return its address, if every one of its addresses is public."""
    host = parts.host
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, parts.port or 443, type=socket.SOCK_STREAM)
    except OSError as error:
        raise TransportError(reason(error, safe_line(host))) from error
    addresses = [str(entry[4][0]) for entry in found]
    if not all(map(is_public, addresses)):
        raise ProtocolError(_PRIVATE)
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public Internet."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_global and not parsed.is_multicast


def _trust(settings: Settings) -> ssl.SSLContext:
    """Trust the usual authorities, which archives have, and the settings' own."""
    context = tls_context(replace(settings, ca_file=None))
    if settings.ca_file is not None:
        trust(context, settings.ca_file)
    return context
