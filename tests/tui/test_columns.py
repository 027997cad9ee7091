"""Columns of lists: which are shown, that they use all cells, and that they stay in place."""

from datetime import UTC, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.models import Job
from studio_tui.presentation.activity import rows as activity
from studio_tui.presentation.clusters import rows as clusters
from studio_tui.presentation.columns import Column, Reserves
from studio_tui.presentation.jobs import rows as jobs
from studio_tui.presentation.logs.progress import Progress
from studio_tui.presentation.pipelines import dataset_rows
from studio_tui.presentation.schedules import rows as schedules
from studio_tui.presentation.schedules.runs import run_of
from studio_tui.tui.widgets.table_contents import Contents
from studio_tui.tui.widgets.table_layout import extent, place
from tests.jobs import NOON, job, row_of

LISTS = {
    "jobs": jobs,
    "schedules": schedules,
    "clusters": clusters,
    "activity": activity,
    "datasets": dataset_rows,
}


def _text_widths(column: Column) -> tuple[int, int]:
    """Return the least and the greatest width of a column's longest text, in cells."""
    if not column.fits:
        return column.width, column.width
    least = column.wanted_width if column.reserves is Reserves.ALWAYS else 0
    return least, column.max_width or (150 if column.grow else column.width)


@pytest.mark.parametrize("columns", [each.COLUMNS for each in LISTS.values()], ids=LISTS)
@given(st.data())
def test_no_text_is_cut_while_another_column_has_unused_cells(
    columns: tuple[Column, ...], data: st.DataObject
) -> None:
    contents = [
        data.draw(st.integers(*_text_widths(column)), label=column.key) for column in columns
    ]
    width = data.draw(st.integers(60, 260), label="width")
    placed = place(columns, width, contents=contents)
    cut = [each.column.key for each in placed if contents[each.cell] > each.width]
    too_wide = [
        each.column.key
        for each in placed
        if each.width > max(contents[each.cell], len(each.column.title))
    ]
    assert not (cut and (too_wide or extent(placed) < width)), (cut, too_wide)


def _schedule(runs: int) -> Job:
    return job(
        9000,
        "TASK",
        schedule={
            "cron_expression": "*/20 * * * *",
            "time_zone": "UTC",
            "next_run_at": "2026-03-01T12:20:00Z",
            "runs": runs,
            "missed": 0,
            "skipped": 0,
        },
    )


@pytest.mark.parametrize("width", [60, 80, 100, 120, 160, 200])
def test_the_columns_of_schedules_do_not_move_when_runs_are_added(width: int) -> None:
    contents, placed = Contents(schedules.COLUMNS), set()
    runs = [job(number, "FAILED") for number in range(12)]
    for count, minutes in ((0, 0), (1, 20), (2, 21), (12, 12000)):
        past = tuple(map(run_of, runs[:count]))
        moment = NOON + timedelta(minutes=minutes)
        contents.grow([schedules.cells(_schedule(count), past, moment, UTC)])
        placed.add(
            place(schedules.COLUMNS, width, contents=contents.widths, all_time=contents.all_time)
        )
    assert len(placed) == 1


def test_a_narrow_list_of_jobs_shows_progress_and_errors_in_one_column() -> None:
    width = 78  # in 80 columns, and beside the preview in 120
    contents = Contents(jobs.COLUMNS)
    progress = Progress("", 37, 100, 37, "it", 3.1, 12, 20)
    running, failed = job(1, "RUNNING"), job(2, "FAILED", name="x" * 22, error_message="e" * 90)
    contents.grow([row_of(running, NOON, progress), row_of(failed, NOON)])
    placed = place(jobs.COLUMNS, width, contents=contents.widths, all_time=contents.all_time)
    assert [each.column.title for each in placed] == ["STATUS", "NAME", "RUN", "AGE", "DETAIL"]
    assert placed[-1].width == width - 49


@pytest.mark.parametrize(("columns", "key"), [(jobs.COLUMNS, "error"), (activity.COLUMNS, "why")])
def test_one_long_name_does_not_narrow_the_reasons_of_the_other_rows(
    columns: tuple[Column, ...], key: str
) -> None:
    for name in (20, 150):
        contents = [{"name": name, "what": name, key: 60}.get(each.key, 0) for each in columns]
        placed = place(columns, 118, contents=contents)
        assert {each.column.key: each.width for each in placed}[key] >= 60
