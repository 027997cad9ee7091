"""Tests which outcomes of a request count as done."""

import pytest

from studio_tui.api.calls import is_success


@pytest.mark.parametrize("outcome", ["200", "201", "204", "206", "304", "416"])
def test_an_answer_that_was_asked_for_is_a_success(outcome: str) -> None:
    assert is_success(outcome)


@pytest.mark.parametrize("outcome", ["400", "404", "429", "500", "OutcomeUnknown", "canceled"])
def test_a_refusal_or_a_failure_is_none(outcome: str) -> None:
    assert not is_success(outcome)
