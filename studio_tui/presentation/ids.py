"""Ids as they are shown whole."""

from studio_tui.api.ids import NO_ID, can_be_used
from studio_tui.presentation.cells import Cell, Tone


def id_cell(identifier: str) -> Cell:
    """Return an id, or why there is none."""
    return Cell(identifier) if can_be_used(identifier) else Cell(f"✗ {NO_ID}", Tone.WARN)
