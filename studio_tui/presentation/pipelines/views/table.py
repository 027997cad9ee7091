"""A pipeline as a table with a row for each job, sorted by any column."""

from collections.abc import Callable
from typing import Any

from studio_tui.presentation.cells import NOTHING, Cell, Tone
from studio_tui.presentation.columns import Align, Column
from studio_tui.presentation.format import (
    SHORT_ID,
    UNKNOWN,
    duration,
    join_names,
    shorter_durations,
)
from studio_tui.presentation.lists.kinds import ListColumn, SortOrder, layouts
from studio_tui.presentation.pipelines.filters import LoadedJob
from studio_tui.presentation.pipelines.graph.critical import elapsed_seconds
from studio_tui.presentation.pipelines.graph.plan import Node
from studio_tui.presentation.pipelines.graph.view_model import ViewModel
from studio_tui.presentation.pipelines.views.node_cells import (
    LEAST_NAME_WIDTH,
    TIME_COLUMN,
    WHY_COLUMN,
    run_time_cell,
    why_cell,
)

PLAN_ORDER = "layer"
"""Key of the column by which rows are sorted by default: by layer, then as in the plan."""


def _layer(row: LoadedJob) -> int:
    return row.model.plan.depths[row.node.id]


def _why_key(row: LoadedJob) -> tuple[int, bool, str]:
    """Return a sort key: jobs that block most first, then by reason, without a reason last."""
    words = why_cell(row.node, row.model).text
    return -row.model.statuses.roots.get(row.node.id, 0), not words, words


def _sort_order(key: Callable[[LoadedJob], Any]) -> SortOrder[LoadedJob]:
    """Return a sort order without a label, as the table has no menu of orders."""
    return SortOrder("", lambda row, now: key(row))


NODE_COLUMNS: tuple[ListColumn[LoadedJob, LoadedJob, Cell], ...] = (
    ListColumn(
        Column("state", "STATUS", 11),
        lambda row: row.model.statuses.state_cell(row.node.id),
        _sort_order(lambda row: row.model.statuses.look(row.node.id).rank),
    ),
    ListColumn(
        Column("name", "JOB", LEAST_NAME_WIDTH, grow=2),
        lambda row: Cell(row.node.name, Tone.STRONG),
        _sort_order(lambda row: row.node.name.lower()),
    ),
    ListColumn(
        Column("id", "RUN ID", SHORT_ID, drop=7),
        lambda row: Cell((row.node.run or UNKNOWN)[:SHORT_ID], Tone.DIM),
        _sort_order(lambda row: row.node.run or ""),
    ),
    ListColumn(
        Column(PLAN_ORDER, "LAYER", 6, align=Align.RIGHT, drop=6),
        lambda row: Cell(str(_layer(row) + 1), Tone.DIM),
        _sort_order(_layer),
    ),
    ListColumn(
        Column("parents", "WAITS FOR", 12, grow=1, max_width=32, drop=4, fits=True),
        lambda row: _numbered_names(
            row.node.parents + row.node.circular, row.node.missing, row.model
        ),
        _sort_order(lambda row: -len(row.node.parents + row.node.circular + row.node.missing)),
    ),
    ListColumn(
        Column("children", "FEEDS", 12, grow=1, max_width=32, drop=5, fits=True),
        lambda row: _numbered_names(row.node.children, (), row.model),
        _sort_order(lambda row: -len(row.node.children)),
    ),
    ListColumn(
        Column("queue", "QUEUE", 7, align=Align.RIGHT, drop=3),
        lambda row: _queue_cell(row.node, row.model),
        _sort_order(lambda row: -(row.model.queue_seconds(row.node) or 0.0)),
    ),
    ListColumn(
        TIME_COLUMN,
        lambda row: run_time_cell(row.node, row.model),
        _sort_order(lambda row: -elapsed_seconds(row.node, row.model)),
    ),
    ListColumn(
        WHY_COLUMN,
        lambda row: why_cell(row.node, row.model),
        _sort_order(_why_key),
    ),
)

COLUMNS = layouts(NODE_COLUMNS)

SORTS = {column.layout.key: column.order for column in NODE_COLUMNS if column.order}


def ids(model: ViewModel, sort: str = PLAN_ORDER, *, reverse: bool = False) -> tuple[str, ...]:
    """Return all node ids sorted by `sort`, a key of `SORTS`; equal jobs by layer."""
    key = SORTS[sort].key
    rows = [LoadedJob(node, model) for node in model.plan.nodes.values()]
    rows.sort(key=lambda row: (key(row, model.now), _layer(row)))
    return tuple(row.node.id for row in (reversed(rows) if reverse else rows))


def cells(node_id: str, model: ViewModel) -> tuple[Cell, ...]:
    """Return one cell for each of `COLUMNS`."""
    row = LoadedJob(model.plan.nodes[node_id], model)
    return tuple(column.cell(row) for column in NODE_COLUMNS)


def _queue_cell(node: Node, model: ViewModel) -> Cell:
    seconds = model.queue_seconds(node)
    if seconds is None:
        return NOTHING
    return Cell(duration(seconds), shorter=shorter_durations(seconds))


def _numbered_names(others: tuple[str, ...], missing: tuple[str, ...], model: ViewModel) -> Cell:
    """Format the number of jobs and their names: `2: thumbs, embed`; empty without jobs."""
    names = [model.plan.nodes[other].name for other in others]
    names += [f"{other[:SHORT_ID]} (missing)" for other in missing]
    return Cell(f"{len(names)}: {join_names(names)}", Tone.DIM) if names else NOTHING
