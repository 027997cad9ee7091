from collections.abc import Awaitable, Callable

import pytest

from studio_tui import clock
from studio_tui.errors import NotSent, OutcomeUnknown, RateLimited, StudioError
from studio_tui.service.commands.attempts import KEY_LIFETIME, KeyedRequests, send_with_retries


def failing(*errors: StudioError) -> Callable[[], Awaitable[str]]:
    """Return a request that fails with these errors, one after the other, and then succeeds."""
    remaining = list(errors)

    async def send() -> str:
        if remaining:
            raise remaining.pop(0)
        return "done"

    return send


async def test_a_request_that_cannot_have_arrived_is_sent_again() -> None:
    assert (
        await send_with_retries(failing(NotSent("first"), NotSent("second")), (0.0, 0.0)) == "done"
    )
    with pytest.raises(NotSent, match="second"):
        await send_with_retries(failing(NotSent("first"), NotSent("second")), (0.0,))


async def test_a_request_that_may_have_arrived_is_sent_once_by_default() -> None:
    with pytest.raises(OutcomeUnknown):
        await send_with_retries(failing(OutcomeUnknown("lost")), (0.0,))
    send = failing(OutcomeUnknown("lost"))
    assert await send_with_retries(send, (0.0,), retried_errors=(NotSent, OutcomeUnknown)) == "done"


async def test_a_request_that_may_have_arrived_is_not_reported_as_not_sent() -> None:
    send = failing(OutcomeUnknown("lost"), NotSent("away"))
    with pytest.raises(OutcomeUnknown, match="away"):
        await send_with_retries(send, (0.0,), retried_errors=(NotSent, OutcomeUnknown))


async def test_an_equal_request_keeps_its_key_while_the_outcome_is_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    requests, keys = KeyedRequests(()), list[str]()

    async def send(content: str, *errors: StudioError) -> None:
        request = failing(*errors)

        async def send_once(key: str) -> str:
            keys.append(key)
            return await request()

        await requests.send(content, send_once)

    with pytest.raises(OutcomeUnknown):
        await send("run a", OutcomeUnknown("lost"))
    await send("run b")
    await send("run a")
    await send("run a")
    assert keys[2] == keys[0], "an unknown outcome: the same request"
    assert len({*keys}) == 3, "another content, and a repeat after a success, are other requests"
    with pytest.raises(OutcomeUnknown):
        await send("run a", OutcomeUnknown("lost"))
    now = clock.monotonic()
    monkeypatch.setattr(clock, "monotonic", lambda: now + KEY_LIFETIME + 1)
    await send("run a")
    assert keys[-1] != keys[-2], "too late to be the same request"


async def test_a_request_fails_at_once_if_studio_asks_for_a_longer_wait_than_allowed() -> None:
    send = failing(RateLimited(429, "too many", 31.0))
    with pytest.raises(RateLimited):
        await send_with_retries(send, (0.0,), retried_errors=(RateLimited,), longest_rest=30.0)
