"""Sends a request again after the kinds of errors that the caller names."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from math import inf
from typing import TypeVar

from studio_tui.errors import NotSent, StudioError

T = TypeVar("T")

RESTS = (0.5, 1.0)
"""Seconds to wait after each attempt but the last; longer if Studio asks for it."""


async def send_with_retries(
    send: Callable[[], Awaitable[T]],
    rests: Sequence[float] = RESTS,
    *,
    after: tuple[type[StudioError], ...] = (NotSent,),
    longest: float = inf,
) -> T:
    """Send a request, and send it again after the errors in `after`; return the answer.

    By default a request is sent again only if it cannot have arrived. There is one attempt more
    than there are `rests`.

    Raises:
        StudioError: the last attempt failed, an attempt failed with an error that is not in
            `after`, or Studio asks to wait more than `longest` seconds.
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
