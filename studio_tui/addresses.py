"""Addresses that come from outside, taken apart without ever raising."""

from typing import NamedTuple
from urllib.parse import urlsplit


class Address(NamedTuple):
    """An address that names a host."""

    scheme: str
    """In lower case."""
    host: str
    """In lower case, without brackets; not trusted."""
    port: int | None
    has_user: bool
    """Whether a user or a password stands before the host."""

    @property
    def is_web_page(self) -> bool:
        """Whether a browser shows it, and hands it to no other program."""
        return self.scheme in {"http", "https"}


def address(text: str) -> Address | None:
    """Take an address apart; `None` when it is none, or names no host (RFC 3986)."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host or not text.isprintable():
        return None
    has_user = parts.username is not None or parts.password is not None
    return Address(parts.scheme, host, port, has_user)
