"""Filters and orders of the list of schedules."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from studio_tui.api.models import Job
from studio_tui.api.states import JobState
from studio_tui.presentation.lists.filter_terms import Terms
from studio_tui.presentation.lists.listing import Listing
from studio_tui.presentation.schedules.rows import SCHEDULES
from studio_tui.presentation.schedules.runs import ScheduledRun, ScheduleWithRuns, run_of

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def scheduled(name: str, *results: str, hours: int = 0, **schedule: Any) -> ScheduleWithRuns:
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
    runs = (Job.model_validate({"id": f"{name}-{at}", "status": s}) for at, s in enumerate(results))
    return ScheduleWithRuns(task, tuple(map(run_of, runs)))


ROWS = [
    scheduled("new"),
    scheduled(
        "soon",
        "FAILED",
        "COMPLETE",
        hours=1,
        cron_expression="*/5 * * * *",
        next_run_at="2026-05-04T12:05:00Z",
    ),
    scheduled(
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
    ("terms", "left"),
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
def test_a_filter_asks_for_the_last_run(terms: str, left: list[str]) -> None:
    assert names(terms) == left


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("age", ["new", "soon", "later"]),
        ("next", ["soon", "later", "new"]),
        ("results", ["soon", "new", "later"]),
        ("missed", ["later", "new", "soon"]),
        ("by", ["later", "soon", "new"]),
    ],
)
def test_an_order_begins_with_what_matters(sort: str, order: list[str]) -> None:
    assert names("", sort) == order


def test_the_state_of_a_schedule_is_that_of_its_last_run_whatever_was_missed_since() -> None:
    missed = ScheduledRun(None, JobState.UNKNOWN, "missed", None, gap="missed")
    row = scheduled("a", "FAILED")
    assert row._replace(runs=(missed, *row.runs)).state is JobState.FAILED
