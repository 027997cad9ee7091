"""Failed connections as sentences: why Studio could not be reached, in words that help."""

import errno
import socket
import ssl
from collections.abc import Iterator

_EXPIRED = frozenset({9, 10})
"""OpenSSL's codes for a certificate that is not valid yet, or no longer."""

_WRONG_NAME = frozenset({62, 64})
"""OpenSSL's codes for a certificate of another host name, or another address."""


def reason(error: BaseException, host: str) -> str:
    """Return one sentence on why `host` could not be reached, from an error or what caused it."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _certificate(cause, host)
        if isinstance(cause, ssl.SSLError):
            return f"{host} does not speak TLS properly: is it https?"
        if isinstance(cause, socket.gaierror):
            return f"There is no host {host}, or its name cannot be looked up."
        if isinstance(cause, OSError) and (known := _ERRNOS.get(cause.errno or 0)):
            return known.format(host=host)
    return f"{host} could not be reached."


def proxy_refusal(host: str) -> str:
    """Return the sentence for a proxy that makes no tunnel."""
    return f"The proxy of HTTPS_PROXY makes no connection to {host}."


def _certificate(error: ssl.SSLCertVerificationError, host: str) -> str:
    if error.verify_code in _EXPIRED:
        return f"The certificate of {host} has expired, or this machine's clock is wrong."
    if error.verify_code in _WRONG_NAME:
        return f"The certificate of {host} is for another host: is the URL right?"
    return (
        f"The certificate of {host} is not from an authority that this machine trusts. "
        "If it is your company's own, name its file with --ca-file."
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what led to it, nearest first, with the members of groups."""
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


_ERRNOS = {
    errno.ECONNREFUSED: "{host} refuses connections: is Studio running there?",
    errno.ENETUNREACH: "There is no network route to {host}.",
    errno.EHOSTUNREACH: "There is no network route to {host}.",
    errno.ENETDOWN: "The network is down.",
    errno.ETIMEDOUT: "{host} did not answer in time.",
    errno.ECONNRESET: "{host} closed the connection.",
    errno.EPIPE: "{host} closed the connection.",
}
