"""Progress bar of a pipeline with one segment for each state of its jobs."""

from collections.abc import Mapping

from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.pipelines.graph.statuses import SHOWN_LOOKS, WORST_FIRST, NodeState

_FILLS = {
    NodeState.DONE: "█",
    NodeState.FAILED: "✗",
    NodeState.CANCELED: "◇",
    NodeState.CANCELING: "◆",
    NodeState.RUNNING: "▓",
    NodeState.QUEUED: "▒",
    NodeState.UNKNOWN: "?",
    NodeState.SCHEDULE: "░",
    NodeState.BLOCKED: "░",
    NodeState.WAITING: "░",
}
"""Character of each state, in the order of the segments from left to right."""


def segments(numbers: Mapping[NodeState, int], width: int) -> dict[NodeState, int]:
    """Divide `width` cells in proportion to the numbers of jobs, in the order of the segments.

    Each state with jobs has at least one cell, so that no failure is rounded away; if there are too
    few cells, only the worst states have one.
    """
    width = max(width, 0)
    present = [state for state in WORST_FIRST if numbers.get(state)][:width]
    if not present:
        return {}
    total = sum(numbers[state] for state in present)
    cells = {state: max(1, numbers[state] * width // total) for state in present}
    largest_remainders_first = sorted(present, key=lambda state: -(numbers[state] * width % total))
    spare = width - sum(cells.values())
    for state in largest_remainders_first[: max(spare, 0)]:
        cells[state] += 1
    for _ in range(-spare):
        cells[max(present, key=lambda state: cells[state])] -= 1
    return {state: cells[state] for state in _FILLS if state in cells}


def bar(numbers: Mapping[NodeState, int], width: int) -> tuple[Cell, ...]:
    """Return a bar that fills `width`, including its ends `▕` and `▏`, with a `Cell` per segment.

    It is blank if there are no jobs, or if `width` is less than 3.
    """
    inside = segments(numbers, width - 2)
    if not inside:
        return (Cell(" " * max(width, 0)),)
    pieces = (
        Cell(_FILLS[state] * cells, SHOWN_LOOKS[state].tone) for state, cells in inside.items()
    )
    return Cell("▕", Tone.DIM), *pieces, Cell("▏", Tone.DIM)


def worst_of(numbers: Mapping[NodeState, int]) -> NodeState | None:
    """Return the worst state of these jobs, if there are any."""
    return next((state for state in WORST_FIRST if numbers.get(state)), None)
