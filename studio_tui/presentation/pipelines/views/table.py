"""A pipeline as a table with a row for each job, in any sort order."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from studio_tui.presentation.cells import NOTHING, Cell, Tone
from studio_tui.presentation.columns import Align, Column
from studio_tui.presentation.format import UNKNOWN, duration, join_names
from studio_tui.presentation.jobs.rows import SHORT_ID
from studio_tui.presentation.pipelines.graph.plan import Node
from studio_tui.presentation.pipelines.graph.view_model import ViewModel
from studio_tui.presentation.pipelines.views.node_cells import LEAST_NAME, TOOK, took_cell, why_cell
from studio_tui.presentation.pipelines.views.tree import depths

PLAN_ORDER = "layer"
"""The default order: parents before children."""


def _waits_for(node: Node) -> int:
    return len(node.parents) + len(node.circular) + len(node.missing)


def _seconds(node: Node, model: ViewModel) -> float:
    took = model.took(node)
    return took.seconds if took is not None else 0.0


def _why(node: Node, model: ViewModel) -> tuple[int, bool, str]:
    words = why_cell(node, model).text
    return -model.statuses.roots.get(node.id, 0), not words, words


class NodeRow(NamedTuple):
    """A job of a pipeline with what its row shows besides."""

    node: Node
    model: ViewModel
    layers: Mapping[str, int]
    """The `depths` of the plan."""


class NodeColumn(NamedTuple):
    """A column of the table."""

    layout: Column
    cell: Callable[[NodeRow], Cell]
    """Returns the cell of a row."""
    sort_key: Callable[[Node, ViewModel], Any]
    """Ties: by layer, then as sent."""


NODE_COLUMNS = (
    NodeColumn(
        Column("state", "STATUS", 11),
        lambda row: row.model.statuses.state_cell(row.node.id),
        lambda node, model: model.statuses.look(node.id).rank,
    ),
    NodeColumn(
        Column("name", "JOB", LEAST_NAME, grow=2),
        lambda row: Cell(row.node.name, Tone.STRONG),
        lambda node, model: node.name.lower(),
    ),
    NodeColumn(
        Column("id", "RUN ID", SHORT_ID, drop=7),
        lambda row: Cell((row.node.run or UNKNOWN)[:SHORT_ID], Tone.DIM),
        lambda node, model: node.run or "",
    ),
    NodeColumn(
        Column(PLAN_ORDER, "LAYER", 6, align=Align.RIGHT, drop=6),
        lambda row: Cell(str(row.layers[row.node.id] + 1), Tone.DIM),
        lambda node, model: 0,
    ),
    NodeColumn(
        Column("parents", "WAITS FOR", 12, grow=1, most=32, drop=4, fits=True),
        lambda row: _many(row.node.parents + row.node.circular, row.node.missing, row.model),
        lambda node, model: -_waits_for(node),
    ),
    NodeColumn(
        Column("children", "FEEDS", 12, grow=1, most=32, drop=5, fits=True),
        lambda row: _many(row.node.children, (), row.model),
        lambda node, model: -len(node.children),
    ),
    NodeColumn(
        Column("queue", "QUEUE", 7, align=Align.RIGHT, drop=3),
        lambda row: _queue(row.node, row.model),
        lambda node, model: -(model.queue_seconds(node) or 0.0),
    ),
    NodeColumn(
        TOOK,
        lambda row: took_cell(row.node, row.model),
        lambda node, model: -_seconds(node, model),
    ),
    NodeColumn(
        Column("why", "WHY / ERROR", 12, grow=2, drop=2, fits=True, reserves=True, wants=24),
        lambda row: why_cell(row.node, row.model),
        _why,
    ),
)
"""From left to right."""

COLUMNS = tuple(column.layout for column in NODE_COLUMNS)

SORTS = {column.layout.key: column.sort_key for column in NODE_COLUMNS}
"""Sort keys by column."""


def ids(model: ViewModel, sort: str = PLAN_ORDER, *, reverse: bool = False) -> tuple[str, ...]:
    """Return all nodes sorted by `sort` (see `SORTS`)."""
    layers = depths(model.plan)
    key = SORTS[sort]
    order = sorted(model.plan.nodes.values(), key=lambda node: (key(node, model), layers[node.id]))
    return tuple(node.id for node in (reversed(order) if reverse else order))


def cells(node_id: str, model: ViewModel, layers: Mapping[str, int]) -> tuple[Cell, ...]:
    """Return one cell for each of `COLUMNS`; `layers` are the `depths` of the plan."""
    row = NodeRow(model.plan.nodes[node_id], model, layers)
    return tuple(column.cell(row) for column in NODE_COLUMNS)


def _queue(node: Node, model: ViewModel) -> Cell:
    seconds = model.queue_seconds(node)
    return Cell(duration(seconds)) if seconds is not None else NOTHING


def _many(others: tuple[str, ...], missing: tuple[str, ...], model: ViewModel) -> Cell:
    """Format jobs with their number: `2: thumbs, embed`."""
    names = [model.plan.nodes[other].name for other in others]
    names += [f"{other[:SHORT_ID]} (missing)" for other in missing]
    return Cell(f"{len(names)}: {join_names(names)}", Tone.DIM) if names else NOTHING
