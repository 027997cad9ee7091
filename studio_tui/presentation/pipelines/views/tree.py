"""A pipeline as a tree: each job once, below its deepest parent, with its other edges as text.

The layout does not depend on states. Of equally deep parents the last in the plan is chosen; the
others are usually above the job.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from studio_tui.presentation.cells import Cell, Pieces, Tone
from studio_tui.presentation.columns import Align, Column
from studio_tui.presentation.format import join_names
from studio_tui.presentation.pipelines.graph.plan import Plan, reachable_nodes
from studio_tui.presentation.pipelines.graph.statuses import SHOWN_LOOKS, WORST_FIRST, JobStatuses
from studio_tui.presentation.pipelines.graph.view_model import ViewModel
from studio_tui.presentation.pipelines.graph.waits import flaw_words
from studio_tui.presentation.pipelines.views.node_cells import (
    LEAST_NAME_WIDTH,
    REMAINING,
    SHARE,
    TIME_COLUMN,
    WHY_COLUMN,
    bar_cells,
    run_time_cell,
    usual_cell,
    why_cell,
)

COLUMNS = (
    Column("name", "JOB", LEAST_NAME_WIDTH, grow=1),
    Column("state", "STATUS", 11, drop=6),
    Column("progress", "PROGRESS", 8, drop=5, fits=True),
    Column(SHARE, "DONE", 4, align=Align.RIGHT, drop=3, fits=True),
    TIME_COLUMN,
    Column(REMAINING, "USUAL", 12, drop=4, fits=True),
    # This column gets its `preferred_width` before the name column gets space for edges as text.
    WHY_COLUMN._replace(width=16, grow=1, wanted_width=36, preferred_width=36),
)

WAITED_FOR, WAITING = "↑", "↓"
"""Signs of the jobs on which a job depends, and of those that depend on it."""

DEEPEST = 12
"""Maximum depth up to which each level is indented.

Below that, the child with the most descendants is last, and not indented further than its parent.
So a chain keeps its indentation, and a tree of n jobs is at most log2(n) levels wider.
"""


@dataclass(frozen=True, slots=True)
class TreeRow:
    """A job in the tree, and its edges outside the tree: to `also_after` and `also_feeds`."""

    id: str
    prefix: str
    """Characters before it: two cells per indented level."""
    parent: str | None
    """The node it is below; `None` for a root of the tree."""
    has_children: bool
    """Whether it has children in the tree, folded or not."""
    hidden: frozenset[str]
    """Its descendants in the tree, if it is folded."""
    also_after: tuple[str, ...]
    also_feeds: tuple[str, ...]
    """Jobs that depend directly on it, but are elsewhere in the tree or not in it."""


def rows(
    plan: Plan, folded: Collection[str] = (), only: Collection[str] | None = None
) -> tuple[TreeRow, ...]:
    """Return the tree without the descendants of `folded` nodes.

    With `only`, other nodes are left out, but their edges to nodes in the tree are listed as text.
    """
    parents = _tree_parents(plan, only)
    children: dict[str | None, list[str]] = {}
    for node_id, parent in parents.items():
        children.setdefault(parent, []).append(node_id)
    sizes = dict.fromkeys(parents, 1)
    for node_id, parent in reversed(parents.items()):
        if parent is not None:
            sizes[parent] += sizes[node_id]
    return tuple(_tree_rows(plan, parents, children, sizes, folded))


def _tree_parents(plan: Plan, only: Collection[str] | None) -> dict[str, str | None]:
    position = {node_id: index for index, node_id in enumerate(plan.nodes)}
    return {
        node_id: max(
            (parent for parent in node.parents if only is None or parent in only),
            key=lambda parent: (plan.depths[parent], position[parent]),
            default=None,
        )
        for node_id, node in plan.nodes.items()
        if only is None or node_id in only
    }


def _tree_rows(
    plan: Plan,
    parents: Mapping[str, str | None],
    children: Mapping[str | None, Sequence[str]],
    sizes: Mapping[str, int],
    folded: Collection[str],
) -> Iterator[TreeRow]:
    # Iterative, because a chain may exceed Python's recursion limit.
    stack = [(root, "", "") for root in reversed(children.get(None, ()))]
    while stack:
        node_id, prefix, guides = stack.pop()
        node = plan.nodes[node_id]
        parent, tree_children = parents[node_id], children.get(node_id, ())
        is_folded = bool(tree_children) and node_id in folded
        hidden = tree_children if is_folded else ()
        yield TreeRow(
            node_id,
            prefix,
            parent,
            has_children=bool(tree_children),
            hidden=reachable_nodes(hidden, lambda each: children.get(each, ())),
            also_after=tuple(each for each in node.parents if each != parent),
            also_feeds=tuple(each for each in node.children if parents.get(each) != node_id),
        )
        if not is_folded:
            stack += reversed(list(_child_prefixes(tree_children, guides, sizes)))


def _child_prefixes(
    tree_children: Sequence[str], guides: str, sizes: Mapping[str, int]
) -> Iterator[tuple[str, str, str]]:
    """Yield each child, its prefix, and the guides: the start of its children's prefixes."""
    keeps_indentation = len(guides) >= 2 * DEEPEST
    order = list(tree_children)
    if keeps_indentation and len(order) > 1:
        largest = max(range(len(order)), key=lambda index: (sizes[order[index]], index))
        order.append(order.pop(largest))
    for child in order[:-1]:
        yield child, f"{guides}├─", f"{guides}│ "
    for child in order[-1:]:
        if keeps_indentation:
            yield child, f"{guides[:-1]}↓", guides
        else:
            yield child, f"{guides}└─", f"{guides}  "


