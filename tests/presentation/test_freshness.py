from datetime import timedelta

import pytest

from studio_tui.errors import AuthenticationError, PermissionDenied, StudioError, TransportError
from studio_tui.presentation.cells import Tone
from studio_tui.presentation.freshness import freshness
from studio_tui.service.snapshot import Snapshot
from tests.jobs import NOON

GONE = TransportError("no answer")


def ago(seconds: float) -> Snapshot[int]:
    return Snapshot(value=1, fetched_at=NOON - timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("snapshot", "words"),
    [
        (Snapshot(), "asking…"),
        (ago(0.5), "● live"),
        (ago(4), "4s old"),
        (ago(130), "2m old"),
    ],
)
def test_data_says_how_old_it_is(snapshot: Snapshot[int], words: str) -> None:
    assert freshness(snapshot, NOON).text == words


def failing(error: StudioError, **more: object) -> Snapshot[int]:
    return Snapshot(error=error, failing_since=NOON - timedelta(minutes=1), **more)  # type: ignore[arg-type] # the test's own fields


def test_an_outage_says_since_when_how_stale_and_when_it_is_tried_again() -> None:
    snapshot = failing(
        GONE,
        value=1,
        fetched_at=NOON - timedelta(minutes=2),
        next_try_at=NOON + timedelta(seconds=8),
    )
    cell = freshness(snapshot, NOON)
    assert "stale 2m" in cell.text
    assert "offline since" in cell.text
    assert "next try 8s" in cell.text
    assert cell.tone is Tone.BAD


def test_an_outage_from_the_start_has_no_age() -> None:
    cell = freshness(failing(GONE, next_try_at=NOON), NOON)
    assert "stale" not in cell.text
    assert "trying…" in cell.text


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (AuthenticationError(401, "no"), "token refused"),
        (PermissionDenied(403, "no"), "not allowed"),
    ],
)
def test_a_refusal_is_told_from_an_outage(error: StudioError, words: str) -> None:
    assert words in freshness(failing(error), NOON).text
