"""Filters and orders of the list of schedules."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from studio_tui.api.models import Job
from studio_tui.presentation.lists.filter_terms import Terms
from studio_tui.presentation.lists.listing import Listing
from studio_tui.presentation.schedules.rows import SCHEDULES
from studio_tui.presentation.schedules.runs import ScheduleWithRuns, run_of

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def schedule_with_results(
    name: str, *results: str, hours: int = 0, **schedule: Any
) -> ScheduleWithRuns:
    task = Job.model_validate(
        {
            "id": name,
            "name": name,
            "status": "TASK",
            "created_at": (NOW - timedelta(hours=hours)).isoformat(),
            "created_by": "ann" if hours else "bob",
            "schedule": schedule or None,
        }
    )
    runs = (
        Job.model_validate({"id": f"{name}-{index}", "status": status})
        for index, status in enumerate(results)
    )
    return ScheduleWithRuns(task, tuple(map(run_of, runs)))


ROWS = [
    schedule_with_results("new"),
    schedule_with_results(
        "soon",
        "FAILED",
        "COMPLETE",
        hours=1,
        cron_expression="*/5 * * * *",
        next_run_at="2026-05-04T12:05:00Z",
    ),
    schedule_with_results(
        "later",
        "COMPLETE",
        "FAILED",
        hours=2,
        cron_expression="0 3 * * *",
        next_run_at="2026-05-05T03:00:00Z",
        missed=4,
    ),
]


def names(terms: str, sort: str = "age") -> list[str]:
    listing: Listing[ScheduleWithRuns] = Listing(SCHEDULES)
    listing.replace(ROWS)
    return listing.ids(Terms(terms, SCHEDULES), sort, NOW)


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ("status=failed", ["soon"]),
        ("status=problem", ["soon"]),
        ("status=complete", ["later"]),
        ("cron=*/5", ["soon"]),
        ("by=bob", ["new"]),
        ("age>90m", ["later"]),
        ("!status=failed", ["new", "later"]),
    ],
)
def test_a_filter_passes_the_schedules_that_match_by_their_last_run(
    terms: str, expected: list[str]
) -> None:
    assert names(terms) == expected


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("age", ["new", "soon", "later"]),
        ("next", ["soon", "later", "new"]),
        ("results", ["soon", "new", "later"]),
        ("missed", ["later", "new", "soon"]),
        ("by", ["later", "soon", "new"]),
    ],
)
def test_each_sort_order_begins_with_the_expected_schedule(sort: str, expected: list[str]) -> None:
    assert names("", sort) == expected
