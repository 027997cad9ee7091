import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.service.polling.backoff import Backoff

SECONDS = st.floats(0.01, 1000)


@pytest.mark.usefixtures("longest_rests")
def test_a_rest_doubles_with_each_failure_up_to_its_cap_until_it_is_reset() -> None:
    backoff = Backoff(0.5, 5.0)
    assert [backoff.add_failure() for _ in range(5)] == [1.0, 2.0, 4.0, 5.0, 5.0]
    assert backoff.rest() == 5.0
    backoff.reset()
    assert (backoff.failures, backoff.add_failure()) == (0, 1.0)


@given(SECONDS, SECONDS, SECONDS, st.integers(0, 2000))
def test_every_rest_is_within_its_bounds(
    base: float, cap: float, least: float, failures: int
) -> None:
    backoff = Backoff(base, cap, least, failures=failures)
    assert least <= backoff.add_failure() <= max(cap, least)
