"""Progress bar of a pipeline with one segment for each state of its jobs."""

from collections.abc import Mapping
from typing import NamedTuple

from studio_tui.presentation.cells import NOTHING, Cell, Tone
from studio_tui.presentation.pipelines.graph.statuses import SHOWN_LOOKS, WORST_FIRST, NodeState

_FILLS = {
    NodeState.DONE: "█",
    NodeState.FAILED: "✗",
    NodeState.CANCELED: "⊗",
    NodeState.CANCELING: "⊖",
    NodeState.RUNNING: "▓",
    NodeState.QUEUED: "▒",
    NodeState.UNKNOWN: "?",
    NodeState.SCHEDULE: "░",
    NodeState.BLOCKED: "░",
    NodeState.WAITING: "░",
}
"""Character of each state, in the order of the bar: ended, active, unknown, not started."""


class BarSegment(NamedTuple):
    """The part of a bar that stands for the jobs in one state."""

    state: NodeState
    cells: int

    @property
    def text(self) -> str:
        """The filled cells."""
        return _FILLS[self.state] * self.cells


def segments(numbers: Mapping[NodeState, int], width: int) -> tuple[BarSegment, ...]:
    """Divide `width` cells in proportion to the numbers of jobs; empty without jobs or cells.

    Each state has at least one cell, so that no failure is rounded away; if there are too few
    cells, only the worst states have one.
    """
    width = max(width, 0)
    present = [state for state in WORST_FIRST if numbers.get(state)][:width]
    if not present:
        return ()
    total = sum(numbers[state] for state in present)
    cells = {state: max(1, numbers[state] * width // total) for state in present}
    largest_remainders_first = sorted(present, key=lambda state: -(numbers[state] * width % total))
    spare = width - sum(cells.values())
    for state in largest_remainders_first[: max(spare, 0)]:
        cells[state] += 1
    for _ in range(-spare):
        cells[max(present, key=lambda state: cells[state])] -= 1
    return tuple(BarSegment(state, cells[state]) for state in _FILLS if state in cells)


def bar(numbers: Mapping[NodeState, int], width: int) -> tuple[Cell, ...]:
    """Return a bar of exactly `width` cells including `▕` and `▏`, as cells of one tone each.

    It is blank without jobs, or if `width` is less than 3.
    """
    inside = segments(numbers, width - 2)
    if not inside:
        return (Cell(" " * max(width, 0)),)
    pieces = (Cell(segment.text, SHOWN_LOOKS[segment.state].tone) for segment in inside)
    return Cell("▕", Tone.DIM), *pieces, Cell("▏", Tone.DIM)


def bar_cell(numbers: Mapping[NodeState, int], width: int) -> Cell:
    """Return the bar as one cell, in the tone of its worst state; empty if there are no jobs."""
    worst = worst_of(numbers)
    if worst is None:
        return NOTHING
    text = "".join(piece.text for piece in bar(numbers, width))
    return Cell(text, SHOWN_LOOKS[worst].tone)


def worst_of(numbers: Mapping[NodeState, int]) -> NodeState | None:
    """Return the worst state of these jobs, if there are any."""
    return next((state for state in WORST_FIRST if numbers.get(state)), None)
