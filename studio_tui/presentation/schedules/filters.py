"""Filter fields and sort orders of schedules.

status=failed          state of the last known run; also problem; is:suspended
name=nightly  by=ann  cron=5  cluster=gpu
"""

from operator import attrgetter

from studio_tui.api.states import JobState
from studio_tui.presentation.lists.kinds import Kind
from studio_tui.presentation.schedules.rows import SCHEDULE_COLUMNS, is_suspended, typed_expression
from studio_tui.presentation.schedules.runs import Scheduled

SCHEDULES = Kind[Scheduled](
    noun="schedule",
    key=attrgetter("task.id"),
    made_at=attrgetter("task.created_at"),
    texts=lambda row: (
        *(row.task.name, row.task.id, row.task.created_by, typed_expression(row)),
        *(row.task.compute_cluster_name, "suspended" if is_suspended(row.task) else None),
    ),
    state=attrgetter("state"),
    states=JobState,
    groups={
        "problem": frozenset({JobState.FAILED, JobState.UNKNOWN}),
        "done": frozenset({JobState.COMPLETE}),
    },
    also={"suspended": lambda row: is_suspended(row.task)},
    columns=SCHEDULE_COLUMNS,
    other_fields={"cluster": lambda row: row.task.compute_cluster_name or ""},
    suggestions=("age<1d",),
    hint="words, is:suspended, status=failed (last run), name==exact, name~regex, !not",
    is_moving=lambda row: True,
)
