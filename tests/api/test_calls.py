import pytest

from studio_tui.api.calls import is_success


@pytest.mark.parametrize(
    "outcome",
    ["200", "206", "304", "416", "400", "404", "429", "500", "OutcomeUnknown", "canceled"],
)
def test_a_request_succeeds_with_a_2xx_304_or_416_status(outcome: str) -> None:
    assert is_success(outcome) == (outcome in {"200", "206", "304", "416"})
