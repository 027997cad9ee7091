"""Which outcomes of a request are successes."""

import pytest

from studio_tui.api.calls import is_success


@pytest.mark.parametrize("outcome", ["200", "201", "204", "206", "304", "416"])
def test_a_2xx_304_or_416_status_is_a_success(outcome: str) -> None:
    assert is_success(outcome)


@pytest.mark.parametrize("outcome", ["400", "404", "429", "500", "OutcomeUnknown", "canceled"])
def test_an_error_or_a_cancellation_is_not_a_success(outcome: str) -> None:
    assert not is_success(outcome)
