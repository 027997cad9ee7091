"""A pipeline as a tree with links: each job once, below its deepest parent, the rest in words.

Where the tree stands depends on the plan's shape and on what is folded alone, so it can be kept
while states change. Of parents equally deep it is the last, so that the others stand above too.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.columns import Align, Column
from studio_tui.presentation.pipelines.graph.plan import Plan, named
from studio_tui.presentation.pipelines.graph.statuses import SHOWN_LOOKS, WORST_FIRST, Verdicts
from studio_tui.presentation.pipelines.graph.view_model import Known
from studio_tui.presentation.pipelines.graph.waits import flaw_words
from studio_tui.presentation.pipelines.views.node_cells import (
    LEAST_NAME,
    TOOK,
    bar_cells,
    took_cell,
    usual_cell,
    why_cell,
)

COLUMNS = (
    Column("name", "JOB", LEAST_NAME, grow=1),
    Column("state", "STATE", 11, drop=6),
    Column("progress", "PROGRESS", 8, drop=5, fits=True),
    Column("share", "DONE", 4, align=Align.RIGHT, drop=3, fits=True),
    TOOK,
    Column("usual", "USUAL", 12, drop=4, fits=True),
    Column("why", "WHY / ERROR", 16, grow=1, drop=2, fits=True, wants=36),
)
"""Keys of the columns, in the order of the cells."""

DEEPEST = 12
"""Levels that are indented one by one.

Below that the last child goes on in the column of its parent, as a lane does, and only its
siblings are indented; the child with the most below it comes last there. A chain of any length
then stays where it is, and a tree of n jobs is at most log2(n) levels wider than this.
"""


@dataclass(frozen=True, slots=True)
class TreeRow:
    """A job's place in the tree."""

    id: str
    """The node."""
    prefix: str
    """What is drawn to the left of it: two cells a level."""
    parent: str | None
    """The node it stands below."""
    has_children: bool
    """Whether something stands below it, or would if it were not folded."""
    hidden: tuple[str, ...]
    """What would stand below it, if it is folded."""
    also_after: tuple[str, ...]
    """What it waits for besides `parent`."""
    also_feeds: tuple[str, ...]
    """What waits for it and stands elsewhere."""


def depths(plan: Plan) -> dict[str, int]:
    """Return for each node how many stand above it on the longest way down to it."""
    depth: dict[str, int] = {}
    for node_id, node in plan.nodes.items():
        depth[node_id] = max((depth[parent] + 1 for parent in node.parents), default=0)
    return depth


def rows(
    plan: Plan, folded: Collection[str] = (), only: Collection[str] | None = None
) -> tuple[TreeRow, ...]:
    """Return the tree, without what stands below nodes that are `folded`.

    With `only` it is the tree of those nodes; what is left out is still named by the others.
    """
    parents = _tree_parents(plan, only)
    children: dict[str | None, list[str]] = {}
    for node_id, parent in parents.items():
        children.setdefault(parent, []).append(node_id)
    sizes = dict.fromkeys(parents, 1)
    for node_id, parent in reversed(parents.items()):
        if parent is not None:
            sizes[parent] += sizes[node_id]
    return tuple(_walk(plan, parents, children, sizes, folded))


def _tree_parents(plan: Plan, only: Collection[str] | None) -> dict[str, str | None]:
    """Return below what each node stands, in the plan's order."""
    depth = depths(plan)
    position = {node_id: index for index, node_id in enumerate(plan.nodes)}
    return {
        node_id: max(
            (parent for parent in node.parents if only is None or parent in only),
            key=lambda parent: (depth[parent], position[parent]),
            default=None,
        )
        for node_id, node in plan.nodes.items()
        if only is None or node_id in only
    }


