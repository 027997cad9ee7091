"""The rows with the longest texts of a list, which decide the widths of columns."""

from datetime import timedelta

from studio_tui.presentation.jobs.filters import JOBS
from studio_tui.presentation.lists.listing import WidestRows
from tests.jobs import NOON, job


def test_the_rows_with_the_longest_name_creator_error_and_times_are_found_over_time() -> None:
    widest = WidestRows(JOBS)
    jobs = [
        job(1, name="a name that is long"),
        job(2, name="b", created_by="a creator with a long name"),
        job(3, "FAILED", name="c", error_message="x" * 80),
        job(4, name="d", finished_at=(NOON + timedelta(hours=3)).isoformat()),
        job(5, name="e"),
    ]
    widest.note(((each.id, each) for each in jobs), NOON)
    assert {each.id for each in jobs[:4]} <= widest.ids
    longer = job(6, name="a name that is even longer")
    widest.note([(longer.id, longer)], NOON)
    assert longer.id in widest.ids
