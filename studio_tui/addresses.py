"""Parsing of untrusted URLs; never raises."""

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_PORTS = {"https": 443, "http": 80}

_LOGIN = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30})://([^\s/]+)@")
"""Scheme and login of a URL in a text. The login may contain `?` and `#`: git and pip allow it."""

_VARIABLE = re.compile(r"\$\{\w+\}")


@dataclass(frozen=True, slots=True)
class Address:
    """A parsed URL. All its parts are untrusted, and not safe to draw."""

    scheme: str
    """In lower case."""
    host: str
    """In lower case; IPv6 addresses have no brackets. May be empty."""
    port: int | None
    """`None` if the URL has no port."""
    path: str
    netloc: str = field(repr=False)
    """User and password, host and port, as written."""
    has_query_or_fragment: bool
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @property
    def has_user(self) -> bool:
        """Whether the URL has a user or password, which can disguise the host."""
        return self.user is not None

    @property
    def is_web(self) -> bool:
        """Whether this is an http or https URL with a host and a valid port."""
        return self.scheme in _PORTS and bool(self.host) and self.port != 0

    @property
    def effective_port(self) -> int:
        """The port, or else the default port of the scheme; 0 if the scheme has no default."""
        return self.port or _PORTS.get(self.scheme, 0)

    @property
    def origin(self) -> str:
        """Scheme, host and port, without the default port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port in {None, _PORTS.get(self.scheme)} else f":{self.port}"
        return f"{self.scheme}://{host}{port}"


def address(text: str) -> Address | None:
    r"""Parse a URL; return `None` if it is invalid, or if programs would parse it differently.

    Python ignores line breaks and tabs in a URL. The host of `https://a.com\@b.com` is `b.com` for
    Python, but `a.com` for a browser (URL Standard, section 4.4).
    """
    if text != text.strip() or not text.isprintable():
        return None
    try:
        parts = urlsplit(text)
        if "\\" in parts.netloc or " " in parts.netloc:
            return None
        return Address(
            scheme=parts.scheme,
            host=parts.hostname or "",
            port=parts.port,
            path=parts.path,
            netloc=parts.netloc,
            has_query_or_fragment=bool(parts.query or parts.fragment),
            user=parts.username,
            password=parts.password,
        )
    except ValueError:
        return None


def is_loopback(host: str) -> bool:
    """Whether `host` is `localhost` or an IP address for loopback."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def has_login(text: str) -> bool:
    """Whether a URL in a text has a password or a token, such as `https://TOKEN@host`.

    A user name for ssh does not count, and neither does a variable, as in `https://${TOKEN}@host`.
    """
    return any(map(_is_secret, _LOGIN.finditer(text)))


def without_logins(text: str, mark: str = "") -> str:
    """Return `text` with its logins (see `has_login`) replaced by `mark`; empty removes them."""
    replacement = f"{mark}@" if mark else ""

    def replace(match: re.Match[str]) -> str:
        return f"{match[1]}://{replacement}" if _is_secret(match) else match[0]

    return _LOGIN.sub(replace, text)


def _is_secret(match: re.Match[str]) -> bool:
    user, _, password = match[2].partition(":")
    if match[1].lower().endswith("ssh"):
        user = ""
    secret = password or user
    return bool(secret) and _VARIABLE.fullmatch(secret) is None
