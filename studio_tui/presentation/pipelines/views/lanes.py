"""A pipeline as a list with one job per line and its edges as lanes, like `git log --graph`.

A lane is a vertical line from a job to all jobs that depend directly on it, and ends at the last.
Where lines cross, the vertical one interrupts the horizontal one.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.pipelines.graph.plan import Plan, children_of
from studio_tui.presentation.pipelines.graph.statuses import JobStatuses
from studio_tui.presentation.pipelines.graph.waits import flaw_words

MOST_LANES = 8
"""Maximum number of adjacent lanes that are drawn, as more are hard to read."""

_PITCH = 2
"""Distance between lanes in cells."""


@dataclass(frozen=True, slots=True)
class LaneRow:
    """The line of a job: the lanes before and after its glyph."""

    id: str
    before: str
    after: str
    """Padded so that all names start in the same cell."""


def lane_rows(plan: Plan, only: Collection[str] | None = None) -> tuple[LaneRow, ...] | None:
    """Return a line for each job, parents first; `None` if any needs more than `MOST_LANES`.

    With `only`, other nodes and their edges are left out.
    """
    parents = {
        node_id: [parent for parent in node.parents if only is None or parent in only]
        for node_id, node in plan.nodes.items()
        if only is None or node_id in only
    }
    lanes = _Lanes(parents)
    drawn: list[tuple[str, int, list[str]]] = []
    for node_id in _depth_first(parents):
        column, signs = lanes.add(node_id)
        if len(signs) > MOST_LANES * _PITCH:
            return None
        drawn.append((node_id, column, signs))
    width = max((len(signs) for _, _, signs in drawn), default=0)
    return tuple(
        LaneRow(
            node_id,
            "".join(signs[: column * _PITCH]),
            "".join(signs[column * _PITCH + 1 :]).ljust(width - column * _PITCH - 1),
        )
        for node_id, column, signs in drawn
    )


def name_parts(row: LaneRow, statuses: JobStatuses) -> tuple[Cell, ...]:
    """Return the cells of the job column: lanes and glyph, name, impossible dependencies."""
    look, node = statuses.look(row.id), statuses.plan.nodes[row.id]
    flaws = "; ".join(flaw_words(statuses, node))
    parts = (
        Cell(row.before, Tone.DIM),
        Cell(look.glyph, look.tone),
        Cell(row.after, Tone.DIM),
        Cell(node.name, Tone.STRONG),
        Cell(f"  ({flaws})" if flaws else "", Tone.DIM),
    )
    return tuple(part for part in parts if part.text)


def _depth_first(parents: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield each node after all of its parents, preferably directly after one of them."""
    children = children_of(parents)
    waits = {node_id: len(node_parents) for node_id, node_parents in parents.items()}
    ready = [node_id for node_id in parents if not waits[node_id]]
    ready.reverse()
    while ready:
        node_id = ready.pop()
        yield node_id
        for child in reversed(children[node_id]):
            waits[child] -= 1
            if not waits[child]:
                ready.append(child)


class _Lanes:
    """The lanes that continue below the lines drawn so far; a column is the number of a lane."""

    def __init__(self, parents: Mapping[str, Sequence[str]]) -> None:
        self._parents = parents
        self._undrawn_children = {
            node_id: len(children) for node_id, children in children_of(parents).items()
        }
        """By node: the number of its children that are not drawn yet."""
        self._open: dict[int, str] = {}
        """By column: the node where the lane starts."""
        self._just_ended: int | None = None
        """The column of the previous line's job if it has no children."""

    def add(self, node_id: str) -> tuple[int, list[str]]:
        """Return the column of a job, and the characters of its line with a blank for the glyph."""
        node_parents = frozenset(self._parents[node_id])
        parent_lanes = sorted(
            column for column, source in self._open.items() if source in node_parents
        )
        for parent in node_parents:
            self._undrawn_children[parent] -= 1
        ending_lanes = [
            column for column in parent_lanes if not self._undrawn_children[self._open[column]]
        ]
        column = ending_lanes[0] if ending_lanes else self._free_column()
        signs = [" "] * (_PITCH * (max((*self._open, column)) + 1))
        for lane in self._open:
            signs[lane * _PITCH] = "│"
        self._draw_across(signs, column, parent_lanes, ending_lanes)
        for lane in ending_lanes:
            del self._open[lane]
        if self._undrawn_children[node_id]:
            self._open[column] = node_id
        self._just_ended = None if self._undrawn_children[node_id] else column
        return column, signs

    def _draw_across(
        self,
        signs: list[str],
        column: int,
        parent_lanes: Sequence[int],
        ending_lanes: Collection[int],
    ) -> None:
        first, last = min((*parent_lanes, column)), max((*parent_lanes, column))
        for place in range(first * _PITCH, last * _PITCH):
            if signs[place] == " ":
                signs[place] = "─"
        for lane in parent_lanes:
            if lane in {first, last}:
                end, branch = ("╰", "├") if lane < column else ("╯", "┤")
            else:
                end, branch = "┴", "┼"
            signs[lane * _PITCH] = end if lane in ending_lanes else branch
        signs[column * _PITCH] = " "

    def _free_column(self) -> int:
        """Return the leftmost free column, but not `_just_ended`, where it would look connected."""
        column = 0
        while column in self._open or column == self._just_ended:
            column += 1
        return column
