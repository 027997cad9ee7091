"""Appearance of recorded rows that are no longer in Studio's list."""

from collections.abc import Sequence
from datetime import datetime

from studio_tui.presentation.cells import Cell, Pieces, Tone, dimmed
from studio_tui.presentation.format import ago
from studio_tui.presentation.jobs.facts import Fact

SIGN = "~"
"""Replaces the glyph of a state: last recorded, not confirmed since."""


def recorded(row: Sequence[Cell | Pieces]) -> tuple[Cell, ...]:
    """Return the cells of a row, state first, as those of a recorded row."""
    state = row[0]
    if isinstance(state, Cell):
        _, _, word = state.text.partition(" ")
        state = Cell(f"{SIGN} {word}", Tone.DIM)
    return dimmed((state, *row[1:]))


def recorded_fact(since: datetime, now: datetime) -> Fact:
    """Return the fact at the top of the preview of a recorded row."""
    words = f"last seen {ago(since, now)}; no longer in Studio's list"
    return Fact("recorded", Cell(words, Tone.WARN))
