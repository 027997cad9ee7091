"""Addresses from outside: whatever stands there, taking one apart raises nothing."""

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_PORTS = {"https": 443, "http": 80}
"""The usual port of each scheme of the Web."""

_LOGIN = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30})://([^\s/]+)@")
"""Scheme and login of an address anywhere in a text; what git and pip read may hold `?` and `#`."""

_VARIABLE = re.compile(r"\$\{\w+\}")


@dataclass(frozen=True, slots=True)
class Address:
    """An address taken apart. What stands in it is not trusted, and not safe to draw."""

    text: str = field(repr=False)
    """The whole of it, as it came."""
    scheme: str
    """In lower case."""
    host: str
    """In lower case, an IPv6 address without its brackets; may be empty."""
    port: int | None
    """As it was written."""
    path: str
    place: str = field(repr=False)
    """Host and port as they were written, perhaps with a user before an `@`."""
    has_more: bool
    """Whether there is a query or a fragment."""
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @property
    def has_user(self) -> bool:
        """Whether a user or a password is named, which makes a host look like another."""
        return self.user is not None or self.password is not None

    @property
    def is_web(self) -> bool:
        """Whether it can be that of a page: http or https, with a host and a port that exists."""
        return self.scheme in _PORTS and bool(self.host) and self.port != 0

    @property
    def origin(self) -> str:
        """Scheme, host and port, the usual port left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port in {None, _PORTS.get(self.scheme)} else f":{self.port}"
        return f"{self.scheme}://{host}{port}"


def address(text: str) -> Address | None:
    r"""Take an address apart; `None` for what is none, or what programs would read differently.

    Python drops line ends and tabs, and takes what stands before `\@` for a user, where a browser
    sees the end of the host (URL Standard, section 4.4).
    """
    if text != text.strip() or not text.isprintable():
        return None
    try:
        parts = urlsplit(text)
        if "\\" in parts.netloc or " " in parts.netloc:
            return None
        return Address(
            text=text,
            scheme=parts.scheme,
            host=parts.hostname or "",
            port=parts.port,
            path=parts.path,
            place=parts.netloc,
            has_more=bool(parts.query or parts.fragment),
            user=parts.username,
            password=parts.password,
        )
    except ValueError:
        return None


def is_loopback(host: str) -> bool:
    """Whether a host name means this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def has_login(text: str) -> bool:
    """Whether an address in a text holds a password or a token: `https://TOKEN@host` too.

    The user of ssh alone is none, nor is what stands for a variable: `https://${TOKEN}@host`.
    """
    return any(map(_is_login, _LOGIN.finditer(text)))


def without_logins(text: str, mark: str = "") -> str:
    """Return a text with `mark` instead of each login in its addresses, or nothing in its place."""

    def hidden(found: re.Match[str]) -> str:
        return f"{found[1]}://{mark and mark + '@'}" if _is_login(found) else found[0]

    return _LOGIN.sub(hidden, text)


def _is_login(found: re.Match[str]) -> bool:
    user, _, password = found[2].partition(":")
    if found[1].lower().endswith("ssh"):
        user = ""
    secret = password or user
    return bool(secret) and _VARIABLE.fullmatch(secret) is None
