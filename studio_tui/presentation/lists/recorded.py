"""Appearance of recorded rows that are no longer in Studio's list."""

from collections.abc import Sequence
from datetime import datetime

from studio_tui.presentation.cells import Cell, Pieces, Tone, dim_row
from studio_tui.presentation.format import ago
from studio_tui.presentation.jobs.facts import Fact

SIGN = "~"
"""The glyph of a state that was recorded and is not confirmed by Studio."""


def as_recorded(row: Sequence[Cell | Pieces]) -> tuple[Cell, ...]:
    """Return the cells of a row, dimmed, with `SIGN` instead of the glyph in the first one."""
    state = row[0]
    if isinstance(state, Cell):
        _, _, word = state.text.partition(" ")
        state = Cell(f"{SIGN} {word}", Tone.DIM)
    return dim_row((state, *row[1:]))


def recorded_fact(last_seen: datetime, now: datetime) -> Fact:
    """Return the fact about when Studio last listed a recorded row."""
    words = f"last seen {ago(last_seen, now)}; no longer in Studio's list"
    return Fact("recorded", Cell(words, Tone.WARN))
