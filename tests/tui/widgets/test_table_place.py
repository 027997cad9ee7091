from hypothesis import given
from hypothesis import strategies as st

from studio_tui.tui.widgets.table_place import Place, nearest_remaining, place_after

keys = st.lists(st.sampled_from("abcdefghijklmnop"), unique=True, min_size=1)


@given(keys, keys, st.data())
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


@given(keys, keys, st.data())
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
