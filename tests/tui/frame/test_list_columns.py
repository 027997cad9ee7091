"""The columns of every list at every width: none runs off the edge, and the age stays."""

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
def test_no_column_runs_off_the_edge_of_any_terminal(columns: Sequence[Column]) -> None:
    for width in range(40, 200):
        placed = place(columns, width - GUTTER, contents=[60] * len(columns))
        assert extent(placed) <= width - GUTTER, width


@pytest.mark.parametrize(
    ("columns", "least"), [(JOBS, 43), (PIPELINES, 40)], ids=["jobs", "pipelines"]
)
def test_the_age_leaves_after_all_but_state_name_and_run(
    columns: Sequence[Column], least: int
) -> None:
    for width in range(least, 200):
        placed = place(columns, width - GUTTER, contents=[60] * len(columns))
        assert {"state", "age"} <= {p.column.key for p in placed}, width
