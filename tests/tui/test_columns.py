"""Columns of lists: nothing is cut off beside blank cells, at any width and with any content."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.presentation.clusters import rows as clusters
from studio_tui.presentation.columns import Column
from studio_tui.presentation.schedules import rows as schedules
from studio_tui.tui.widgets.table_layout import extent, place

SCHEDULES = {"next": (0, 14), "at": (0, 16), "results": (0, 8), "id": (8, 8)}
CLUSTERS = {"status": (0, 11), "default": (0, 12)}
"""Cells of the longest text of a column: the least and the most, where they are known."""


@pytest.mark.parametrize(
    ("columns", "longest"),
    [(schedules.COLUMNS, SCHEDULES), (clusters.COLUMNS, CLUSTERS)],
    ids=["schedules", "clusters"],
)
@given(st.data())
def test_no_text_is_cut_beside_blank_cells(
    columns: tuple[Column, ...], longest: dict[str, tuple[int, int]], data: st.DataObject
) -> None:
    contents = [
        data.draw(st.integers(*longest.get(column.key, (0, 60))), label=column.key)
        for column in columns
    ]
    width = data.draw(st.integers(60, 260), label="width")
    placed = place(columns, width, contents=contents)
    cut = [one.column.key for one in placed if contents[one.cell] > one.width]
    blank = [
        one.column.key
        for one in placed
        if one.width > max(contents[one.cell], len(one.column.title))
    ]
    assert not (cut and (blank or extent(placed) < width)), (cut, blank)
