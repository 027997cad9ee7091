"""Sends a request again after errors of certain kinds, if need be with an idempotency key."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Sequence
from math import inf
from typing import TypeVar

from studio_tui import clock
from studio_tui.errors import NotSent, OutcomeUnknown, StudioError

T = TypeVar("T")

RESTS = (0.5, 1.0)
"""Seconds to wait after each attempt but the last; longer if Studio asks for it."""

KEY_LIFETIME = 300.0
"""Seconds for which a request with an unknown outcome keeps its idempotency key. Later, the user
wants another run rather than an answer about the first one."""


async def send_with_retries(
    send: Callable[[], Awaitable[T]],
    rests: Sequence[float] = RESTS,
    *,
    retried_errors: tuple[type[StudioError], ...] = (NotSent,),
    longest_rest: float = inf,
) -> T:
    """Send a request, and send it again after the errors in `retried_errors`; return the answer.

    By default a request is sent again only if it cannot have arrived. There is at most one attempt
    more than there are `rests`.

    Raises:
        OutcomeUnknown: the outcome of an attempt is unknown, and no later attempt got an answer.
        StudioError: the last attempt failed, an attempt failed with an error that is not in
            `retried_errors` (also after an attempt with an unknown outcome), or Studio asks to wait
            more than `longest_rest` seconds.
    """
    may_have_arrived = False
    remaining_rests = iter(rests)
    while True:
        try:
            return await send()
        except retried_errors as error:
            may_have_arrived |= isinstance(error, OutcomeUnknown)
            pause = max(next(remaining_rests, inf), error.requested_delay)
            if pause == inf or pause > longest_rest:
                if may_have_arrived and isinstance(error, NotSent):
                    raise OutcomeUnknown(str(error)) from error
                raise
        await asyncio.sleep(pause)


class KeyedRequests:
    """Sends requests with idempotency keys, so that each takes effect at most once.

    If the outcome of a request stays unknown and the user makes the same request again within
    `KEY_LIFETIME` seconds, it is sent with the same key.
    """

    def __init__(self, rests: Sequence[float] = RESTS) -> None:
        self._rests = rests
        self._unknown: dict[str, tuple[str, float]] = {}
        """Keys of requests with an unknown outcome, and when each was sent last, by content."""

    async def send(self, content: str, send: Callable[[str], Awaitable[T]]) -> T:
        """Send a request with a key, again if it did not arrive or its outcome is unknown.

        `content` is equal for equal requests.

        Raises:
            StudioError: the request had no effect, or it is not known whether it had one.
        """
        key, sent_at = self._unknown.pop(content, ("", 0.0))
        if not key or clock.monotonic() - sent_at > KEY_LIFETIME:
            key = uuid.uuid4().hex
        try:
            return await send_with_retries(
                lambda: send(key), self._rests, retried_errors=(NotSent, OutcomeUnknown)
            )
        except OutcomeUnknown:
            self._unknown[content] = key, clock.monotonic()
            raise
