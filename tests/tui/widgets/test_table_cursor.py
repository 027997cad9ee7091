"""The cursor of a table while the keys of its rows change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.tui.widgets.table_cursor import (
    Place,
    RowChange,
    TableCursor,
    nearest_remaining,
    place_after,
)

KEYS = st.lists(st.sampled_from("abcdefghijklmnop"), unique=True, min_size=1)


def test_the_row_under_the_cursor_gets_another_key_unless_there_is_no_row() -> None:
    cursor = TableCursor()
    cursor.join_to("group")
    assert cursor.key is None
    cursor.replace(["a", "b"], 0, 5)
    cursor.join_to("group")
    assert list(cursor.keys) == ["group", "b"]


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize(("index", "top", "after"), [(0, 0, 0), (0, 1, 1), (1, 0, 2), (1, 1, 2)])
@pytest.mark.parametrize("is_moved", [True, False])
def test_only_a_cursor_on_the_first_row_of_a_list_at_its_top_leaves_its_row_in_another_order(
    index: int, top: int, after: int, is_moved: bool, newest_first: bool
) -> None:
    cursor = TableCursor()
    cursor.replace(["a", "b", "c"], 0, 5)
    cursor.index = index
    if is_moved:
        cursor.choose(Place(index, top))
    keys = ["c", "a", "b"]
    place = cursor.replace(keys, top, 5, newest_first=newest_first, change=RowChange.ORDER)
    assert place.cursor == after


@given(KEYS, KEYS, st.data())
def test_the_cursor_stays_on_its_row_or_moves_to_the_nearest_remaining_row(
    before: list[str], after: list[str], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(before) - 1))
    new_index = nearest_remaining(before, index, after)
    if before[index] in after:
        assert after[new_index] == before[index]
    else:
        distances = [abs(before.index(key) - index) for key in after if key in before]
        nearest = min(distances, default=None)
        assert nearest is None or abs(before.index(after[new_index]) - index) == nearest


def test_the_lower_of_two_equally_near_neighbors_is_chosen() -> None:
    assert nearest_remaining("abc", 1, "ac") == 1


def test_the_cursor_moves_to_the_first_row_if_no_row_remains() -> None:
    assert nearest_remaining("abc", 1, "xyz") == 0
    assert place_after(Place(1, 0), "abc", "", 5) == Place(0, 0)
    assert place_after(Place(0, 0), "", "abc", 5) == Place(0, 0)


@given(KEYS, KEYS, st.data())
def test_a_visible_cursor_stays_on_its_line(
    before: list[str], after: list[str], data: st.DataObject
) -> None:
    rows = data.draw(st.integers(1, 6))
    cursor = data.draw(st.integers(0, len(before) - 1))
    top = data.draw(st.integers(max(0, cursor - rows + 1), cursor))
    place = place_after(Place(cursor, top), before, after, rows)
    assert place.cursor - place.top == cursor - top


def test_the_topmost_visible_row_stays_if_the_cursor_is_not_visible() -> None:
    before, after = "abcdefgh", "XYabcdefgh"
    assert place_after(Place(0, 4), before, after, 3) == Place(2, 6)
    assert place_after(Place(0, 4), before, "abcdfgh", 3) == Place(0, 4)
