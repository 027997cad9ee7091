"""Pipelines as table rows: cells, sort keys, and filter fields."""

from collections import Counter
from collections.abc import Callable, Container
from dataclasses import replace
from datetime import UTC, datetime
from operator import attrgetter
from typing import NamedTuple

from studio_tui.api.ids import is_usable_id
from studio_tui.api.models import RERUN_TARGET_PREFIX, Pipeline
from studio_tui.api.states import FINISHED_PIPELINE_STATES, PipelineState
from studio_tui.presentation.cells import NOTHING, UNREADABLE, Cell, Pieces, Tone, dim_row
from studio_tui.presentation.columns import Align, Column
from studio_tui.presentation.format import SHORT_ID, UNKNOWN, age, plural, seconds_between
from studio_tui.presentation.jobs.states import StateLook
from studio_tui.presentation.lists.kinds import Kind, ListColumn, SortOrder, layouts
from studio_tui.presentation.pipelines.graph.estimate import Estimate, rough_duration
from studio_tui.presentation.pipelines.graph.segments import bar
from studio_tui.presentation.pipelines.graph.statuses import (
    JobStatuses,
    NodeState,
    counts,
    statuses_of,
)

BAR_WIDTH = 14

LOOKS: dict[PipelineState, StateLook] = {
    PipelineState.FAILED: StateLook("✗", Tone.BAD, 0),
    PipelineState.RUNNING: StateLook("●", Tone.ACTIVE, 1),
    PipelineState.PAUSED: StateLook("‖", Tone.WARN, 2),
    PipelineState.PENDING: StateLook("·", Tone.WAITING, 3),
    PipelineState.UNKNOWN: StateLook("?", Tone.WARN, 4),
    PipelineState.CANCELED: StateLook("◇", Tone.DIM, 5),
    PipelineState.COMPLETED: StateLook("✓", Tone.GOOD, 6),
}
"""Appearance of each state, and its rank when sorted by state."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
"""Stands for an unknown time of the last change."""


class StatusCache:
    """Derived states of the jobs of pipelines, computed again only if their pipeline changes."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[Pipeline, JobStatuses]] = {}

    def statuses(self, pipeline: Pipeline) -> JobStatuses:
        cached = self._entries.get(pipeline.pipeline_id)
        if cached is None or cached[0] is not pipeline:
            cached = pipeline, statuses_of(pipeline)
            self._entries[pipeline.pipeline_id] = cached
        return cached[1]

    def numbers(self, pipeline: Pipeline) -> Counter[NodeState]:
        """Return the number of jobs by state.

        If Studio sent only totals, jobs that are not completed count as waiting, or as unknown if
        the pipeline has ended.
        """
        if pipeline.job_runs or not pipeline.total:
            return self.statuses(pipeline).numbers
        done = min(pipeline.completed or 0, pipeline.total)
        other_state = NodeState.UNKNOWN if pipeline.state.is_finished else NodeState.WAITING
        return Counter({NodeState.DONE: done, other_state: pipeline.total - done})

    def keep(self, ids: Container[str]) -> None:
        """Forget all but the pipelines with these ids."""
        self._entries = {key: entry for key, entry in self._entries.items() if key in ids}


class PipelineRow(NamedTuple):
    """The data from which the row of a pipeline is derived."""

    pipeline: Pipeline
    numbers: Counter[NodeState]
    now: datetime
    estimate: Estimate


def state_cell(pipeline: Pipeline) -> Cell:
    """Return glyph and name of a pipeline's state; an unknown status is shown unchanged."""
    look = LOOKS[pipeline.state]
    return Cell(f"{look.glyph} {pipeline.status or 'UNKNOWN'}", look.tone)


