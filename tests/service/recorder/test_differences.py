import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.service.recorder.differences import NOTHING, apply_difference, difference

SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "-", "=", "{", "["]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(VALUES, VALUES)
def test_applying_a_difference_to_the_first_value_returns_the_second(
    before: Any, after: Any
) -> None:
    changed = apply_difference(before, difference(before, after))
    assert json.dumps(changed, sort_keys=True) == json.dumps(after, sort_keys=True)


@given(VALUES)
def test_equal_values_have_no_difference(value: Any) -> None:
    assert difference(value, value) == NOTHING


def test_the_difference_of_long_lists_contains_only_the_changed_item() -> None:
    runs = [{"id": str(number), "status": "PENDING"} for number in range(100)]
    after = [*runs[:7], {"id": "7", "status": "RUNNING"}, *runs[8:]]
    assert difference(runs, after) == {"[": {"7": {"{": {"status": {"=": "RUNNING"}}}}}


@pytest.mark.parametrize("inapplicable", [{"[": {"3": {"=": 1}}}, {"{": {"a": {"-": 1}}}, {"[": 3}])
def test_a_difference_that_does_not_apply_to_a_value_is_refused(
    inapplicable: dict[str, Any],
) -> None:
    with pytest.raises(ValueError, match="does not apply"):
        apply_difference([1], inapplicable)
