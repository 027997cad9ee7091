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


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize(
    ("index", "is_moved", "after"), [(0, False, 0), (0, True, 1), (1, False, 2), (1, True, 2)]
)
def test_only_a_cursor_at_the_top_that_was_not_moved_leaves_its_row_in_another_order(
    index: int, is_moved: bool, after: int, newest_first: bool
) -> None:
    cursor = TableCursor()
    cursor.replace(["a", "b", "c"], 0, 5)
    cursor.index = index
    if is_moved:
        cursor.choose(Place(index, 0))
    keys = ["c", "a", "b"]
    place = cursor.replace(keys, 0, 5, newest_first=newest_first, change=RowChange.ORDER)
    assert place.cursor == after
