"""Facts about a pipeline, a comparison with others of the same target, and which logs to open."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from studio_tui.api.models import Job, Pipeline, PipelineJob, RemovedJob
from studio_tui.api.states import JobState
from studio_tui.presentation.cells import NOTHING, Cell, Tone
from studio_tui.presentation.format import (
    UNKNOWN,
    age,
    duration,
    join_names,
    local_time,
    plural,
    seconds_between,
    with_short_ids,
)
from studio_tui.presentation.jobs.causes import cause_of
from studio_tui.presentation.jobs.facts import (
    Fact,
    FactLine,
    first_cells,
    id_cell,
    labeled_facts,
    moment_cell,
    unreadable_facts,
)
from studio_tui.presentation.jobs.states import LOOKS
from studio_tui.presentation.jobs.times import run_seconds
from studio_tui.presentation.pipelines.datasets import LOCAL_PREFIX, target_key
from studio_tui.presentation.pipelines.graph.estimate import Estimate
from studio_tui.presentation.pipelines.graph.plan import Node
from studio_tui.presentation.pipelines.graph.statuses import (
    JobStatuses,
    NodeState,
    counts,
    paused_words,
)
from studio_tui.presentation.pipelines.rows import StatusCache, state_cell
from studio_tui.presentation.pipelines.times import ended_at, pipeline_seconds

MOST_NAMED = 8
"""Maximum number of failed or running jobs that are listed by name."""
GRID_PIPELINES = 8
"""Maximum number of pipelines compared side by side."""
GRID_JOBS = 24
"""Maximum number of rows of a comparison."""

_Row = tuple[str, int]
"""A row of a comparison: the name of a job, and its number among jobs of that name."""

_NAME_LEAST, _NAME_MOST = 12, 24
"""Minimum and maximum width of the column of names, in cells."""


class PipelineContext(NamedTuple):
    """The data, besides a pipeline itself, from which the facts about it are derived."""

    cache: StatusCache
    jobs: Mapping[str, Job]
    """Loaded runs by id."""
    now: datetime
    until: datetime
    """The time up to which durations of what has not ended are counted."""
    estimate: Estimate = Estimate()
    """The estimate of the pipeline whose facts are shown."""


def facts(pipeline: Pipeline, context: PipelineContext) -> tuple[Fact, ...]:
    """Return the facts about a pipeline, most important first."""
    cache, jobs, now, estimate = context.cache, context.jobs, context.now, context.estimate
    eta = estimate.words.removeprefix("no ETA: ").removeprefix("ETA ")
    statuses = cache.statuses(pipeline)
    failures = [statuses.plan.nodes[root] for root in statuses.root_failures]
    error = own_error(pipeline, failures[:MOST_NAMED], jobs)
    return (
        Fact("status", _pipeline_status_cell(pipeline, statuses)),
        Fact("jobs", _counts_cell(pipeline, cache)),
        *((Fact("error", Cell(with_short_ids(error), Tone.BAD)),) if error else ()),
        *plan_facts(pipeline),
        *_failure_facts(statuses, failures, jobs),
        *_running_facts(statuses, jobs, context.until),
        *((Fact("ETA", Cell(eta)),) if estimate.remaining is not None else ()),
        Fact("target", Cell(pipeline.triggered_from or UNKNOWN, Tone.STRONG)),
        Fact("name", Cell(pipeline.name or UNKNOWN)),
        Fact("id", id_cell(pipeline.pipeline_id)),
        Fact("created", moment_cell(pipeline.created_at, now)),
        Fact("updated", moment_cell(pipeline.updated_at, now)),
        *_time_facts(pipeline, context),
        *((Fact("ETA", Cell(f"unknown: {eta}", Tone.DIM)),) if estimate.reason else ()),
        *(Fact("inconsistent", Cell(flaw, Tone.WARN)) for flaw in statuses.plan.flaws),
        *unreadable_facts(pipeline),
    )


def plan_facts(pipeline: Pipeline) -> tuple[Fact, ...]:
    """Return Studio's warnings about a plan, and the jobs that were removed from it."""
    warnings = [Cell(f"⚠ {each}", Tone.WARN) for each in warnings_of(pipeline)]
    removed = [Cell(removed_words(job), Tone.DIM) for job in pipeline.removed or ()]
    return (*labeled_facts("warning", warnings), *labeled_facts("removed", removed))


