import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.service.recorder.differences import NOTHING, apply_difference, difference

SIMPLE = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SIMPLE,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "-", "=", "{", "["]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(VALUES, VALUES)
def test_a_difference_leads_from_one_value_to_the_other(before: Any, after: Any) -> None:
    found = difference(before, after)
    reached = json.dumps(apply_difference(before, found), sort_keys=True)
    assert reached == json.dumps(after, sort_keys=True)


@given(VALUES)
def test_equal_values_have_no_difference(value: Any) -> None:
    assert difference(value, value) == NOTHING


def test_of_a_long_list_only_what_changed_is_in_the_difference() -> None:
    runs = [{"id": str(number), "status": "PENDING"} for number in range(100)]
    after = [*runs[:7], {"id": "7", "status": "RUNNING"}, *runs[8:]]
    assert difference(runs, after) == {"[": {"7": {"{": {"status": {"=": "RUNNING"}}}}}


@pytest.mark.parametrize("found", [{"[": {"3": {"=": 1}}}, {"{": {"a": {"-": 1}}}, {"[": 3}])
def test_a_difference_from_something_else_is_refused(found: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="does not apply"):
        apply_difference([1], found)