def target_cell(pipeline: Pipeline) -> Cell | Pieces:
    """Return the name of the target, then its namespace, as targets differ mostly in their names.

    A target with several datasets or without a namespace is shown unchanged. If it is a list of
    rerun jobs (`RERUN_TARGET_PREFIX`), a narrow table shows their number.
    """
    target = pipeline.triggered_from or ""
    if target.startswith(RERUN_TARGET_PREFIX):
        return Cell(target, shorter=(plural(_job_count(pipeline), "job"),))
    prefix = "@" if target.startswith("@") else ""
    plain, at, version = target.removeprefix(prefix).partition("@")
    namespace, dot, name = plain.rpartition(".")
    if not dot or not name or "," in target or " " in target:
        return _text_cell(pipeline, "triggered_from", Tone.PLAIN)
    return Pieces((Cell(name + at + version), Cell(f"  {prefix}{namespace}", Tone.DIM)))


def counts_cell(numbers: Counter[NodeState]) -> Pieces:
    """Return the glyph and the number of jobs of each state that has jobs."""
    return Pieces(
        tuple(
            Cell(f"{count.glyph}{count.number_text} ", count.tone)
            for count in counts(numbers)
            if count.number
        )
    )


def _text_cell(pipeline: Pipeline, field: str, tone: Tone) -> Cell:
    if field in pipeline.unreadable:
        return UNREADABLE
    text = getattr(pipeline, field)
    return Cell(text, tone) if text else Cell(UNKNOWN, Tone.DIM)


def _done_cell(numbers: Counter[NodeState]) -> Cell:
    jobs = sum(numbers.values())
    return Cell(f"{numbers[NodeState.DONE]}/{jobs}") if jobs else NOTHING


def _age_cell(pipeline: Pipeline, field: str, now: datetime) -> Cell:
    if field in pipeline.unreadable:
        return UNREADABLE
    return Cell(age(seconds_between(getattr(pipeline, field), now)), Tone.DIM)


def _estimate_cell(estimate: Estimate) -> Cell:
    if estimate.remaining is None:
        return NOTHING
    short = rough_duration(estimate.remaining)
    return Cell(estimate.words.removeprefix("ETA "), Tone.PLAIN, (short,))


def _job_count(pipeline: Pipeline) -> int:
    return pipeline.total or len(pipeline.job_runs)


def _share_done(pipeline: Pipeline) -> float:
    jobs = _job_count(pipeline)
    return (pipeline.completed or 0) / jobs if jobs else 0.0


PipelineColumn = ListColumn[PipelineRow, Pipeline, Cell | Pieces]


def _eta_column(estimate: Callable[[str], Estimate]) -> PipelineColumn:
    """Return the column of estimates; `estimate` returns that of a pipeline by its id."""

    def soonest_first(pipeline: Pipeline, _now: datetime) -> tuple[bool, float]:
        remaining = estimate(pipeline.pipeline_id).remaining
        return remaining is None, remaining or 0.0

    return ListColumn(
        Column("eta", "ETA", 8, align=Align.RIGHT, drop=3, fits=True, only_unfinished=True),
        lambda row: _estimate_cell(row.estimate),
        SortOrder("ETA, soonest first", soonest_first),
    )


