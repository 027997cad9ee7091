import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.color import Color
from textual.scrollbar import ScrollBarRender

from studio_tui.tui.widgets.table_place import Place, coarse, kept, survivor

keys = st.lists(st.sampled_from("abcdefghijklmnop"), unique=True, min_size=1)


@given(keys, keys, st.data())
def test_a_row_that_is_still_there_stands_for_itself(
    before: list[str], after: list[str], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(before) - 1))
    found = survivor(before, index, after)
    if before[index] in after:
        assert after[found] == before[index]
    else:
        distances = [abs(before.index(key) - index) for key in after if key in before]
        nearest = min(distances, default=None)
        assert nearest is None or abs(before.index(after[found]) - index) == nearest


def test_the_lower_of_two_equally_near_neighbours_stands_in() -> None:
    assert survivor("abc", 1, "ac") == 1


def test_nobody_left_means_the_first_row() -> None:
    assert survivor("abc", 1, "xyz") == 0
    assert kept(Place(1, 0), "abc", "", 5) == Place(0, 0)
    assert kept(Place(0, 0), "", "abc", 5) == Place(0, 0)


@given(keys, keys, st.data())
def test_the_row_under_a_cursor_in_sight_stays_on_its_line(
    before: list[str], after: list[str], data: st.DataObject
) -> None:
    rows = data.draw(st.integers(1, 6))
    cursor = data.draw(st.integers(0, len(before) - 1))
    top = data.draw(st.integers(max(0, cursor - rows + 1), cursor))
    place = kept(Place(cursor, top), before, after, rows)
    assert place.cursor - place.top == cursor - top


def test_with_the_cursor_out_of_sight_the_topmost_row_stays() -> None:
    before, after = "abcdefgh", "XYabcdefgh"
    assert kept(Place(0, 4), before, after, 3) == Place(2, 6)
    assert kept(Place(0, 4), before, "abcdfgh", 3) == Place(0, 4)


@pytest.mark.parametrize("rows", [50, 400, 5_000, 100_000])
def test_a_coarse_position_looks_the_same_on_the_scroll_bar(rows: int) -> None:
    def bar(position: float) -> object:
        return ScrollBarRender.render_bar(
            size=40,
            virtual_size=rows,
            window_size=40,
            position=position,
            back_color=Color(0, 0, 0).rich_color,
            bar_color=Color(255, 255, 255).rich_color,
        ).segments

    furthest = rows - 40
    tops = {*range(0, furthest, max(1, furthest // 997)), furthest}
    for top in tops:
        assert bar(coarse(top, rows, 40)) == bar(top)
    assert len({coarse(top, rows, 40) for top in range(furthest + 1)}) <= 40 * 8
