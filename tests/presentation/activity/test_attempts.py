"""The attempts of a command are one entry of the activity list."""

from dataclasses import replace
from datetime import timedelta

import pytest

from studio_tui.presentation.activity.entries import ActivityState, Entry, join_attempts
from studio_tui.presentation.activity.rows import ACTIVITY, facts
from studio_tui.presentation.lists.filter_terms import Terms
from studio_tui.presentation.lists.listing import Listing
from tests.jobs import NOON

FAILED, UNKNOWN, DONE = ActivityState.FAILED, ActivityState.UNKNOWN, ActivityState.DONE


def attempt(
    seconds: float, state: ActivityState, outcome: str, *, job: str = "a", count: int = 1
) -> Entry:
    at = NOON + timedelta(seconds=seconds)
    return Entry(
        *(f"{at} {job}", state, at, at),
        method="POST",
        path=f"/datachain/jobs/{job}/cancel",
        outcome=outcome,
        count=count,
        mean_ms=100.0 * (1 + seconds),
        longest_ms=100.0 * (1 + seconds),
        changes=True,
        body='{"team_name": "v"}',
    )


def test_the_attempts_of_a_command_are_one_entry_with_the_outcome_of_the_last() -> None:
    first = attempt(0, FAILED, "NotSent", count=2)
    other = attempt(1, FAILED, "NotSent", job="b")
    (command, unjoined) = join_attempts([first, other, attempt(3, DONE, "200")])
    assert unjoined == other
    assert (command.id, command.started_at, command.last_started_at) == (
        first.id,
        NOON,
        NOON + timedelta(seconds=3),
    )
    assert (command.state, command.outcome, command.count) == (DONE, "200", 3)
    assert (command.mean_ms, command.longest_ms) == (200.0, 400.0)
    shown = {fact.label: fact.value.text for fact in facts(command, NOON)}
    assert shown["attempts"] == "not sent ×2, then 200"
    assert "attempts" not in {fact.label for fact in facts(other, NOON)}
    rows = Listing(ACTIVITY)
    rows.replace([command, unjoined])
    ids = rows.ids(Terms('answer="not sent"', ACTIVITY), "age", NOON)
    assert ids == [command.id, unjoined.id]
    assert rows.ids(Terms("status=problem", ACTIVITY), "age", NOON) == [unjoined.id]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(attempt(0, DONE, "200"), attempt(1, FAILED, "409"), id="after success"),
        pytest.param(attempt(0, FAILED, "400"), attempt(1, FAILED, "400"), id="after a refusal"),
        pytest.param(attempt(0, FAILED, "NotSent"), attempt(9, DONE, "200"), id="after a rest"),
        pytest.param(
            attempt(0, UNKNOWN, "OutcomeUnknown"),
            attempt(9, DONE, "200"),
            id="seconds after unknown",
        ),
        pytest.param(
            attempt(0, FAILED, "NotSent"), attempt(1, DONE, "200", job="b"), id="other job"
        ),
        pytest.param(
            replace(attempt(0, FAILED, "NotSent"), body=""),
            replace(attempt(1, DONE, "200"), body=""),
            id="unrecorded content",
        ),
    ],
)
def test_requests_that_are_not_attempts_of_one_command_remain_separate_entries(
    first: Entry, second: Entry
) -> None:
    assert join_attempts([first, second]) == [first, second]


def test_an_attempt_that_waits_as_studio_asks_is_part_of_the_same_entry() -> None:
    (command,) = join_attempts([attempt(0, FAILED, "429"), attempt(30, DONE, "200")])
    assert command.attempts == "429, then 200"


def test_an_attempt_soon_after_an_unknown_outcome_is_part_of_the_same_entry() -> None:
    slow = replace(attempt(0, UNKNOWN, "OutcomeUnknown"), mean_ms=30_000.0, longest_ms=30_000.0)
    (command,) = join_attempts([slow, attempt(31, DONE, "200")])
    assert (command.state, command.attempts) == (DONE, "unknown, then 200")
