"""Benchmarks of a pipeline before drawing: plan, statuses, tree, table, groups, path."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from studio_tui.api.models import Job, Pipeline
from studio_tui.presentation.pipelines.graph.critical import critical_path_of
from studio_tui.presentation.pipelines.graph.plan import plan_of
from studio_tui.presentation.pipelines.graph.statuses import judge
from studio_tui.presentation.pipelines.graph.view_model import ViewModel
from studio_tui.presentation.pipelines.views import group_rows, table, tree
from studio_tui.presentation.pipelines.views.groups import group_jobs, parents_of
from tests.bench.report import Goal, Measure
from tests.presentation.pipelines.graphs import pipeline_of, run

_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
_VISIBLE_ROWS = 50
"""Rows of a tall terminal."""
_STAGE = 40
"""Number of jobs per stage."""

_REFRESH_GOALS = {1000: Goal(median=5.0), 5000: Goal(median=25.0)}


def pipeline(jobs: int) -> Pipeline:
    """Return a pipeline of stages; each job depends on two of the previous stage.

    The first half is complete. Of the next tenth one job in ten has failed, and the others run.
    """
    names = [f"{index // _STAGE:02}_stage_{index % _STAGE:04}" for index in range(jobs)]
    return pipeline_of(
        [
            run(name, names[max(0, index - _STAGE - 1) : max(0, index - _STAGE + 1)], status)
            for index, (name, status) in enumerate(zip(names, _states(jobs), strict=True))
        ]
    )


def _states(jobs: int) -> Iterator[str]:
    for index in range(jobs):
        if index < jobs // 2:
            yield "COMPLETE"
        elif index < jobs * 6 // 10:
            yield "RUNNING" if index % 10 else "FAILED"
        else:
            yield "PENDING"


def next_response(sent: Pipeline) -> Pipeline:
    """Return the next response, in which one job in a hundred has changed."""
    runs = [
        each.model_copy(update={"status": "CANCELED"}) if not index % 100 else each.model_copy()
        for index, each in enumerate(sent.job_runs)
    ]
    return sent.model_copy(update={"job_runs": tuple(runs)})


def view_model_of(sent: Pipeline) -> ViewModel:
    """Return the view model of a pipeline, with times of all its jobs and of past runs."""
    jobs = {
        run_id: Job(
            id=run_id,
            status=each.status,
            created_at=_NOON - timedelta(hours=2),
            started_at=_NOON - timedelta(hours=1) if each.status != "PENDING" else None,
            finished_at=_NOON if each.state.is_finished else None,
        )
        for each in sent.job_runs
        if (run_id := each.created_job_id) is not None
    }
    past = {each.name or "": (60.0, 65.0, 70.0, 61.0, 59.0) for each in sent.job_runs}
    return ViewModel(judge(plan_of(sent), sent.state), _NOON, jobs, past_seconds=past)


def measures(sizes: Sequence[int], rounds: int) -> tuple[Measure, ...]:
    """Return the CPU time in ms of each step for pipelines of `sizes` jobs."""
    return tuple(
        Measure(f"{name}, {size:,} jobs", tuple(cpu(step) for _ in range(rounds)), goal=goal)
        for size in sizes
        for name, step, goal in _steps(size)
    )


def _steps(size: int) -> Iterator[tuple[str, Callable[[], object], Goal | None]]:
    sent = pipeline(size)
    view_model = view_model_of(sent)
    changed = next_response(sent)
    plan, statuses = view_model.plan, view_model.statuses
    rows = tree.rows(plan)
    stages = [row.id for row in rows if row.has_children]
    folded = frozenset(stages[size // 100 :: 7])
    groups = group_jobs(plan)
    rows_of_groups = group_rows.rows(groups, statuses)
    yield "plan of a response", lambda: plan_of(sent), None
    yield (
        "refresh, 1% changed",
        lambda: judge(plan_of(changed, plan), changed.state),
        _REFRESH_GOALS.get(size),
    )
    yield "statuses", lambda: judge(plan, sent.state), None
    yield "tree", lambda: tree.rows(plan), None
    yield "tree, folded", lambda: tree.rows(plan, folded), None
    yield (
        "tree, cells in sight",
        lambda: [tree.cells(row, view_model) for row in rows[:_VISIBLE_ROWS]],
        None,
    )
    yield "table by why", lambda: table.ids(view_model, "why"), None
    yield (
        "table, cells in sight",
        lambda: [table.cells(node_id, view_model) for node_id in list(plan.nodes)[:_VISIBLE_ROWS]],
        None,
    )
    yield "groups and links", lambda: parents_of(group_jobs(plan), plan), None
    yield "groups, rows", lambda: group_rows.rows(groups, statuses), None
    yield (
        "groups, cells in sight",
        lambda: [group_rows.cells(row, view_model) for row in rows_of_groups[:_VISIBLE_ROWS]],
        None,
    )
    yield "critical path", lambda: critical_path_of(view_model), None


def cpu(step: Callable[[], object]) -> float:
    """Return the CPU time of a step in ms."""
    begin = time.process_time()
    step()
    return (time.process_time() - begin) * 1000
