"""Error messages for failed connections to Studio."""

import asyncio
import errno
import socket
import ssl
from collections.abc import Iterator

from studio_tui.errors import RequestTimedOut, TransportError

# Verify codes of OpenSSL: `X509_V_ERR_...`.
_NOT_YET_VALID, _EXPIRED = 9, 10
_OTHER_HOST = frozenset({62, 64})
"""The certificate is for another host name or IP address."""

_PROXY = "The proxy in HTTPS_PROXY"

_HANDSHAKE_SECONDS = 2.0


def failure(error: BaseException, host: str, *, has_proxy: bool = False) -> TransportError:
    """Return why `host` could not be reached, according to an exception and its causes.

    With a proxy, failures of DNS and TCP are the proxy's; failures of TLS are attributed to `host`.
    """
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _certificate_failure(cause, host)
        if isinstance(cause, ssl.SSLError):
            return TransportError(
                f"{host} does not speak TLS properly: is it https?", brief="no TLS"
            )
        if isinstance(cause, socket.gaierror):
            the_host = "The host of the proxy in HTTPS_PROXY" if has_proxy else f"The host {host}"
            sentence = f"{the_host} does not exist, or its name cannot be resolved."
            return TransportError(sentence, brief="unknown host")
        if isinstance(cause, OSError) and (template := _SENTENCES.get(cause.errno or 0)):
            peer, service = (_PROXY, "a proxy") if has_proxy else (host, "Studio")
            return TransportError(template.format(peer=peer, service=service))
    return TransportError(f"{host} could not be reached.")


def no_answer(host: str, *, has_proxy: bool) -> RequestTimedOut:
    """Return the error of a time limit; with a proxy, the proxy or `host` may be the cause."""
    return RequestTimedOut(
        f"{f'{_PROXY} or {host}' if has_proxy else host} did not answer in time."
    )


def proxy_refusal(error: Exception, host: str) -> TransportError:
    """Return the error of a proxy that refuses to open a tunnel to `host`."""
    needs_login = "407" in str(error)
    why = (
        "asks for a user name and password, or refused them"
        if needs_login
        else f"did not open a connection to {host}"
    )
    return TransportError(f"{_PROXY} {why}.", brief="proxy refuses")


def wrong_scheme(host: str) -> TransportError:
    """Return the error of a plain HTTP request to a port that speaks TLS."""
    return TransportError(
        f"{host} speaks TLS: write https:// and not http:// in the URL.", brief="needs https"
    )


async def speaks_tls(host: str, port: int) -> bool:
    """Whether a TLS handshake succeeds, with any certificate; sends no request."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        async with asyncio.timeout(_HANDSHAKE_SECONDS):
            _, writer = await asyncio.open_connection(host, port, ssl=context)
    except (OSError, TimeoutError):
        return False
    writer.transport.abort()
    return True


def _certificate_failure(error: ssl.SSLCertVerificationError, host: str) -> TransportError:
    if error.verify_code == _NOT_YET_VALID:
        sentence = f"The certificate of {host} is not valid yet, or this machine's clock is wrong."
        return TransportError(sentence, brief="certificate not valid yet")
    if error.verify_code == _EXPIRED:
        sentence = f"The certificate of {host} has expired, or this machine's clock is wrong."
        return TransportError(sentence, brief="certificate expired")
    if error.verify_code in _OTHER_HOST:
        sentence = f"The certificate of {host} is for another host: is the URL right?"
        return TransportError(sentence, brief="certificate of another host")
    return TransportError(
        f"The certificate of {host} is not from an authority that this machine trusts. "
        "If it is your company's own, name its file with --ca-file.",
        brief="certificate not trusted",
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and its causes, nearest first, including the members of groups."""
    pending: list[BaseException] = [error]
    seen: set[int] = set()
    while pending:
        current = pending.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        if isinstance(current, BaseExceptionGroup):
            pending += current.exceptions
        pending += [cause for cause in (current.__cause__, current.__context__) if cause]


_SENTENCES = {
    errno.ECONNREFUSED: "{peer} refuses connections: is {service} running there?",
    errno.ENETUNREACH: "{peer} could not be reached: there is no network route to it.",
    errno.EHOSTUNREACH: "{peer} could not be reached: there is no network route to it.",
    errno.ENETDOWN: "The network is down.",
    errno.ETIMEDOUT: "{peer} did not answer in time.",
    errno.ECONNRESET: "{peer} closed the connection.",
    errno.EPIPE: "{peer} closed the connection.",
}
