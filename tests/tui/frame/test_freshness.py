from dataclasses import replace
from datetime import timedelta

import pytest

from studio_tui.errors import (
    AuthenticationError,
    NotFound,
    NotSent,
    PermissionDenied,
    ProtocolError,
    RateLimited,
    RequestTimedOut,
    ServerError,
    StudioError,
    TransportError,
)
from studio_tui.presentation.cells import Tone
from studio_tui.presentation.format import clock_time
from studio_tui.service.polling.snapshot import Snapshot
from studio_tui.tui.frame.page_bars import freshness
from tests.jobs import NOON

NO_ANSWER = TransportError("no answer")


def received_ago(seconds: float, *, due_in: float | None = None) -> Snapshot[int]:
    """Return data received so many seconds ago; `due_in` are the seconds until the next poll."""
    due_at = None if due_in is None else NOON + timedelta(seconds=due_in)
    return Snapshot(value=1, fetched_at=NOON - timedelta(seconds=seconds), due_at=due_at)


@pytest.mark.parametrize(
    ("snapshot", "words"),
    [
        (Snapshot(), "loading…"),
        (received_ago(0.5), "● live"),
        (received_ago(4), "4s old"),
        (received_ago(130), "2m old"),
        (received_ago(9, due_in=21), "● live"),
        (received_ago(29, due_in=1), "● live"),
        (received_ago(31, due_in=-1), "● live"),
        (received_ago(40, due_in=-10), "40s old"),
        (received_ago(9, due_in=-7.5), "9s old"),
        (replace(received_ago(130), is_recalled=True), "2m old, updating…"),
        (replace(received_ago(1), is_recalled=True), "1s old, updating…"),
    ],
)
def test_the_freshness_of_data_shows_its_age(snapshot: Snapshot[int], words: str) -> None:
    assert freshness(snapshot, NOON).text == words


def failing(error: StudioError, **fields: object) -> Snapshot[int]:
    """Return a snapshot whose polls have failed for a minute."""
    return Snapshot(error=error, failing_since=NOON - timedelta(minutes=1), **fields)  # type: ignore[arg-type] # the test's own fields


def test_an_outage_shows_its_start_the_age_of_the_data_and_the_next_try() -> None:
    snapshot = failing(
        NO_ANSWER,
        value=1,
        fetched_at=NOON - timedelta(minutes=2),
        next_try_at=NOON + timedelta(seconds=8),
    )
    cell = freshness(snapshot, NOON)
    assert "stale 2m" in cell.text
    assert "offline since" in cell.text
    assert "next try 8s" in cell.text
    assert cell.tone is Tone.BAD


def test_an_outage_before_the_first_answer_shows_no_age() -> None:
    cell = freshness(failing(NO_ANSWER, next_try_at=NOON), NOON)
    assert "stale" not in cell.text
    assert "trying…" in cell.text


@pytest.mark.parametrize(
    ("seconds_left", "words"),
    [
        (7.6, "next try 8s"),
        (0.4, "next try 1s"),
        (0.0, "trying…"),
        (-20.0, "trying…"),
        (118.5, "next try 119s"),
        (119.5, "next try 2m"),
        (121, "next try 3m"),
        (300, "next try 5m"),
    ],
)
def test_the_time_until_the_next_try_is_rounded_up(seconds_left: float, words: str) -> None:
    cell = freshness(failing(NO_ANSWER, next_try_at=NOON + timedelta(seconds=seconds_left)), NOON)
    assert cell.text.endswith(words)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (NO_ANSWER, "offline since"),
        (NotSent("refused"), "offline since"),
        (NotSent("its certificate", brief="certificate expired"), "certificate expired since"),
        (RequestTimedOut("no answer in time"), "no answer since"),
        (PermissionDenied(403, "no"), "not allowed since"),
        (NotFound(404, "no such team"), "refused with 404 since"),
        (RateLimited(429, "slow down"), "too many requests since"),
        (ServerError(502, "bad gateway"), "server error 502 since"),
        (ProtocolError("a web page"), "unreadable answer since"),
    ],
)
def test_each_kind_of_error_is_named_with_the_age_of_the_data_and_the_next_try(
    error: StudioError, words: str
) -> None:
    snapshot = failing(
        error,
        value=1,
        fetched_at=NOON - timedelta(minutes=7),
        next_try_at=NOON + timedelta(seconds=8),
    )
    text = freshness(snapshot, NOON).text
    assert text.startswith(f"✗ stale 7m, {words} ")
    assert text.endswith(", next try 8s")


def test_a_refused_token_shows_the_age_of_the_data_but_no_next_try() -> None:
    refused = AuthenticationError(401, "no")
    since = clock_time(NOON - timedelta(minutes=1), NOON)
    assert freshness(failing(refused), NOON).text == f"✗ token refused since {since}"
    old = failing(refused, value=1, fetched_at=NOON - timedelta(minutes=7))
    assert freshness(old, NOON).text == f"✗ stale 7m, token refused since {since}"