def _walk(
    plan: Plan,
    parents: Mapping[str, str | None],
    children: Mapping[str | None, Sequence[str]],
    sizes: Mapping[str, int],
    folded: Collection[str],
) -> Iterator[TreeRow]:
    # By hand, as a chain may be longer than what Python calls itself.
    ahead = [(root, "", "") for root in reversed(children.get(None, ()))]
    while ahead:
        node_id, prefix, guides = ahead.pop()
        node = plan.nodes[node_id]
        parent, below = parents[node_id], children.get(node_id, ())
        is_folded = bool(below) and node_id in folded
        yield TreeRow(
            node_id,
            prefix,
            parent,
            has_children=bool(below),
            hidden=tuple(_below(children, node_id)) if is_folded else (),
            also_after=tuple(each for each in node.parents if each != parent),
            also_feeds=tuple(each for each in node.children if parents.get(each) != node_id),
        )
        if not is_folded:
            ahead += reversed(list(_placed(below, guides, sizes)))


def _placed(
    below: Sequence[str], guides: str, sizes: Mapping[str, int]
) -> Iterator[tuple[str, str, str]]:
    """Return for each child what stands left of it, and what will stand left of its children."""
    is_lane = len(guides) >= 2 * DEEPEST
    order = list(below)
    if is_lane and len(order) > 1:
        largest = max(range(len(order)), key=lambda index: (sizes[order[index]], index))
        order.append(order.pop(largest))
    for child in order[:-1]:
        yield child, f"{guides}├─", f"{guides}│ "
    for child in order[-1:]:
        if is_lane:
            yield child, f"{guides[:-1]}↓", guides
        else:
            yield child, f"{guides}└─", f"{guides}  "


def _below(children: Mapping[str | None, Sequence[str]], node_id: str) -> Iterator[str]:
    ahead = list(reversed(children.get(node_id, ())))
    while ahead:
        child = ahead.pop()
        yield child
        ahead += reversed(children.get(child, ()))


def name_parts(row: TreeRow, verdicts: Verdicts) -> tuple[Cell, ...]:
    """Return the name with all that stands beside it, in pieces of one tone each."""
    look = verdicts.look(row.id)
    parts = [
        Cell(row.prefix, Tone.DIM),
        Cell(f"{look.glyph} ", look.tone),
        Cell(verdicts.plan.nodes[row.id].name, Tone.STRONG),
    ]
    if row.hidden:
        parts.append(_hidden(row, verdicts))
    if links := link_words(row, verdicts):
        parts.append(Cell(f"  ({links})", Tone.DIM))
    return tuple(part for part in parts if part.text)


def link_words(row: TreeRow, verdicts: Verdicts) -> str:
    """Return the edges that the tree does not draw: `also after x, y; also feeds z`."""
    nodes = verdicts.plan.nodes
    links = [
        f"{words} {named([nodes[each].name for each in others])}"
        for words, others in (("also after", row.also_after), ("also feeds", row.also_feeds))
        if others
    ]
    return "; ".join((*links, *flaw_words(verdicts, nodes[row.id])))


def _hidden(row: TreeRow, verdicts: Verdicts) -> Cell:
    """Say what a folded row hides, failures first: `+41: 2✗ 3● 36·`."""
    numbers = Counter(verdicts.shown[node_id] for node_id in row.hidden)
    kinds = [kind for kind in WORST_FIRST if numbers[kind]]
    said = " ".join(f"{numbers[kind]}{SHOWN_LOOKS[kind].glyph}" for kind in kinds)
    return Cell(f"  +{len(row.hidden)}: {said}", SHOWN_LOOKS[kinds[0]].tone)


def cells(row: TreeRow, known: Known) -> tuple[Cell, ...]:
    """Return one cell for each of `COLUMNS`; that of the name may be drawn as `name_parts`."""
    name = Cell("".join(part.text for part in name_parts(row, known.verdicts)), Tone.STRONG)
    return (name, *cells_beside(row.id, known))


def cells_beside(node_id: str, known: Known) -> tuple[Cell, ...]:
    """Return one cell for each of `COLUMNS` but the first."""
    node = known.plan.nodes[node_id]
    return (
        known.verdicts.state_cell(node_id),
        *bar_cells(node, known),
        took_cell(node, known),
        usual_cell(node, known),
        why_cell(node, known),
    )
