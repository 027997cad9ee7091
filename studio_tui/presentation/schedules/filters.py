"""Filter fields and sort orders of schedules.

status=failed          state of the last known run; also problem; is:suspended
name=nightly  by=ann  cron=5  cluster=gpu
"""

from datetime import UTC, datetime
from operator import attrgetter
from typing import NamedTuple

from studio_tui.api.models import Job
from studio_tui.api.states import JobState
from studio_tui.presentation.jobs.states import LOOKS
from studio_tui.presentation.lists.kinds import NEWEST_FIRST, Kind
from studio_tui.presentation.schedules.rows import is_suspended
from studio_tui.presentation.schedules.runs import ScheduledRun

_NEVER = datetime.max.replace(tzinfo=UTC)


class Scheduled(NamedTuple):
    """A schedule with its last runs."""

    task: Job
    """The schedule itself: a job in the state TASK."""
    runs: tuple[ScheduledRun, ...]
    """The last known runs, newest first."""


def state(row: Scheduled) -> JobState:
    """Return the state of the last run; `TASK` if there is none."""
    return next((run.state for run in row.runs if not run.gap), JobState.TASK)


def _expression(row: Scheduled) -> str:
    schedule = row.task.schedule
    return (schedule.cron_expression or "once") if schedule else ""


def _name(row: Scheduled) -> str:
    return (row.task.name or "").lower()


def _next(row: Scheduled) -> datetime:
    schedule = row.task.schedule
    return (schedule.next_run_at if schedule else None) or _NEVER


def _runs(row: Scheduled) -> int:
    return (row.task.schedule.runs or 0) if row.task.schedule else 0


def _missed(row: Scheduled) -> int:
    schedule = row.task.schedule
    return (schedule.missed or 0) + (schedule.skipped or 0) if schedule else 0


SCHEDULES = Kind[Scheduled](
    noun="schedule",
    key=attrgetter("task.id"),
    made_at=attrgetter("task.created_at"),
    texts=lambda row: (
        *(row.task.name, row.task.id, row.task.created_by, _expression(row)),
        *(row.task.compute_cluster_name, "suspended" if is_suspended(row.task) else None),
    ),
    state=state,
    states=JobState,
    groups={
        "problem": frozenset({JobState.FAILED, JobState.UNKNOWN}),
        "done": frozenset({JobState.COMPLETE}),
    },
    also={"suspended": lambda row: is_suspended(row.task)},
    fields={
        "name": lambda row: row.task.name or "",
        "by": lambda row: row.task.created_by or "",
        "cron": _expression,
        "cluster": lambda row: row.task.compute_cluster_name or "",
        "id": lambda row: row.task.id,
    },
    suggestions=(*("name=", "name==", "name~", "by=", "cron=", "cluster=", "age<1d", "id="),),
    hint="words, is:suspended, status=failed (last run), name==exact, name~regex, !not",
    sorts={
        NEWEST_FIRST: ("age, newest first", lambda row, now: 0),
        "name": ("name", lambda row, now: _name(row)),
        "next": ("next run, soonest first", lambda row, now: (_next(row), _name(row))),
        "results": (
            "last run, failed first",
            lambda row, now: (LOOKS[state(row)].rank, _name(row)),
        ),
        "expression": ("schedule", lambda row, now: (_expression(row), _name(row))),
        "runs": ("runs, most first", lambda row, now: (-_runs(row), _name(row))),
        "id": ("id", lambda row, now: row.task.id),
        "missed": (
            "missed and skipped runs, most first",
            lambda row, now: (-_missed(row), _name(row)),
        ),
        "by": ("creator", lambda row, now: ((row.task.created_by or "").lower(), _name(row))),
    },
    largest_first=frozenset({"missed", "runs"}),
    same_order={"words": "expression", "at": "next", "skipped": "missed"},
    is_moving=lambda row: True,
)
