"""The cursor of a table while the keys of its rows change."""

from studio_tui.tui.widgets.table_cursor import TableCursor


def test_the_row_under_the_cursor_gets_another_key_unless_there_is_no_row() -> None:
    cursor = TableCursor()
    cursor.join_to("group")
    assert cursor.key is None
    cursor.replace(["a", "b"], 0, 5, newest_first=False, is_refiltered=False)
    cursor.join_to("group")
    assert list(cursor.keys) == ["group", "b"]