def name_parts(row: TreeRow, statuses: JobStatuses) -> tuple[Cell, ...]:
    """Return the cells of the job column: branches, glyph, name, hidden jobs, other edges."""
    look = statuses.look(row.id)
    parts = [
        Cell(row.prefix, Tone.DIM),
        Cell(f"{look.glyph} ", look.tone),
        Cell(statuses.plan.nodes[row.id].name, Tone.STRONG),
    ]
    if row.hidden:
        parts.append(_hidden_cell(row, statuses))
    if links := link_words(row, statuses):
        # In little space, the number of edges says more than a name that is cut off. Dependencies
        # on missing jobs or in cycles have no shorter form.
        may_shorten = not flaw_words(statuses, statuses.plan.nodes[row.id])
        shorter = (f"  ({link_numbers(row)})",) if may_shorten else ()
        parts.append(Cell(f"  ({links})", Tone.DIM, shorter))
    return tuple(part for part in parts if part.text)


def link_words(row: TreeRow, statuses: JobStatuses) -> str:
    """Return the edges that are not in the tree: `also after x, y; also feeds z`.

    Dependencies on missing jobs or in cycles follow.
    """
    nodes = statuses.plan.nodes
    parts = [
        f"{words} {join_names([nodes[each].name for each in others])}"
        for words, others in (("also after", row.also_after), ("also feeds", row.also_feeds))
        if others
    ]
    return "; ".join((*parts, *flaw_words(statuses, nodes[row.id])))


def link_numbers(row: TreeRow) -> str:
    """Return how many edges are not in the tree: `↑1 ↓2`; empty if all are."""
    numbers = ((WAITED_FOR, row.also_after), (WAITING, row.also_feeds))
    return " ".join(f"{sign}{len(others)}" for sign, others in numbers if others)


def _hidden_cell(row: TreeRow, statuses: JobStatuses) -> Cell:
    """Format the hidden jobs of a folded row, failures first: `+41: 2✗ 3● 36·`."""
    numbers = Counter(statuses.states[node_id] for node_id in row.hidden)
    states = [state for state in WORST_FIRST if numbers[state]]
    text = " ".join(f"{numbers[state]}{SHOWN_LOOKS[state].glyph}" for state in states)
    return Cell(f"  +{len(row.hidden)}: {text}", SHOWN_LOOKS[states[0]].tone)


def cells(row: TreeRow, model: ViewModel) -> tuple[Cell | Pieces, ...]:
    """Return one cell for each of `COLUMNS`."""
    return (Pieces(name_parts(row, model.statuses)), *cells_beside(row.id, model))


def cells_beside(node_id: str, model: ViewModel) -> tuple[Cell, ...]:
    """Return one cell for each of `COLUMNS` but the first."""
    node = model.plan.nodes[node_id]
    return (
        model.statuses.state_cell(node_id),
        *bar_cells(node, model),
        run_time_cell(node, model),
        usual_cell(node, model),
        why_cell(node, model),
    )
