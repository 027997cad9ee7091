"""Permission to fetch an archived log from another host than Studio's."""

from collections.abc import Awaitable, Callable

MayFetch = Callable[[str], Awaitable[bool]]
"""Asks whether an archived log may be fetched from a host, whose name is not safe to draw."""


async def always(_host: str) -> bool:
    """Allow every host."""
    return True
