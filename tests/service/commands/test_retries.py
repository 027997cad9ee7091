import asyncio
from collections.abc import Awaitable, Callable

import pytest

from studio_tui import clock
from studio_tui.errors import (
    AuthenticationError,
    InvalidRequest,
    NotFound,
    NotSent,
    OutcomeUnknown,
    PermissionDenied,
    ProtocolError,
    RateLimited,
    ServerError,
    StudioError,
)
from studio_tui.service.commands import retries
from studio_tui.service.commands.retries import KEY_LIFETIME, KeyedRequests, send_with_retries


@pytest.fixture(autouse=True)
def two_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a request be sent at most twice, without a rest in between."""
    monkeypatch.setattr(retries, "RESTS", (0.0,))


@pytest.fixture
def one_attempt(monkeypatch: pytest.MonkeyPatch, two_attempts: None) -> None:  # noqa: ARG001
    """Let a request be sent only once."""
    monkeypatch.setattr(retries, "RESTS", ())


def failing(*errors: StudioError) -> Callable[[], Awaitable[str]]:
    """Return a request that fails with these errors, one after the other, and then succeeds."""
    remaining = list(errors)

    async def send() -> str:
        if remaining:
            raise remaining.pop(0)
        return "done"

    return send


async def test_a_request_that_cannot_have_arrived_is_sent_again() -> None:
    assert await send_with_retries(failing(NotSent("first"))) == "done"
    with pytest.raises(NotSent, match="second"):
        await send_with_retries(failing(NotSent("first"), NotSent("second")))


async def test_a_request_that_may_have_arrived_is_sent_once_by_default() -> None:
    with pytest.raises(OutcomeUnknown):
        await send_with_retries(failing(OutcomeUnknown("lost")))
    send = failing(OutcomeUnknown("lost"))
    assert await send_with_retries(send, retried_errors=(NotSent, OutcomeUnknown)) == "done"


UNCLEAR = (
    NotSent("It is away."),
    AuthenticationError(401, "The token has expired."),
    PermissionDenied(403, "It is not allowed."),
    RateLimited(429, "These are too many."),
    ServerError(507, "The disk is full."),
    ProtocolError("It is a redirect."),
)
"""Errors that do not show whether an earlier attempt has taken effect."""


@pytest.mark.parametrize("error", UNCLEAR, ids=lambda error: type(error).__name__)
async def test_a_request_that_may_have_arrived_is_not_reported_as_failed(
    error: StudioError,
) -> None:
    send = failing(OutcomeUnknown("It got lost."), error)
    with pytest.raises(OutcomeUnknown) as caught:
        await send_with_retries(send, retried_errors=(NotSent, OutcomeUnknown))
    assert str(caught.value) == f"{error} An earlier attempt may have taken effect."


@pytest.mark.parametrize("error", [InvalidRequest(422, "no time"), NotFound(404, "no schedule")])
async def test_a_refusal_because_of_the_request_holds_for_all_attempts(error: StudioError) -> None:
    send = failing(OutcomeUnknown("lost"), error)
    with pytest.raises(type(error), match=f"^{error}$"):
        await send_with_retries(send, retried_errors=(NotSent, OutcomeUnknown))


@pytest.mark.usefixtures("one_attempt")
async def test_an_equal_request_keeps_its_key_while_the_outcome_is_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    requests, keys = KeyedRequests(), list[str]()

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


@pytest.mark.parametrize("error", UNCLEAR, ids=lambda error: type(error).__name__)
@pytest.mark.usefixtures("one_attempt")
async def test_a_repeat_that_fails_keeps_its_key_and_its_unknown_outcome(
    error: StudioError,
) -> None:
    requests, keys = KeyedRequests(), list[str]()
    request = failing(OutcomeUnknown("lost"), error)

    async def send_once(key: str) -> str:
        keys.append(key)
        return await request()

    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            await requests.send("run a", send_once)
    await requests.send("run a", send_once)
    assert len(keys) == 3
    assert len({*keys}) == 1


@pytest.mark.usefixtures("one_attempt")
async def test_a_canceled_request_keeps_its_key() -> None:
    requests, keys = KeyedRequests(), list[str]()

    async def hang(key: str) -> None:
        keys.append(key)
        if len(keys) == 1:
            await asyncio.Event().wait()

    sending = asyncio.create_task(requests.send("run a", hang))
    await asyncio.sleep(0)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    await requests.send("run a", hang)
    assert keys[0] == keys[1]


async def test_a_request_fails_at_once_if_studio_asks_for_a_longer_wait_than_allowed() -> None:
    send = failing(RateLimited(429, "too many", 31.0))
    with pytest.raises(RateLimited):
        await send_with_retries(send, retried_errors=(RateLimited,), longest_rest=30.0)