def warnings_of(pipeline: Pipeline) -> tuple[str, ...]:
    """Return which datasets the plan does not rebuild, by their short names, and why."""
    return tuple(each.replace(LOCAL_PREFIX, "") for each in pipeline.warnings or ())


def removed_words(job: RemovedJob) -> str:
    """Return the name of a removed job, else its id, and when it was removed."""
    when = f"  {local_time(job.removed_at)}" if job.removed_at is not None else ""
    return f"{job.name or job.job_id}{when}"


def grid(
    pipeline: Pipeline, pipelines: Iterable[Pipeline], context: PipelineContext, width: int
) -> tuple[FactLine, ...]:
    """Return a comparison of a pipeline with others of the same target; empty if there are none.

    It has a column for each of the latest pipelines, oldest first. If not all fit in `width` cells,
    the oldest are left out, but never `pipeline`. It has a row for each job name, or several if a
    pipeline has several jobs of that name. If there are more than `GRID_JOBS` rows, those with
    problems come first, and the last ones are left out.
    """
    compared = _pipelines_to_compare(pipeline, pipelines)
    if len(compared) < 2:
        return ()
    columns = [_column(context.cache.statuses(each), context) for each in compared]
    if not any(columns):
        return ()
    heads = [
        ("▸" if each is pipeline else "") + age(seconds_between(each.created_at, context.now))
        for each in compared
    ]
    widths = [
        max((len(head), *(len(cell.text) for cell in column.values()))) + 2
        for head, column in zip(heads, columns, strict=True)
    ]
    while len(widths) > 1 and sum(widths) + _NAME_LEAST > width:
        oldest = 1 if compared[0] is pipeline else 0
        del compared[oldest], heads[oldest], columns[oldest], widths[oldest]
    # Jobs of the latest pipeline come first.
    rows = list(dict.fromkeys(row for column in reversed(columns) for row in column))
    name_width = max(_NAME_LEAST, min(_NAME_MOST, width - sum(widths)))
    hidden_count = len(rows) - GRID_JOBS
    if hidden_count > 0:
        rows.sort(key=lambda row: not any(_is_problem(each.get(row, NOTHING)) for each in columns))
    return (
        FactLine((Cell(f"runs of {pipeline.triggered_from}, oldest first", Tone.DIM),), (width,)),
        _grid_line("", [Cell(head, Tone.DIM) for head in heads], name_width, widths),
        *(
            _grid_line(row[0], [column.get(row, NOTHING) for column in columns], name_width, widths)
            for row in rows[:GRID_JOBS]
        ),
        *(
            (FactLine((Cell(f"and {plural(hidden_count, 'more job')}", Tone.DIM),), (width,)),)
            if hidden_count > 0
            else ()
        ),
    )


def _pipeline_status_cell(pipeline: Pipeline, statuses: JobStatuses) -> Cell:
    text, tone, *_ = state_cell(pipeline)
    return Cell(" · ".join(filter(None, (text, paused_words(statuses)))), tone)


def _counts_cell(pipeline: Pipeline, cache: StatusCache) -> Cell:
    numbers = cache.numbers(pipeline)
    if not (total := sum(numbers.values())):
        return Cell(UNKNOWN, Tone.DIM)
    words = [f"{count.number_text} {count.name}" for count in counts(numbers) if count.number]
    return Cell(f"{total:,}: {', '.join(words)}")


def own_error(pipeline: Pipeline, shown: Iterable[Node], jobs: Mapping[str, Job]) -> str:
    """Return the pipeline's own error; empty if a cause of the failures `shown` is known."""
    is_cause_known = any(why_failed(node, jobs) for node in shown)
    return "" if is_cause_known else (pipeline.error_message or "").strip()