PIPELINE_COLUMNS: tuple[PipelineColumn, ...] = (
    ListColumn(
        Column("state", "STATUS", 11, sticky=True),
        lambda row: state_cell(row.pipeline),
        SortOrder("status, failed first", lambda pipeline, now: LOOKS[pipeline.state].rank),
    ),
    ListColumn(
        Column("name", "NAME", 12, grow=1, max_width=28, drop=2, fits=True, sticky=True),
        lambda row: _text_cell(row.pipeline, "name", Tone.STRONG),
        SortOrder("name", lambda pipeline, now: (pipeline.name or "").lower()),
        text=lambda pipeline: pipeline.name or "",
    ),
    ListColumn(  # `grow`: it gets most of the spare space
        Column("target", "TARGET", 10, grow=2),
        lambda row: target_cell(row.pipeline),
        SortOrder("target", lambda pipeline, now: (pipeline.triggered_from or "").lower()),
        text=lambda pipeline: pipeline.triggered_from or "",
    ),
    ListColumn(
        Column("progress", "PROGRESS", BAR_WIDTH, drop=1),
        lambda row: Pieces(bar(row.numbers, BAR_WIDTH)),
        sorted_like="done",
    ),
    ListColumn(
        Column("done", "DONE", 7, align=Align.RIGHT, drop=4, fits=True),
        lambda row: _done_cell(row.numbers),
        SortOrder("progress, least first", lambda pipeline, now: _share_done(pipeline)),
    ),
    ListColumn(
        Column("jobs", "JOBS", 18, grow=1, max_width=34, drop=3, fits=True),
        lambda row: counts_cell(row.numbers),
        SortOrder("number of jobs, most first", lambda pipeline, now: -_job_count(pipeline)),
    ),
    _eta_column(lambda _: Estimate()),
    ListColumn(
        Column("age", "AGE", 4, align=Align.RIGHT),
        lambda row: _age_cell(row.pipeline, "created_at", row.now),
    ),
    ListColumn(
        Column("updated", "UPDATED", 7, align=Align.RIGHT, drop=5, fits=True),
        lambda row: _age_cell(row.pipeline, "updated_at", row.now),
        SortOrder(
            "last change, newest first",
            lambda pipeline, now: _LONG_AGO - (pipeline.updated_at or _LONG_AGO),
        ),
    ),
    ListColumn(
        Column("id", "ID", SHORT_ID, drop=6),
        lambda row: Cell(row.pipeline.pipeline_id[:SHORT_ID], Tone.DIM),
        SortOrder("id", lambda pipeline, now: pipeline.pipeline_id),
        text=lambda pipeline: pipeline.pipeline_id,
    ),
)

COLUMNS = layouts(PIPELINE_COLUMNS)


def cells(
    pipeline: Pipeline, cache: StatusCache, now: datetime, estimate: Estimate
) -> tuple[Cell | Pieces, ...]:
    """Return one cell for each of `COLUMNS`, dim if the pipeline has no usable id."""
    row = PipelineRow(pipeline, cache.numbers(pipeline), now, estimate)
    row_cells = tuple(column.cell(row) for column in PIPELINE_COLUMNS)
    return row_cells if is_usable_id(pipeline.pipeline_id) else dim_row(row_cells)


PIPELINES = Kind[Pipeline](
    noun="pipeline",
    key=attrgetter("pipeline_id"),
    made_at=attrgetter("created_at"),
    texts=lambda pipeline: (
        pipeline.name,
        pipeline.pipeline_id,
        pipeline.status,
        pipeline.triggered_from,
        pipeline.error_message,
    ),
    state=attrgetter("state"),
    states=PipelineState,
    state_groups={
        "active": frozenset({PipelineState.PENDING, PipelineState.RUNNING, PipelineState.PAUSED}),
        "finished": FINISHED_PIPELINE_STATES,
        "problem": frozenset({PipelineState.FAILED, PipelineState.UNKNOWN}),
        "done": frozenset({PipelineState.COMPLETED}),
    },
    columns=PIPELINE_COLUMNS,
    other_fields={
        "job": lambda pipeline: "\n".join(run.name or "" for run in pipeline.job_runs),
        "error": lambda pipeline: pipeline.error_message or "",
        "task": lambda pipeline: pipeline.scheduled_by or "",
    },
    suggestions=("age<1h", "age<1d"),
    hint="words, status=paused, target=name, job=name, age<2h, !not",
    changes_each_second=lambda pipeline: pipeline.state.is_active,
)


def pipelines_with(estimate: Callable[[str], Estimate]) -> Kind[Pipeline]:
    """Return `PIPELINES`, which can then be sorted by the estimates that `estimate` returns."""
    eta = _eta_column(estimate)
    columns = (eta if each.layout == eta.layout else each for each in PIPELINE_COLUMNS)
    return replace(PIPELINES, columns=tuple(columns))
