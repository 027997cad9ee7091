"""A pipeline as a table with a row for each job, in any sort order."""

from collections.abc import Callable, Mapping
from typing import Any

from studio_tui.presentation.cells import NOTHING, Cell, Tone
from studio_tui.presentation.columns import Align, Column
from studio_tui.presentation.format import UNKNOWN, duration, join_names
from studio_tui.presentation.jobs.rows import SHORT_ID
from studio_tui.presentation.pipelines.graph.plan import Node
from studio_tui.presentation.pipelines.graph.view_model import ViewModel
from studio_tui.presentation.pipelines.views.node_cells import LEAST_NAME, TOOK, took_cell, why_cell
from studio_tui.presentation.pipelines.views.tree import depths

COLUMNS = (
    Column("state", "STATUS", 11),
    Column("name", "JOB", LEAST_NAME, grow=2),
    Column("id", "RUN ID", SHORT_ID, drop=7),
    Column("layer", "LAYER", 6, align=Align.RIGHT, drop=6),
    Column("parents", "WAITS FOR", 12, grow=1, most=32, drop=4, fits=True),
    Column("children", "FEEDS", 12, grow=1, most=32, drop=5, fits=True),
    Column("queue", "QUEUE", 7, align=Align.RIGHT, drop=3),
    TOOK,
    Column("why", "WHY / ERROR", 12, grow=2, drop=2, fits=True, reserves=True, wants=24),
)
"""In the order of `cells`."""

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


SORTS: dict[str, tuple[str, Callable[[Node, ViewModel], Any]]] = {
    PLAN_ORDER: ("layer, first to last", lambda node, model: 0),
    "state": ("status, failed first", lambda node, model: model.statuses.look(node.id).rank),
    "name": ("name", lambda node, model: node.name.lower()),
    "id": ("id of the run", lambda node, model: node.run or ""),
    "parents": ("parents, most first", lambda node, model: -_waits_for(node)),
    "children": ("children, most first", lambda node, model: -len(node.children)),
    "queue": (
        "queue time, longest first",
        lambda node, model: -(model.queue_seconds(node) or 0.0),
    ),
    "took": ("run time, longest first", lambda node, model: -_seconds(node, model)),
    "why": ("reason, most blocking first", _why),
}
"""Sort orders by column: menu label and key function. Ties: by layer, then as sent."""


def ids(model: ViewModel, sort: str = PLAN_ORDER, *, reverse: bool = False) -> tuple[str, ...]:
    """Return all nodes sorted by `sort` (see `SORTS`)."""
    layers = depths(model.plan)
    key = SORTS[sort][1]
    order = sorted(model.plan.nodes.values(), key=lambda node: (key(node, model), layers[node.id]))
    return tuple(node.id for node in (reversed(order) if reverse else order))


def cells(node_id: str, model: ViewModel, layers: Mapping[str, int]) -> tuple[Cell, ...]:
    """Return one cell for each of `COLUMNS`; `layers` are the `depths` of the plan."""
    node = model.plan.nodes[node_id]
    queued = model.queue_seconds(node)
    return (
        model.statuses.state_cell(node_id),
        Cell(node.name, Tone.STRONG),
        Cell((node.run or UNKNOWN)[:SHORT_ID], Tone.DIM),
        Cell(str(layers[node_id] + 1), Tone.DIM),
        _many(node.parents + node.circular, node.missing, model),
        _many(node.children, (), model),
        Cell(duration(queued)) if queued is not None else NOTHING,
        took_cell(node, model),
        why_cell(node, model),
    )


def _many(others: tuple[str, ...], missing: tuple[str, ...], model: ViewModel) -> Cell:
    """Format jobs with their number: `2: thumbs, embed`."""
    names = [model.plan.nodes[other].name for other in others]
    names += [f"{other[:SHORT_ID]} (missing)" for other in missing]
    return Cell(f"{len(names)}: {join_names(names)}", Tone.DIM) if names else NOTHING
