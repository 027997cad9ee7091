"""Sends requests, and repeats those that failed, if need be with an idempotency key."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Sequence
from math import inf
from typing import TypeVar

from studio_tui import clock
from studio_tui.errors import InvalidRequest, NotFound, NotSent, OutcomeUnknown, StudioError

T = TypeVar("T")

REFUSALS = (InvalidRequest, NotFound)
"""Errors about the request itself: Studio refused all earlier attempts too, if they arrived."""

RESTS: Sequence[float] = (0.5, 1.0)
"""Seconds to wait after each attempt but the last."""

KEY_LIFETIME = 300.0
"""Seconds for which a request with an unknown outcome keeps its idempotency key.

Whoever sends an equal request later wants a second run, and not the outcome of the first one.
"""


async def send_with_retries(
    send: Callable[[], Awaitable[T]],
    *,
    retried_errors: tuple[type[StudioError], ...] = (NotSent,),
    longest_rest: float = inf,
    may_have_arrived: bool = False,
    look_up: Callable[[StudioError], Awaitable[T | None]] | None = None,
) -> T:
    """Send a request, again after the errors in `retried_errors`; return the answer.

    By default a request is sent again only if it cannot have arrived. `may_have_arrived` is whether
    the outcome of an earlier attempt is unknown. Once an outcome is unknown, `look_up` is called
    with the error of each attempt; it returns the answer if an attempt has had its effect, and
    `None` if none has.

    Raises:
        OutcomeUnknown: the outcome of an attempt is unknown, and no later attempt showed it.
        StudioError: the last attempt failed, the error is not retried, or Studio asks to wait
            more than `longest_rest` seconds.
    """
    remaining_rests = iter(RESTS)
    while True:
        try:
            return await send()
        except StudioError as error:
            may_have_arrived |= isinstance(error, OutcomeUnknown)
            if may_have_arrived and look_up and (answer := await look_up(error)) is not None:
                return answer
            is_retried = isinstance(error, retried_errors)
            pause = max(next(remaining_rests, inf) if is_retried else inf, error.retry_after)
            if pause == inf or pause > longest_rest:
                if may_have_arrived and not isinstance(error, REFUSALS):
                    raise still_unknown(error) from error
                raise
        await asyncio.sleep(pause)


def still_unknown(error: StudioError) -> OutcomeUnknown:
    """Return `error` as an `OutcomeUnknown`, as an earlier attempt may have taken effect."""
    if isinstance(error, OutcomeUnknown):
        return error
    return OutcomeUnknown(f"{error} An earlier attempt may have taken effect.")


class KeyedRequests:
    """Sends requests with idempotency keys, so that each takes effect at most once.

    After a request with an unknown outcome, an equal one is sent with the same key, for
    `KEY_LIFETIME` seconds.
    """

    def __init__(self) -> None:
        self._unknown: dict[str, tuple[str, float]] = {}
        """Keys of requests with an unknown outcome, and when that became unknown, by content."""

    async def send(self, content: str, send: Callable[[str], Awaitable[T]]) -> T:
        """Send a request, again if it did not arrive or its outcome is unknown.

        `content` is equal for equal requests.
        """
        key, unknown_since = self._unknown.pop(content, ("", 0.0))
        may_have_arrived = bool(key) and clock.monotonic() - unknown_since <= KEY_LIFETIME
        if not may_have_arrived:
            key = uuid.uuid4().hex
        try:
            return await send_with_retries(
                lambda: send(key),
                retried_errors=(NotSent, OutcomeUnknown),
                may_have_arrived=may_have_arrived,
            )
        except (OutcomeUnknown, asyncio.CancelledError):
            self._unknown[content] = key, clock.monotonic()
            raise
