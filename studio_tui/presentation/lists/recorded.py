"""How rows look that Studio does not list now: as they were recorded, and marked so."""

from collections.abc import Sequence
from datetime import datetime

from studio_tui.presentation.cells import Cell, Pieces, Tone, dimmed
from studio_tui.presentation.format import age, seconds_between
from studio_tui.presentation.jobs.facts import Fact

SIGN = "~"
"""Stands in the place of a state's glyph: it was so, and nobody has confirmed it since."""


def recorded(row: Sequence[Cell | Pieces]) -> tuple[Cell, ...]:
    """Return the cells of a row, the state first, as those of one that is recorded."""
    state = row[0]
    if isinstance(state, Cell):
        _, _, word = state.text.partition(" ")
        state = Cell(f"{SIGN} {word}", Tone.DIM)
    return dimmed((state, *row[1:]))


def recorded_fact(since: datetime, now: datetime) -> Fact:
    """Return what there is to say of a row that is recorded, at the top of its preview."""
    seen = age(seconds_between(since, now))
    ago = seen if seen == "now" else f"{seen} ago"
    return Fact("recorded", Cell(f"seen so {ago}; not in Studio's list now", Tone.WARN))
