"""The cursor of a table while the keys of its rows change."""

import pytest

from studio_tui.tui.widgets.table_cursor import RowChange, TableCursor
from studio_tui.tui.widgets.table_place import Place


def test_the_row_under_the_cursor_gets_another_key_unless_there_is_no_row() -> None:
    cursor = TableCursor()
    cursor.join_to("group")
    assert cursor.key is None
    cursor.replace(["a", "b"], 0, 5)
    cursor.join_to("group")
    assert list(cursor.keys) == ["group", "b"]


@pytest.mark.parametrize(("index", "after"), [(0, 0), (1, 2)])
@pytest.mark.parametrize("is_moved", [True, False])
def test_a_cursor_at_the_top_stays_there_in_another_order_and_another_keeps_its_row(
    index: int, after: int, is_moved: bool
) -> None:
    cursor = TableCursor()
    cursor.replace(["a", "b", "c"], 0, 5)
    cursor.index = index
    if is_moved:
        cursor.choose(Place(index, 0))
        cursor.pin(0)
    place = cursor.replace(["c", "a", "b"], 0, 5, newest_first=True, change=RowChange.ORDER)
    assert place.cursor == after
