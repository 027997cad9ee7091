"""Sends a request again after errors of which the caller says that they allow it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from math import inf
from typing import TypeVar

from studio_tui.errors import NotSent, StudioError

T = TypeVar("T")

RESTS = (0.5, 1.0)
"""Seconds after each attempt but the last, unless Studio asks for more."""


async def send_with_retries(
    send: Callable[[], Awaitable[T]],
    rests: Sequence[float] = RESTS,
    *,
    after: tuple[type[StudioError], ...] = (NotSent,),
    longest: float = inf,
) -> T:
    """Return the answer to a request, which is sent again after the errors in `after`.

    By default that is only one that cannot have arrived.

    Raises:
        StudioError: the last attempt failed, or Studio asks to wait more than `longest` seconds.
    """
    for rest in rests:
        try:
            return await send()
        except after as error:
            pause = max(rest, error.asked_rest)
            if pause > longest:
                raise
        await asyncio.sleep(pause)
    return await send()
