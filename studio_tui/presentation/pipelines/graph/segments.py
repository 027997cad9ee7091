"""A pipeline's progress as a bar in segments, one for each place where its jobs stand."""

from collections.abc import Mapping
from typing import NamedTuple

from studio_tui.presentation.cells import NOTHING, Cell, Tone
from studio_tui.presentation.pipelines.graph.statuses import SHOWN_LOOKS, WORST_FIRST, Shown

_FILLS = {
    Shown.DONE: "█",
    Shown.FAILED: "✗",
    Shown.CANCELED: "⊗",
    Shown.RUNNING: "▓",
    Shown.QUEUED: "▒",
    Shown.UNKNOWN: "?",
    Shown.BLOCKED: "░",
    Shown.WAITING: "░",
}
"""In the order of the bar: what has ended, what is under way, what has not begun."""


class Segment(NamedTuple):
    """A part of a bar."""

    kind: Shown
    cells: int
    """1 or more."""

    @property
    def text(self) -> str:
        """The cells, filled."""
        return _FILLS[self.kind] * self.cells


def segments(numbers: Mapping[Shown, int], width: int) -> tuple[Segment, ...]:
    """Share `width` cells among the jobs, in proportion; nothing where there is no job.

    What is there at all has a cell, so no failure is rounded away and no bar looks done that is
    not. Where there are more kinds than cells the worst have them.
    """
    width = max(width, 0)
    present = [kind for kind in WORST_FIRST if numbers.get(kind)][:width]
    if not present:
        return ()
    total = sum(numbers[kind] for kind in present)
    cells = {kind: max(1, numbers[kind] * width // total) for kind in present}
    rests = sorted(present, key=lambda kind: -(numbers[kind] * width % total))
    spare = width - sum(cells.values())
    for kind in rests[: max(spare, 0)]:
        cells[kind] += 1
    for _ in range(-spare):
        cells[max(present, key=lambda kind: cells[kind])] -= 1
    return tuple(Segment(kind, cells[kind]) for kind in _FILLS if kind in cells)


def bar(numbers: Mapping[Shown, int], width: int) -> tuple[Cell, ...]:
    """Return a bar of exactly `width` cells, edges and all, in pieces of one tone each."""
    inside = segments(numbers, width - 2)
    if not inside:
        return (Cell(" " * max(width, 0)),)
    pieces = (Cell(segment.text, SHOWN_LOOKS[segment.kind].tone) for segment in inside)
    return Cell("▕", Tone.DIM), *pieces, Cell("▏", Tone.DIM)


def bar_cell(numbers: Mapping[Shown, int], width: int) -> Cell:
    """Return the bar as one cell, in the tone of the worst that is in it."""
    worst = worst_of(numbers)
    if worst is None:
        return NOTHING
    text = "".join(piece.text for piece in bar(numbers, width))
    return Cell(text, SHOWN_LOOKS[worst].tone)


def worst_of(numbers: Mapping[Shown, int]) -> Shown | None:
    """Return what is to be said first of these jobs; `None` where there is none."""
    return next((kind for kind in WORST_FIRST if numbers.get(kind)), None)
