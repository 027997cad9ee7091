from collections.abc import Awaitable, Callable

import pytest

from studio_tui.errors import NotSent, OutcomeUnknown, RateLimited, StudioError
from studio_tui.service.commands.attempts import send_with_retries


def failing(*errors: StudioError) -> Callable[[], Awaitable[str]]:
    """Return a request that fails with these errors, one after the other, and then succeeds."""
    left = list(errors)

    async def send() -> str:
        if left:
            raise left.pop(0)
        return "done"

    return send


async def test_a_request_that_cannot_have_arrived_is_sent_again() -> None:
    assert await send_with_retries(failing(NotSent("one"), NotSent("two")), (0.0, 0.0)) == "done"
    with pytest.raises(NotSent, match="two"):
        await send_with_retries(failing(NotSent("one"), NotSent("two")), (0.0,))


async def test_any_other_is_sent_once_unless_it_may_be_repeated() -> None:
    with pytest.raises(OutcomeUnknown):
        await send_with_retries(failing(OutcomeUnknown("lost")), (0.0,))
    send = failing(OutcomeUnknown("lost"))
    assert await send_with_retries(send, (0.0,), after=(NotSent, OutcomeUnknown)) == "done"


async def test_it_is_given_up_if_studio_asks_to_wait_for_long() -> None:
    send = failing(RateLimited(429, "too many", 31.0))
    with pytest.raises(RateLimited):
        await send_with_retries(send, (0.0,), after=(RateLimited,), longest=30.0)
