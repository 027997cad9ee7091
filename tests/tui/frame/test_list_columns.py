"""The columns of lists at many widths: none extends beyond the edge, and the age stays."""

from collections.abc import Sequence

import pytest

from studio_tui.presentation.clusters.rows import COLUMNS as CLUSTERS
from studio_tui.presentation.columns import Column
from studio_tui.presentation.jobs.rows import COLUMNS as JOBS
from studio_tui.presentation.pipelines.rows import COLUMNS as PIPELINES
from studio_tui.presentation.schedules.rows import COLUMNS as SCHEDULES
from studio_tui.tui.widgets.table_layout import extent, place
from studio_tui.tui.widgets.table_painter import GUTTER

LISTS = {
    "jobs": JOBS,
    "pipelines": PIPELINES,
    "clusters": CLUSTERS,
    "schedules": SCHEDULES,
}


@pytest.mark.parametrize("columns", LISTS.values(), ids=LISTS.keys())
def test_no_column_extends_beyond_the_edge_of_the_terminal(columns: Sequence[Column]) -> None:
    for width in range(40, 200):
        placed = place(columns, width - GUTTER, contents=[60] * len(columns))
        assert extent(placed) <= width - GUTTER, width


@pytest.mark.parametrize(
    ("columns", "min_width"), [(JOBS, 43), (PIPELINES, 40)], ids=["jobs", "pipelines"]
)
def test_state_and_age_are_shown_from_a_minimum_width_on(
    columns: Sequence[Column], min_width: int
) -> None:
    for width in range(min_width, 200):
        placed = place(columns, width - GUTTER, contents=[60] * len(columns))
        assert {"state", "age"} <= {p.column.key for p in placed}, width