def why_failed(node: Node, jobs: Mapping[str, Job]) -> str:
    """Return the cause of a failure in one line; empty if unknown."""
    job = jobs.get(node.run or "")
    return cause_of(job) if job is not None else ""


def _failure_facts(
    statuses: JobStatuses, failures: Sequence[Node], jobs: Mapping[str, Job]
) -> tuple[Fact, ...]:
    def cell(node: Node) -> Cell:
        blocked = statuses.roots[node.id]
        words = (node.name, why_failed(node, jobs), f"blocks {blocked}" if blocked else "")
        return Cell(" · ".join(filter(None, words)), Tone.BAD)

    return labeled_facts("failed", first_cells(MOST_NAMED, failures, cell, Tone.BAD))


def _running_facts(
    statuses: JobStatuses, jobs: Mapping[str, Job], until: datetime
) -> tuple[Fact, ...]:
    names = []
    for node_id, node in statuses.plan.nodes.items():
        if statuses.states[node_id] is NodeState.RUNNING:
            ran = _seconds_run(node, jobs, until)
            names.append(node.name if ran is None else f"{node.name} {duration(ran)}")
    running = Cell(join_names(names, MOST_NAMED), Tone.ACTIVE)
    return (Fact("running", running),) if names else ()


def _seconds_run(node: Node, jobs: Mapping[str, Job], until: datetime) -> float | None:
    job = jobs.get(node.run or "")
    return run_seconds(job, until) if job else None


def _time_facts(pipeline: Pipeline, context: PipelineContext) -> tuple[Fact, ...]:
    ended = ended_at(pipeline, context.jobs)
    took = pipeline_seconds(pipeline, context.jobs, context.until)
    if took is None:
        # The pipeline is paused, or its creation or end is unknown.
        return ()
    if ended is None:
        return (Fact("so far", Cell(duration(took))),)
    return (Fact("ended", moment_cell(ended, context.now)), Fact("took", Cell(duration(took))))


def _pipelines_to_compare(pipeline: Pipeline, pipelines: Iterable[Pipeline]) -> list[Pipeline]:
    """Return `pipeline` and the latest others with its target, oldest first.

    `pipelines` are newest first. The result is empty if `pipeline` has no target.
    """
    if not pipeline.triggered_from:
        return []
    target = target_key(pipeline.triggered_from)
    same_target = [one for one in pipelines if target_key(one.triggered_from or "") == target]
    newest = same_target[:GRID_PIPELINES]
    if not any(one is pipeline for one in newest):
        newest = [*newest[: GRID_PIPELINES - 1], pipeline]
    return newest[::-1]


def _column(statuses: JobStatuses, context: PipelineContext) -> dict[_Row, Cell]:
    numbers = Counter[str]()
    cells = {}
    for node_id, node in statuses.plan.nodes.items():
        numbers[node.name] += 1
        look, ran = statuses.look(node_id), _seconds_run(node, context.jobs, context.until)
        text = look.glyph if ran is None else f"{look.glyph} {duration(ran)}"
        cells[node.name, numbers[node.name]] = Cell(text, look.tone)
    return cells


def _is_problem(cell: Cell) -> bool:
    canceled = LOOKS[JobState.CANCELED].glyph
    return cell.tone in {Tone.BAD, Tone.WARN} or cell.text.startswith(canceled)


def _grid_line(
    name: str, cells: Sequence[Cell], name_width: int, widths: Sequence[int]
) -> FactLine:
    return FactLine((Cell(name), NOTHING, *cells), (name_width - 1, 1, *widths))


def jobs_with_logs(*pipelines: Pipeline) -> tuple[PipelineJob, ...]:
    """Return the jobs that can have a log, the most urgent first."""
    runs = (run for pipeline in pipelines for run in pipeline.job_runs if has_log(run))
    return tuple(sorted(runs, key=lambda run: LOOKS[run.state].rank))


def has_log(run: PipelineJob) -> bool:
    """Whether a job of a pipeline can have a log."""
    return bool(run.created_job_id) and run.state is not JobState.PENDING
